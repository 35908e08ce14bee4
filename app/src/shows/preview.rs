//! Preview of the poster, while its show is being written.

use bandstand_domain::{
    Millis, ShowId,
    people::Picture,
    shows::{Artist, Genre, ShowCard},
    stage::StageState,
};
use leptos::prelude::*;
use uuid::Uuid;

use super::poster_card::{face, poster_class};
use crate::{t, ui::month_name};

/// Poster as it will be.
#[component]
pub(super) fn PosterPreview(
    /// The show, when it exists already: only then are its colours known.
    id: Option<ShowId>,
    /// The title so far.
    title: RwSignal<String>,
    /// The genres so far.
    genres: RwSignal<Vec<Genre>>,
    /// The start so far, as the artist's clock shows it.
    starts: RwSignal<String>,
    /// Artwork, which is kept at once.
    artwork: RwSignal<Option<Picture>>,
    /// Stage name.
    stage_name: String,
) -> impl IntoView {
    let poster = move || {
        let title = title.get();
        let show = ShowCard {
            id: id.unwrap_or(ShowId(Uuid::nil())),
            title: if title.trim().is_empty() { t!(shows.preview.title).into() } else { title },
            genres: genres.get(),
            artist: Artist { handle: String::new(), stage_name: stage_name.clone() },
            starts_at: Millis(0),
            ends_at: Millis(0),
            time_zone: String::new(),
            starts_text: String::new(),
            stage: StageState::Empty,
            members_only: false,
            medium: Default::default(),
            artwork: artwork.get(),
            replay: false,
        };
        let when = starts.with(|starts| poster_time(starts)).map(IntoAny::into_any);
        let (title, artist) = (show.title.clone(), show.artist.stage_name.clone());
        view! { <div class=poster_class(&show)>{face(&show, title.into_any(), artist.into_any(), when)}</div> }
    };
    let words = match id {
        Some(_) => t!(shows.preview.as_it_hangs),
        None => t!(shows.preview.about_like_this),
    };
    view! {
        <aside aria-hidden="true">
            {poster}
            <p class="soft small">{words}</p>
        </aside>
    }
    .into_any()
}

/// `2026-11-21T21:00` as a poster says it: `21 Nov, 21:00`.
fn poster_time(local: &str) -> Option<String> {
    let (date, time) = local.split_once('T')?;
    let mut parts = date.split('-').skip(1).map(str::parse::<usize>);
    let (month, day) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let day = t!(time.day, day = day, month = month_name(month.checked_sub(1)?)?);
    Some(t!(time.day_and_time, day = day, time = time))
}

#[cfg(test)]
mod tests {
    use super::poster_time;

    #[test]
    fn times_as_on_a_poster() {
        assert_eq!(poster_time("2026-11-05T21:00").as_deref(), Some("5 Nov, 21:00"));
        for nothing in ["", "2026-11", "2026-13-01T10:00", "2026-00-01T10:00"] {
            assert_eq!(poster_time(nothing), None);
        }
    }
}
