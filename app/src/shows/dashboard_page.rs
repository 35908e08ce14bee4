//! An artist's own shows.

use leptos::prelude::*;

/// An artist's own shows.
#[component]
pub fn DashboardPage() -> impl IntoView {
    view! { <h1>"DashboardPage"</h1> }
}
