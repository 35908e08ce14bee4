//! A poster on the wall.

use bandstand_domain::{
    live::StageState,
    shows::{Section, ShowCard},
};
use leptos::prelude::*;

use super::poster::design;
use crate::ui::{LocalTime, TimeStyle};

/// A show as a poster that leads to its page.
#[component]
pub fn Poster(
    /// The show.
    show: ShowCard,
    /// Where it hangs, which decides what is said of its time.
    section: Section,
) -> impl IntoView {
    let badge = match show.stage {
        StageState::Live => Some(("badge live", "Live")),
        StageState::Paused => Some(("badge live", "Taking a break")),
        StageState::Dropped => Some(("badge dark", "Back in a moment")),
        StageState::Empty | StageState::Ended => None,
    };
    let when = (section != Section::Live).then(|| {
        view! { <LocalTime at=show.starts_at fallback=show.starts_text.clone() style=TimeStyle::Poster/> }
            .into_any()
    });
    let class = poster_class(&show);
    view! {
        <a class=class href=format!("/shows/{}", show.id)>
            {badge.map(|(class, text)| view! { <span class=class>{text}</span> })}
            {face(&show, when)}
        </a>
    }
    .into_any()
}

/// The class of what a poster's [`face`] is put into.
pub(super) fn poster_class(show: &ShowCard) -> String {
    let long = if show.title.chars().count() > 26 { " long" } else { "" };
    format!("poster {}{long}", design(show).0)
}

/// A poster's picture and words.
pub(super) fn face(show: &ShowCard, when: Option<AnyView>) -> AnyView {
    let separator = (when.is_some() && !show.genres.is_empty()).then_some(" · ");
    let genre = show.genres.first().map(|genre| genre.name().to_owned());
    view! {
        <svg viewBox="0 0 240 320" preserveAspectRatio="xMidYMin slice" aria-hidden="true" inner_html=design(show).1></svg>
        <div class="words">
            <h3>{show.title.clone()}</h3>
            <p class="artist">{show.artist.stage_name.clone()}</p>
            <p class="facts">{when}{separator}{genre}</p>
        </div>
    }
    .into_any()
}
