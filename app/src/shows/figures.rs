//! Figures of a show, for its artist.

use bandstand_domain::ShowId;
use leptos::prelude::*;

use super::api::load_figures;
use crate::t;

/// Time for which people listened, and the most at once. Nothing while it isn't known, or nobody did.
#[component]
pub(crate) fn Figures(
    /// The show, of the person who looks.
    show: ShowId,
) -> impl IntoView {
    let figures = LocalResource::new(move || load_figures(show));
    let words = move || {
        let figures = figures.get()?.ok().filter(|it| it.minutes > 0)?;
        let (hours, minutes) = (figures.minutes / 60, figures.minutes % 60);
        let time = match hours {
            0 => t!(shows.figures.minutes, count = minutes),
            _ => t!(shows.figures.hours, hours = hours, minutes = minutes),
        };
        Some(t!(shows.figures.listened, time = time, most = figures.most))
    };
    view! { <p class="figures">{words}</p> }.into_any()
}
