//! Static files of the browser's side, and the document's head that its build made.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_app::{
    Head,
    parts::{part_names, part_of},
};
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::StartError;

/// Placeholder that the build writes for a page's nonce.
const NONCE: &str = "{{__TRUNK NONCE__}}";
/// Placeholder that the build leaves for what a page's part needs.
const PART: &str = "{{PART}}";
/// Document that the build makes; its head is used.
const INDEX: &str = "index.html";
/// Manifest that the build writes of the program's parts.
const PARTS: &str = "parts.json";

/// The folder with the built pages.
#[derive(Clone, Debug)]
pub struct Site {
    #[cfg(debug_assertions)]
    folder: std::path::PathBuf,
    heads: Arc<Heads>,
    files: ServeDir,
}

/// Heads of pages by the part of the program that shows them.
#[derive(Debug)]
struct Heads(HashMap<&'static str, String>);

/// The manifest of [`PARTS`].
#[derive(Debug, Deserialize)]
struct Manifest {
    parts: HashMap<String, PartFiles>,
}

/// A part in the manifest.
#[derive(Debug, Deserialize)]
struct PartFiles {
    /// Markup that loads base and part together, for a part that has pages.
    head: Option<String>,
}

impl Site {
    /// Opens the folder.
    ///
    /// # Errors
    /// Fails when the pages aren't built.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let heads = Heads::read(folder)
            .map_err(|source| StartError::Site { index: folder.join(INDEX), source })?;
        Ok(Self {
            heads: heads.into(),
            files: ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br(),
            #[cfg(debug_assertions)]
            folder: folder.into(),
        })
    }

    /// The head for the page at `path`, whose scripts are marked by `nonce`. While developing it is read
    /// anew each time, because the build goes on beside the server.
    pub fn head(&self, path: &str, nonce: &str) -> Head {
        #[cfg(debug_assertions)]
        if let Ok(heads) = Heads::read(&self.folder) {
            let mut head = heads.of(path, nonce);
            if super::reload::stamp().is_some() {
                head.0.push_str(super::reload::SCRIPT);
            }
            return head;
        }
        self.heads.of(path, nonce)
    }

    /// The file that `request` asks for, when there is one.
    pub async fn file<B: Send + 'static>(&self, request: Request<B>) -> Option<Response> {
        let path = request.uri().path().to_owned();
        if !is_file_of_its_own(&path) {
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
            // Fonts don't change under their names; the service worker keeps them as well.
            path if is_hashed(path) || path.starts_with("/fonts/") => {
                "public, max-age=31536000, immutable"
            }
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

impl Heads {
    fn read(folder: &Path) -> io::Result<Self> {
        let shared = head_of(&folder.join(INDEX))?;
        let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join(PARTS))?)?;
        let head = |part: &str| -> io::Result<String> {
            let own = manifest.parts.get(part).and_then(|part| part.head.as_ref());
            let own = own.ok_or_else(|| invalid(format!("{PARTS} has no head of {part}")))?;
            Ok(shared.replace(PART, own))
        };
        part_names().map(|part| Ok((part, head(part)?))).collect::<io::Result<_>>().map(Self)
    }

    fn of(&self, path: &str, nonce: &str) -> Head {
        // A page that isn't there is shown by the part of the first one.
        let part = part_of(path).or_else(|| part_of("/"));
        let head = part.and_then(|part| self.0.get(part)).map_or("", String::as_str);
        Head(head.replace(NONCE, nonce))
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// The markup from the first `<meta` to the end of the head.
fn head_of(page: &Path) -> io::Result<String> {
    let html = fs::read_to_string(page)?;
    html.split_once("</head>")
        .and_then(|(head, _)| head.find("<meta").map(|at| head[at..].to_owned()))
        .ok_or_else(|| invalid("it has no head"))
}

/// Tells whether `path` may name a file. What the server makes heads of is none under any spelling, nor are
/// the compressed forms that are sent in a file's place.
fn is_file_of_its_own(path: &str) -> bool {
    let plain = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains('%');
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').all(plain) && !path.ends_with(".br") && ![INDEX, PARTS].contains(&path)
}

/// Tells whether the name of a file has a hash of what the build made: `…-0123456789abcdef.css`.
/// Leading zeros of the hash are left out.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        (8..=16).contains(&hash.len())
            && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_no_files_under_any_spelling() {
        for path in ["/sw.js", "/fonts/a.woff2", "/base-1fa6920cfceac9a0.css"] {
            assert!(is_file_of_its_own(path), "{path}");
        }
        for path in [
            "/index.html",
            "/./index.html",
            "//index.html",
            "/fonts/../index.html",
            "/%69ndex.html",
            "/index.html.br",
            "/parts.json",
            "/sw.js/",
            "/",
        ] {
            assert!(!is_file_of_its_own(path), "{path}");
        }
    }

    #[test]
    fn head_is_that_of_the_part_that_shows_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let index = "<head><title></title><meta><script nonce='{{__TRUNK NONCE__}}'></script>{{PART}}</head>";
        fs::write(folder.path().join(INDEX), index).unwrap();
        let parts: Vec<_> =
            part_names().map(|part| format!(r#""{part}": {{"head": "<{part}>"}}"#)).collect();
        let written = |parts: &[String]| {
            let manifest = format!(r#"{{"parts": {{"crowd": {{}}, {}}}}}"#, parts.join(","));
            fs::write(folder.path().join(PARTS), manifest).unwrap();
            Heads::read(folder.path())
        };
        let heads = written(&parts).unwrap();
        for (path, part) in
            [("/shows/7", "watch"), ("/shows/7/studio", "studio"), ("/none", "home")]
        {
            let head = format!("<meta><script nonce='n'></script><{part}>");
            assert_eq!(heads.of(path, "n").0, head, "{path}");
        }
        assert!(written(&parts[1..]).is_err());
    }

    #[test]
    fn hashed_names() {
        assert!(is_hashed("/base-1fa6920cfceac9a0.css"));
        assert!(is_hashed("/part-crowd-ed8d9099896abc28.wasm"));
        assert!(is_hashed("/first-home-ed8d9099896abc28.bin"));
        assert!(!is_hashed("/icon-192.png"));
        assert!(!is_hashed("/manifest.webmanifest"));
        assert!(!is_hashed("/sw.js"));
    }
}
