//! The crowd, drawn.

use bandstand_domain::PersonId;
use leptos::prelude::*;

use super::Crowd;

/// The crowd, drawn over the whole of the element around it, which has to be positioned.
#[component]
pub fn CrowdView(
    /// Who is present.
    crowd: Crowd,
    /// Which of them is looking.
    #[prop(into)]
    me: Signal<Option<PersonId>>,
) -> impl IntoView {
    let _ = (crowd, me);
    view! { <canvas class="crowd-canvas" role="img"></canvas> }
}
