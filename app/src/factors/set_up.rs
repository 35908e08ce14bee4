//! QR code of a TOTP secret.

use leptos::prelude::*;

use crate::t;

/// A QR code: dark squares on white, with the quiet edge that cameras need (ISO/IEC 18004, 4 squares).
#[component]
pub(super) fn Picture(
    /// Squares on a side.
    size: u32,
    /// The dark ones.
    path: String,
) -> impl IntoView {
    let whole = size + 8;
    view! {
        <svg class="qr" viewBox=format!("-4 -4 {whole} {whole}") role="img" aria-label=t!(factors.qr_code) shape-rendering="crispEdges">
            <path d=path/>
        </svg>
    }
    .into_any()
}
