//! Hero: the show that the first page opens with.

use bandstand_domain::{
    shows::{Section, ShowCard},
    stage::StageState,
};
use leptos::prelude::*;

use super::poster::PosterArt;
use crate::{
    t,
    texts::told,
    ui::{LocalTime, TimeStyle},
    viewer::CurrentViewer,
    weave,
};

/// The show that the page opens with, else what to do about it.
#[component]
pub fn Hero(
    /// The show, and whether its artist is late.
    first: Memo<Option<(ShowCard, bool)>>,
) -> impl IntoView {
    move || match first.get() {
        Some((show, late)) => view! { <ShowHero show late/> }.into_any(),
        None => view! { <EmptyHero/> }.into_any(),
    }
}

#[component]
fn ShowHero(show: ShowCard, late: bool) -> impl IntoView {
    let live = show.stage.is_on_air();
    let href = format!("/shows/{}", show.id);
    let class = match show.title.chars().count() {
        0..=22 => "",
        23..=40 => "long",
        _ => "longer",
    };
    let artist = view! { <a class="artist" href=format!("/artists/{}", show.artist.handle)>{show.artist.stage_name.clone()}</a> };
    let (class_of_badge, badge, lead) = match show.stage {
        StageState::Live => {
            ("badge live", t!(shows.hero.live), weave!(shows.hero.is_on_stage, artist = artist))
        }
        StageState::Paused => (
            "badge live",
            t!(shows.taking_a_break),
            weave!(shows.hero.takes_a_break, artist = artist),
        ),
        StageState::Dropped => {
            ("badge dark", t!(watch.back_soon), weave!(shows.hero.will_be_back, artist = artist))
        }
        StageState::Empty if late => {
            ("badge", t!(watch.any_moment), weave!(shows.hero.is_about_to_play, artist = artist))
        }
        StageState::Empty | StageState::Ended => {
            let time = view! { <LocalTime at=show.starts_at fallback=show.starts_text.clone() style=TimeStyle::Full/> };
            ("badge", t!(shows.hero.next), weave!(shows.hero.plays, artist = artist, time = time))
        }
    };
    let members =
        show.members_only.then(|| view! { <span class="badge">{t!(shows.members)}</span> });
    let genres = show.genres.iter().map(told).collect::<Vec<_>>().join(" · ");
    view! {
        <section class="page hero">
            <div class="words">
                <p class="badges">
                    <span class=class_of_badge>{badge}</span>
                    {members}
                </p>
                <h1 class=class dir="auto"><a href=href.clone()>{show.title.clone()}</a></h1>
                <p class="lead">{lead}</p>
                <p class="soft">{genres}</p>
                <a class="button primary big" href=href>
                    {if live { t!(watch.step_in) } else { t!(shows.hero.see) }}
                </a>
            </div>
            <Scene show=Some(show)/>
        </section>
    }
    .into_any()
}

/// Nothing is on and nothing is announced.
#[component]
fn EmptyHero() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let action = move || {
        if viewer.is_artist() {
            ("/shows/new", t!(shows.announce))
        } else {
            ("/join?as=artist", t!(shows.hero.join))
        }
    };
    view! {
        <section class="page hero">
            <div class="words">
                <span class="badge">{t!(shows.hero.open)}</span>
                <h1>{t!(shows.hero.yours)}</h1>
                <p class="lead">{t!(shows.hero.nobody)}</p>
                <Transition>
                    {move || {
                        let (href, label) = action();
                        view! { <a class="button primary big" href=href>{label}</a> }
                    }}
                </Transition>
            </div>
            <Scene show=None/>
        </section>
    }
    .into_any()
}

/// A stage at night with its crowd; the show's poster hangs behind it.
#[component]
fn Scene(show: Option<ShowCard>) -> impl IntoView {
    let live = show.as_ref().is_some_and(|show| show.section(show.starts_at) == Section::Live);
    view! {
        <div class="scene" class:live=live aria-hidden="true">
            {show.map(|show| view! { <PosterArt show wide=true/> })}
            <svg viewBox="0 0 480 300" preserveAspectRatio="xMidYMax slice" inner_html=SCENE></svg>
        </div>
    }
    .into_any()
}

/// Lights, roof, pillars, a lamp on the boards, and three rows of heads and raised hands (dashed
/// strokes with round ends).
const SCENE: &str = include_str!("scene.svg");
