//! Codes to be scanned: the link of an invitation as a picture.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use qrcode::{Color, QrCode};

use crate::services::Services;

/// The most characters of a link's end.
const MAX_SECRET: usize = 64;
/// White around the code, in modules (ISO/IEC 18004, 6.3.8).
const QUIET: usize = 4;

/// Pictures of invitations' links.
pub fn code_routes() -> Router<Arc<Services>> {
    Router::new().route("/invitations/{secret}/code.svg", get(code))
}

/// `GET /invitations/{secret}/code.svg`. It says no more than its own address does, so it is asked of nobody.
async fn code(State(services): State<Arc<Services>>, Path(secret): Path<String>) -> Response {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if secret.len() > MAX_SECRET || !secret.chars().all(plain) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let link = format!("{}/invitations/{secret}", services.config.public_url);
    let Some(picture) = drawn(&link) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "private, max-age=86400"),
    ];
    (headers, picture).into_response()
}

/// `text` as a QR code in SVG, dark on white.
fn drawn(text: &str) -> Option<String> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let (width, colours) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (number, colour) in colours.into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (number % width + QUIET, number / width + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_a_picture_without_anything_else() {
        let drawn = drawn("https://venue.example/invitations/abc").unwrap();
        assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>"));
        assert!(!drawn.contains("script") && !drawn.contains("venue"));
    }
}
