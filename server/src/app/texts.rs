//! The catalogues as browsers load them: one file a language, whose name changes with what is in it.

use std::sync::LazyLock;

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{Language, texts::Catalogue};
use sha2::{Digest, Sha256};

use crate::http::encoding::{Encoding, brotli};

/// Brotli quality of the catalogues. Without optimisation the best takes seconds.
const QUALITY: i32 = if cfg!(debug_assertions) { 3 } else { 11 };

/// A catalogue to be sent.
struct File {
    name: String,
    address: String,
    plain: Bytes,
    compressed: Bytes,
}

static FILES: LazyLock<Vec<File>> =
    LazyLock::new(|| Language::ALL.into_iter().map(File::of).collect());

impl File {
    fn of(language: Language) -> Self {
        let plain = Catalogue::of(language).for_pages().into_bytes();
        let hash = format!("{:x}", Sha256::digest(&plain));
        let name = format!("{}-{}.txt", language.tag(), &hash[..16]);
        Self {
            address: format!("/texts/{name}"),
            name,
            compressed: brotli(&plain, QUALITY),
            plain: plain.into(),
        }
    }
}

/// The address at which browsers load the catalogue of a language.
pub fn address(language: Language) -> &'static str {
    FILES.get(language as usize).map_or("", |file| &file.address)
}

/// The way to the catalogues.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/texts/{file}", get(show))
}

async fn show(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let compressed = Encoding::accepted(&headers) == Encoding::Brotli;
    let body = if compressed { &file.compressed } else { &file.plain };
    let mut response = body.clone().into_response();
    let headers = response.headers_mut();
    let mut say = |name, value| headers.insert(name, HeaderValue::from_static(value));
    say(header::CONTENT_TYPE, "text/plain; charset=utf-8");
    say(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    say(header::VARY, "accept-encoding");
    if compressed {
        say(header::CONTENT_ENCODING, "br");
    }
    response
}
