//! A show on its own page: countdown, lobby, stage, crowd and chat.

use leptos::prelude::*;

/// A show on its own page: countdown, lobby, stage, crowd and chat.
#[component]
pub fn ShowPageView() -> impl IntoView {
    view! { <h1>"ShowPageView"</h1> }
}
