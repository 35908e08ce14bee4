//! Poster in a list.

use bandstand_domain::{
    shows::{Section, ShowCard},
    stage::StageState,
};
use leptos::prelude::*;

use super::poster::design;
use crate::{
    t,
    texts::told,
    ui::{LocalTime, TimeStyle},
};

/// A show as a poster that leads to its page, and to its artist's.
#[component]
pub fn Poster(
    /// The show.
    show: ShowCard,
    /// Section of the list, which decides what is said of the show's time.
    section: Section,
) -> impl IntoView {
    let stage = match show.stage {
        StageState::Live => Some(("badge live", t!(shows.live))),
        StageState::Paused => Some(("badge live", t!(shows.taking_a_break))),
        StageState::Dropped => Some(("badge dark", t!(watch.back_soon))),
        StageState::Empty | StageState::Ended => None,
    };
    let members = show.members_only.then_some(("badge dark", t!(shows.members)));
    let replay = show.replay.then_some(("badge dark", t!(shows.replay)));
    let badges = stage.into_iter().chain(members).chain(replay);
    let badges = badges.map(|(class, text)| view! { <span class=class>{text}</span> });
    let when = (section != Section::Live).then(|| {
        view! { <LocalTime at=show.starts_at fallback=show.starts_text.clone() style=TimeStyle::Poster/> }
            .into_any()
    });
    let class = poster_class(&show);
    let title =
        view! { <a class="whole" href=format!("/shows/{}", show.id)>{show.title.clone()}</a> };
    let artist = view! { <a href=format!("/artists/{}", show.artist.handle)>{show.artist.stage_name.clone()}</a> };
    view! {
        <article class=class>
            <p class="badges">{badges.collect::<Vec<_>>()}</p>
            {face(&show, title.into_any(), artist.into_any(), when)}
        </article>
    }
    .into_any()
}

/// The class of what a poster's [`face`] is put into.
pub(super) fn poster_class(show: &ShowCard) -> String {
    let long = if show.title.chars().count() > 26 { " long" } else { "" };
    format!("poster {}{long}", design(show).0)
}

/// A poster's picture and words; title and artist may be links.
pub(super) fn face(
    show: &ShowCard,
    title: AnyView,
    artist: AnyView,
    when: Option<AnyView>,
) -> AnyView {
    let separator = (when.is_some() && !show.genres.is_empty()).then_some(" · ");
    let genre = show.genres.first().map(told);
    let picture = match &show.artwork {
        Some(artwork) => view! {
            <img class="artwork" src=artwork.small() srcset=format!("{} 320w, {} 1024w", artwork.small(), artwork.large()) sizes="15rem" width="320" height="320" alt="" loading="lazy" decoding="async"/>
        }
        .into_any(),
        None => view! {
            <svg viewBox="0 0 240 320" preserveAspectRatio="xMidYMin slice" aria-hidden="true" inner_html=design(show).1></svg>
        }
        .into_any(),
    };
    view! {
        {picture}
        <div class="words">
            <h3 dir="auto">{title}</h3>
            <p class="artist">{artist}</p>
            <p class="facts">{when}{separator}{genre}</p>
        </div>
    }
    .into_any()
}
