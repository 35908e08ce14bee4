//! The form by which one gets an account.

use leptos::prelude::*;

/// The form by which one gets an account.
#[component]
pub fn RegisterPage() -> impl IntoView {
    view! { <h1>"RegisterPage"</h1> }
}
