//! The form by which one comes back.

use leptos::prelude::*;

/// The form by which one comes back.
#[component]
pub fn LogInPage() -> impl IntoView {
    view! { <h1>"LogInPage"</h1> }
}
