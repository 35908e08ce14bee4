//! Icons of the player's buttons.

use leptos::prelude::*;

pub const LOUD: &str = "M4 9v6h4l5 4V5L8 9zM16 8a5 5 0 0 1 0 8v-2a3 3 0 0 0 0-4z";
pub const SILENT: &str = "M4 9v6h4l5 4V5L8 9zm11.4 0L18 11.6 20.6 9 22 10.4 19.4 13l2.6 2.6-1.4 1.4L18 14.4 15.4 17 14 15.6l2.6-2.6L14 10.4z";
pub const PAUSE: &str = "M7 5h4v14H7zm6 0h4v14h-4z";
pub const LARGE: &str = "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z";
pub const PLAY: &str = "M8 5v14l11-7z";
pub const CLOSE: &str =
    "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z";

/// An icon of one path.
pub fn icon(path: Signal<&'static str>) -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor"><path d=path/></svg>
    }
}
