//! Encore: the time after a show for which hands and chat stay open.

use bandstand_domain::Millis;
use leptos::prelude::*;

use crate::ui::{LocalTime, TimeStyle, iso_text};

/// Time at which the encore is over, by the visitor's clock.
#[component]
pub(crate) fn EncoreEnd(
    /// The time.
    until: Millis,
) -> impl IntoView {
    // As the server has it, which doesn't know the visitor's zone.
    let fallback = format!("{} UTC", &iso_text(until)[11..16]);
    view! { <LocalTime at=until fallback style=TimeStyle::Time/> }
}
