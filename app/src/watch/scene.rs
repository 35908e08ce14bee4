//! Scene of sky, stage and crowd.

use crate::t;
use bandstand_domain::stage::StageState;
use leptos::{html, prelude::*};

use super::{
    arrangement::Arrangement,
    bubbles::Bubbles,
    chat_sheet::ChatButton,
    controls::Controls,
    countdown::Countdown,
    ending::{StayedDown, ThankYou},
    sound_alone::sound_alone,
};
use crate::{
    channel::clock::lasted,
    crowd::{CrowdView, GestureBar},
    player::{Glimpse, PictureState, WatchSession},
    replay::on_stage,
    shows::PosterArt,
    ui::{later, later_while},
};

/// Sky, stage and crowd.
#[component]
pub(super) fn Scene(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    let picture = session.player.picture();
    let token = session.join.join_token();
    let me = Signal::derive(move || token.with(|it| it.as_ref().map(|it| it.person.clone())));
    let inside = Signal::derive(move || session.inside() && !session.over.get());
    let shown = move || picture.get() == PictureState::Shown;
    // The artwork may be changed meanwhile.
    let card = Memo::new(move |_| session.page.with(|page| page.card.clone()));
    let again = Memo::new(move |_| {
        session.stage.get() == StageState::Ended && session.page.with(|page| page.card.replay)
    });
    let place = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(place) = place.get() {
            session.player.show_in(&place, true);
        }
    });
    view! {
        <section class="stage-scene" node_ref=session.scene tabindex="-1" aria-label=t!(watch.the_stage)>
            <div class="stage-view">
            <div class="stage-picture">
                <Show when=move || !shown()>
                    {move || view! { <PosterArt show=card.get() wide=true/> }}
                </Show>
                <Glimpse session/>
                <div class="stage-screen" node_ref=place></div>
                <div class="stage-front">
                    <Front session/>
                    {later_while(again, move || on_stage(session))}
                </div>
                <Badge session/>
                <Controls session arranged/>
            </div>
            <div class="stage-crowd">
                <CrowdView crowd=session.crowd me/>
                <Bubbles session arranged/>
            </div>
            </div>
            <div class="stage-gestures" data-shut=move || (!inside.get()).then_some("")>
                <GestureBar
                    crowd=session.crowd
                    on_gesture=Callback::new(move |gesture| session.gesture(gesture))
                    enabled=inside
                />
                <ChatButton session arranged/>
            </div>
        </section>
    }
    .into_any()
}

/// Content of the stage while the artist isn't on it, or can't be seen.
#[component]
fn Front(session: WatchSession) -> impl IntoView {
    let picture = session.player.picture();
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    let word = |title: String, text: String| {
        view! {
            <p class="stage-word" role="status"><strong>{title}</strong><span>{text}</span></p>
        }
        .into_any()
    };
    move || match (session.stage.get(), picture.get()) {
        (StageState::Empty, _) if session.over.get() => view! { <StayedDown session/> }.into_any(),
        (StageState::Empty, _) => view! { <Countdown session/> }.into_any(),
        (StageState::Ended, _) => view! { <ThankYou session/> }.into_any(),
        (StageState::Paused, _) => {
            word(t!(watch.back_soon).into(), t!(watch.short_break, artist = artist()))
        }
        (StageState::Dropped, _) => {
            word(t!(watch.artist_lost).into(), t!(watch.waiting_for, artist = artist()))
        }
        (StageState::Live, PictureState::Shown) if session.player.dark().get() => {
            word(t!(watch.picture_off).into(), t!(watch.picture_off_why, artist = artist()))
        }
        (StageState::Live, PictureState::Shown) => ().into_any(),
        (StageState::Live, PictureState::Coming) => {
            word(t!(watch.here_we_go).into(), t!(watch.picture_coming).into())
        }
        (StageState::Live, PictureState::Lost) => {
            word(t!(watch.connection_lost).into(), t!(watch.finding_back).into())
        }
        (StageState::Live, PictureState::SoundOnly) => later(move || sound_alone(session)),
        (StageState::Live, PictureState::Impossible) => {
            word(t!(watch.on_stage, artist = artist()), t!(watch.no_webrtc).into())
        }
        (StageState::Live, PictureState::Off) => {
            word(t!(watch.on_stage, artist = artist()), t!(watch.step_in_to_see).into())
        }
    }
}

#[component]
fn Badge(session: WatchSession) -> impl IntoView {
    let since = move || {
        let since = session.page.with(|page| page.live_since)?;
        Some(lasted(session.now.get().since(since)))
    };
    move || {
        let (class, word) = match session.stage.get() {
            StageState::Live => ("badge live", t!(shows.live)),
            StageState::Paused => ("badge", t!(watch.paused)),
            StageState::Dropped => ("badge", t!(watch.interrupted)),
            StageState::Empty | StageState::Ended => return None,
        };
        // Read out when it changes.
        let recorded = move || {
            let told = session.page.with(|page| page.recorded);
            let told = told && session.stage.get() != StageState::Dropped;
            told.then(|| view! { <span class="badge recorded">{t!(watch.recorded)}</span> })
        };
        // The time stands apart, so that the word isn't read out every second.
        Some(view! {
            <p class="stage-badge">
                <span class=class>{word} <span class="clock" aria-hidden="true">{since}</span></span>
                " " <span role="status">{recorded}</span>
            </p>
        })
    }
}
