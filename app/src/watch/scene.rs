//! Scene of sky, stage and crowd.

use crate::t;
use bandstand_domain::stage::StageState;
use leptos::{html, prelude::*};

use super::{controls::Controls, countdown::Countdown};
use crate::{
    channel::clock::{lasted, venue_clock},
    crowd::{CrowdView, GestureBar},
    player::{LOUD, PictureState, SoundState, WatchSession, icon},
    shows::PosterArt,
};

/// Sky, stage and crowd.
#[component]
pub(super) fn Scene(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let now = venue_clock(session.page.with_untracked(|page| page.now));
    let picture = session.player.picture();
    let token = session.join.join_token();
    let me = Signal::derive(move || token.with(|it| it.as_ref().map(|it| it.person.clone())));
    let inside =
        Signal::derive(move || session.inside() && session.stage.get() != StageState::Ended);
    let shown = move || picture.get() == PictureState::Shown;
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
                    <PosterArt show=session.page.with_untracked(|page| page.card.clone()) wide=true/>
                </Show>
                <div class="stage-screen" node_ref=place></div>
                <div class="stage-front">
                    <Front session now/>
                </div>
                <Badge session now/>
                <SoundPrompt session/>
                <Controls session/>
            </div>
            <div class="stage-crowd">
                <CrowdView crowd=session.crowd me/>
            </div>
            </div>
            <div class="stage-gestures">
                <GestureBar
                    show=session.show
                    crowd=session.crowd
                    on_gesture=Callback::new(move |gesture| session.gesture(gesture))
                    enabled=inside
                />
            </div>
        </section>
    }
    .into_any()
}

/// Content of the stage while the artist isn't on it, or can't be seen.
#[component]
fn Front(session: WatchSession, now: Signal<bandstand_domain::Millis>) -> impl IntoView {
    let picture = session.player.picture();
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    let word = |title: String, text: String| {
        view! {
            <p class="stage-word" role="status"><strong>{title}</strong><span>{text}</span></p>
        }
        .into_any()
    };
    let over = Memo::new(move |_| session.page.with(|page| page.card.ends_at <= now.get()));
    move || {
        match (session.stage.get(), picture.get()) {
        (StageState::Empty, _) if over.get() => word(
            t!(watch.stayed_down).into(),
            t!(watch.did_not_come, artist = artist()),
        ),
        (StageState::Empty, _) => view! { <Countdown session now/> }.into_any(),
        (StageState::Ended, _) => view! { <ThankYou session/> }.into_any(),
        (StageState::Paused, _) => {
            word(t!(watch.back_soon).into(), t!(watch.short_break, artist = artist()))
        }
        (StageState::Dropped, _) => word(
            t!(watch.artist_lost).into(),
            t!(watch.waiting_for, artist = artist()),
        ),
        (StageState::Live, PictureState::Shown) => ().into_any(),
        (StageState::Live, PictureState::Coming) => {
            word(t!(watch.here_we_go).into(), t!(watch.picture_coming).into())
        }
        (StageState::Live, PictureState::Lost) => {
            word(t!(watch.connection_lost).into(), t!(watch.finding_back).into())
        }
        (StageState::Live, PictureState::SoundOnly) => view! {
            <div class="sound-only">
                <i></i><i></i><i></i><i></i><i></i>
                <p class="stage-word"><strong>{artist()}</strong><span>{t!(watch.sound_only)}</span></p>
            </div>
        }
        .into_any(),
        (StageState::Live, PictureState::Impossible) => word(
            t!(watch.on_stage, artist = artist()),
            t!(watch.no_webrtc).into(),
        ),
        (StageState::Live, PictureState::Off) => {
            word(t!(watch.on_stage, artist = artist()), t!(watch.step_in_to_see).into())
        }
    }
    }
}

#[component]
fn ThankYou(session: WatchSession) -> impl IntoView {
    // The page's numbers are those of the moment it was made; the crowd's are newer, when one was in.
    let peak = move || session.page.with(|page| page.peak).max(session.crowd.peak().get());
    let likes = move || session.page.with(|page| page.likes).max(session.crowd.likes().get());
    let artist = session.page.with_untracked(|page| page.card.artist.stage_name.clone());
    view! {
        <div class="thank-you" role="status">
            <h2>{t!(watch.good_night)}</h2>
            <p>{t!(watch.has_left, artist = artist.as_str())}</p>
            <dl>
                <div><dt>{t!(watch.at_the_most)}</dt><dd>{move || peak().to_string()}</dd></div>
                <div><dt>{t!(watch.likes)}</dt><dd>{move || likes().to_string()}</dd></div>
            </dl>
            <a class="button" href="/">{t!(ui.see_whats_on)}</a>
        </div>
    }
    .into_any()
}

#[component]
fn Badge(session: WatchSession, now: Signal<bandstand_domain::Millis>) -> impl IntoView {
    let since = move || {
        let since = session.page.with(|page| page.live_since)?;
        Some(lasted(now.get().since(since)))
    };
    move || {
        let (class, word) = match session.stage.get() {
            StageState::Live => ("badge live", t!(shows.live)),
            StageState::Paused => ("badge", t!(watch.paused)),
            StageState::Dropped => ("badge", t!(watch.interrupted)),
            StageState::Empty | StageState::Ended => return None,
        };
        // The time stands apart, so that the word isn't read out every second.
        Some(view! {
            <p class="stage-badge">
                <span class=class>{word} <span class="clock" aria-hidden="true">{since}</span></span>
            </p>
        })
    }
}

/// The way to sound, where the browser wants a press first.
#[component]
fn SoundPrompt(session: WatchSession) -> impl IntoView {
    let sound = session.player.sound();
    let playing = move || {
        matches!(
            session.player.picture().get(),
            PictureState::Shown | PictureState::SoundOnly | PictureState::Coming
        )
    };
    move || {
        let words = match sound.get() {
            SoundState::Held if playing() => t!(watch.tap_for_sound),
            SoundState::Refused if playing() => t!(watch.play),
            _ => return None,
        };
        Some(view! {
            <button class="button primary big sound-prompt" type="button" on:click=move |_| session.player.toggle_sound()>
                {icon(Signal::stored(LOUD))}
                {words}
            </button>
        })
    }
}
