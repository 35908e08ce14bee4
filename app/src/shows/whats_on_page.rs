//! What's on: live, upcoming, past.

use leptos::prelude::*;

/// What's on: live, upcoming, past.
#[component]
pub fn WhatsOnPage() -> impl IntoView {
    view! { <h1>"WhatsOnPage"</h1> }
}
