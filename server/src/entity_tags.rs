//! Entity tags of HTTP (RFC 9110 section 8.8.3).

use std::fmt::LowerHex;

/// The strong entity tag of a content with this digest.
pub fn strong(digest: impl LowerHex) -> String {
    let digest = format!("{digest:x}");
    format!("\"{}\"", &digest[..32])
}

/// Returns whether a list of entity tags names this one. Weak comparison also accepts tags that mean the
/// same content in other bytes (RFC 9110 section 8.8.3.2).
pub fn names(tags: &str, etag: &str, weak: bool) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        tag == "*" || tag == etag || (weak && tag.strip_prefix("W/").is_some_and(|it| it == etag))
    })
}
