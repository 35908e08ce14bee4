//! What the build of the browser's side made: the document's head, and files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_app::Head;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::StartError;

/// What the build writes where the nonce of a page belongs.
const NONCE: &str = "{{__TRUNK NONCE__}}";

/// The folder with the built pages.
#[derive(Clone, Debug)]
pub struct Site {
    index: PathBuf,
    head: Arc<str>,
    files: ServeDir,
}

impl Site {
    /// Opens the folder.
    ///
    /// # Errors
    /// When the pages aren't built.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let index = folder.join("index.html");
        let head = read_head(&index)
            .map_err(|source| StartError::Site { index: index.clone(), source })?;
        Ok(Self {
            head: head.into(),
            files: ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br(),
            index,
        })
    }

    /// The head for a page whose scripts are marked by `nonce`. While developing it is read anew each
    /// time, because the build goes on beside the server.
    pub fn head(&self, nonce: &str) -> Head {
        if cfg!(debug_assertions)
            && let Ok(head) = read_head(&self.index)
        {
            return Head(head.replace(NONCE, nonce));
        }
        Head(self.head.replace(NONCE, nonce))
    }

    /// The file that `request` asks for, when there is one.
    pub async fn file<B: Send + 'static>(&self, request: Request<B>) -> Option<Response> {
        let path = request.uri().path().to_owned();
        if path == "/index.html" {
            return None;
        }
        let request = request.map(|_| Body::empty());
        let Ok(found) = self.files.clone().oneshot(request).await;
        if found.status() == StatusCode::NOT_FOUND {
            return None;
        }
        let mut response = found.into_response();
        let keep = match path.as_str() {
            // The browser has to see a new one at once.
            "/sw.js" => "no-cache",
            path if is_hashed(path) => "public, max-age=31536000, immutable",
            _ => "public, max-age=600",
        };
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        Some(response)
    }
}

/// What stands between the first `<meta` and the end of the head.
fn read_head(index: &Path) -> io::Result<String> {
    let html = fs::read_to_string(index)?;
    html.split_once("</head>")
        .and_then(|(head, _)| head.find("<meta").map(|at| head[at..].to_owned()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it has no head"))
}

/// Whether the name of a file changes with what is in it: `…-0123456789abcdef.css`, `…_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn hashed_names() {
        assert!(is_hashed("/base-1fa6920cfceac9a0.css"));
        assert!(is_hashed("/bandstand-frontend-ed8d9099896abc28_bg.wasm"));
        assert!(!is_hashed("/icon-192.png"));
        assert!(!is_hashed("/manifest.webmanifest"));
        assert!(!is_hashed("/sw.js"));
    }
}
