//! Static files of the browser's side, and the document's head that its build made.

use std::{fs, io, path::Path, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_app::Head;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::StartError;

/// Placeholder that the build writes for a page's nonce.
const NONCE: &str = "{{__TRUNK NONCE__}}";
/// Document that the build makes of the first part; its whole head is used.
const INDEX: &str = "index.html";
/// Documents that the build makes of the other parts; only the names of their programs are used.
const ACCOUNT: &str = "account.html";
const WATCH: &str = "watch.html";
const STUDIO: &str = "studio.html";

/// The folder with the built pages.
#[derive(Clone, Debug)]
pub struct Site {
    #[cfg(debug_assertions)]
    folder: std::path::PathBuf,
    heads: Arc<Heads>,
    files: ServeDir,
}

/// The heads of the parts of the app that a browser loads apart.
#[derive(Debug)]
struct Heads {
    home: String,
    account: String,
    watch: String,
    studio: String,
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

impl Heads {
    /// The parts share all but the program itself, whose hashed name is put in the first one's place.
    fn read(folder: &Path) -> io::Result<Self> {
        let home = head_of(&folder.join(INDEX))?;
        let other = |page: &str| {
            let other = head_of(&folder.join(page))?;
            match (program(&home), program(&other)) {
                (Some(own), Some(other)) => Ok(home.replace(own, other)),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it names no program")),
            }
        };
        Ok(Self { account: other(ACCOUNT)?, watch: other(WATCH)?, studio: other(STUDIO)?, home })
    }

    fn of(&self, path: &str, nonce: &str) -> Head {
        let head = match part(path) {
            Part::Home => &self.home,
            Part::Account => &self.account,
            Part::Watch => &self.watch,
            Part::Studio => &self.studio,
        };
        Head(head.replace(NONCE, nonce))
    }
}

/// A part of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Home,
    Account,
    Watch,
    Studio,
}

/// To which part the page at `path` belongs. `app/src/shell.js` draws the same line.
fn part(path: &str) -> Part {
    if matches!(path, "/settings" | "/forgotten" | "/reset" | "/confirm") {
        return Part::Account;
    }
    match path.strip_prefix("/shows/").map(|rest| rest.split_once('/')) {
        Some(None) if path != "/shows/new" => Part::Watch,
        Some(Some((_, "studio"))) => Part::Studio,
        _ => Part::Home,
    }
}

/// The markup from the first `<meta` to the end of the head.
fn head_of(page: &Path) -> io::Result<String> {
    let html = fs::read_to_string(page)?;
    html.split_once("</head>")
        .and_then(|(head, _)| head.find("<meta").map(|at| head[at..].to_owned()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it has no head"))
}

/// The name of the program that a head loads, without its ending.
fn program(head: &str) -> Option<&str> {
    let (_, rest) = head.split_once("from '/")?;
    rest.split_once(".js'").map(|(name, _)| name)
}

/// Tells whether `path` may name a file. The documents that the server takes apart are none under any
/// spelling, nor are the compressed forms that are sent in a file's place.
fn is_file_of_its_own(path: &str) -> bool {
    let plain = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains('%');
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').all(plain)
        && !path.ends_with(".br")
        && ![INDEX, ACCOUNT, WATCH, STUDIO].contains(&path)
}

/// Tells whether the name of a file has the hash of its content: `…-0123456789abcdef.css`, `…_bg.wasm`.
/// Leading zeros of the hash are left out.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        (8..=16).contains(&hash.len())
            && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::{Part, is_file_of_its_own, is_hashed, part, program};

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
            "/sw.js/",
            "/",
        ] {
            assert!(!is_file_of_its_own(path), "{path}");
        }
    }

    #[test]
    fn parts_of_the_app() {
        assert_eq!(part("/shows/7"), Part::Watch);
        assert_eq!(part("/shows/7/studio"), Part::Studio);
        for path in ["/settings", "/forgotten", "/reset", "/confirm"] {
            assert_eq!(part(path), Part::Account, "{path}");
        }
        for path in ["/", "/shows/new", "/shows/7/edit", "/log-in", "/shows"] {
            assert_eq!(part(path), Part::Home, "{path}");
        }
        let head = "<script>\nimport init, * as bindings from '/bandstand-01.js';";
        assert_eq!(program(head), Some("bandstand-01"));
    }

    #[test]
    fn hashed_names() {
        assert!(is_hashed("/base-1fa6920cfceac9a0.css"));
        assert!(is_hashed("/bandstand-frontend-ed8d9099896abc28_bg.wasm"));
        assert!(!is_hashed("/icon-192.png"));
        assert!(!is_hashed("/manifest.webmanifest"));
        assert!(!is_hashed("/sw.js"));
    }
}
