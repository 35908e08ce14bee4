//! A new show.

use leptos::prelude::*;

/// A new show.
#[component]
pub fn NewShowPage() -> impl IntoView {
    view! { <h1>"NewShowPage"</h1> }
}

/// An existing show, to be changed or deleted.
#[component]
pub fn EditShowPage() -> impl IntoView {
    view! { <h1>"EditShowPage"</h1> }
}
