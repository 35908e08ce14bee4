//! Logo of the venue.

use leptos::prelude::*;

/// A bandstand: roof, pillars, stage.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path fill="#ffb454" d="M16 3 3 12.5V14h26v-1.5z"/>
            <path fill="currentColor" d="M6 15h2.6v9H6zm5.8 0h2.6v9h-2.6zm5.8 0h2.6v9h-2.6zm5.8 0H26v9h-2.6z"/>
            <path fill="#ff3b5c" d="M4 25h24a1.5 1.5 0 0 1 1.5 1.5V29h-27v-2.5A1.5 1.5 0 0 1 4 25z"/>
        </svg>
    }
    .into_any()
}
