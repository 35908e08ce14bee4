//! Loads open pages anew once they, or the server, were built anew: for `./bandstand dev`, in debug
//! builds only.

use std::{env, fs, path::PathBuf, time::SystemTime};

use axum::{Router, http::header, routing::get};
use uuid::Uuid;

/// Script element for the head of every page.
pub const SCRIPT: &str = r#"<script src="/reload.js" defer></script>"#;

/// The file that is touched after each build, as `./bandstand dev` names it; none in any other debug
/// build.
pub fn stamp() -> Option<PathBuf> {
    env::var_os("BANDSTAND_RELOAD").map(PathBuf::from)
}

/// The script, and what it asks for: text that is another one after each start of the server and each
/// change of `stamp`.
pub fn routes(stamp: PathBuf) -> Router {
    let start = Uuid::new_v4();
    let script = ([(header::CONTENT_TYPE, "text/javascript")], include_str!("reload.js"));
    let built = move || {
        let changed = fs::metadata(&stamp).and_then(|it| it.modified());
        let changed = changed.ok().and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
        format!("{start} {}", changed.unwrap_or_default().as_nanos())
    };
    Router::new()
        .route("/reload.js", get(move || async move { script }))
        .route("/reload", get(move || async move { built() }))
}
