//! The page from which an artist goes on stage.

use leptos::prelude::*;

/// The page from which an artist goes on stage.
#[component]
pub fn StudioPage() -> impl IntoView {
    view! { <h1>"StudioPage"</h1> }
}
