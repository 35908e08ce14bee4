//! The one scene of sky, stage and crowd.

use bandstand_domain::stage::StageState;
use leptos::prelude::*;

use super::{
    controls::Controls,
    countdown::Countdown,
    player::{Picture, Sound},
    session::Visit,
};
use crate::{
    channel::clock::{lasted, venue_clock},
    crowd::{CrowdView, GestureBar},
    shows::PosterArt,
};

/// Sky, stage and crowd.
#[component]
pub(super) fn Scene(
    /// The visit.
    visit: Visit,
) -> impl IntoView {
    let now = venue_clock(visit.page.with_untracked(|page| page.now));
    let picture = visit.player.picture();
    let ticket = visit.entrance.ticket();
    let me = Signal::derive(move || ticket.with(|it| it.as_ref().map(|it| it.person.clone())));
    let inside = Signal::derive(move || visit.inside() && visit.stage.get() != StageState::Ended);
    let shown = move || picture.get() == Picture::Shown;
    view! {
        <section class="stage-scene" node_ref=visit.scene tabindex="-1" aria-label="The stage">
            <div class="stage-view">
            <div class="stage-picture">
                <Show when=move || !shown()>
                    <PosterArt show=visit.page.with_untracked(|page| page.card.clone()) wide=true/>
                </Show>
                <video node_ref=visit.player.video class:shown=shown playsinline></video>
                <div class="stage-front">
                    <Front visit now/>
                </div>
                <Badge visit now/>
                <SoundPrompt visit/>
                <Controls visit/>
            </div>
            <div class="stage-crowd">
                <CrowdView crowd=visit.crowd me/>
            </div>
            </div>
            <div class="stage-gestures">
                <GestureBar
                    show=visit.show
                    crowd=visit.crowd
                    on_gesture=Callback::new(move |gesture| visit.gesture(gesture))
                    enabled=inside
                />
            </div>
        </section>
    }
    .into_any()
}

/// What stands on the stage when the artist doesn't, or can't be seen.
#[component]
fn Front(visit: Visit, now: Signal<bandstand_domain::Millis>) -> impl IntoView {
    let picture = visit.player.picture();
    let artist = move || visit.page.with(|page| page.card.artist.stage_name.clone());
    let word = |title: String, text: String| {
        view! {
            <p class="stage-word" role="status"><strong>{title}</strong><span>{text}</span></p>
        }
        .into_any()
    };
    let over = Memo::new(move |_| visit.page.with(|page| page.card.ends_at <= now.get()));
    move || {
        match (visit.stage.get(), picture.get()) {
        (StageState::Empty, _) if over.get() => word(
            "The curtain stayed down".into(),
            format!("This show's time is over, and {} didn't come on stage.", artist()),
        ),
        (StageState::Empty, _) => view! { <Countdown visit now/> }.into_any(),
        (StageState::Ended, _) => view! { <ThankYou visit/> }.into_any(),
        (StageState::Paused, _) => {
            word("Back in a moment".into(), format!("{} takes a short break.", artist()))
        }
        (StageState::Dropped, _) => word(
            "Lost the connection".into(),
            format!("Waiting for {} to come back. The picture returns by itself.", artist()),
        ),
        (StageState::Live, Picture::Shown) => ().into_any(),
        (StageState::Live, Picture::Coming) => {
            word("Here we go".into(), "The picture is on its way…".into())
        }
        (StageState::Live, Picture::Lost) => {
            word("Your connection is lost".into(), "Finding the way back to the stage…".into())
        }
        (StageState::Live, Picture::SoundOnly) => view! {
            <div class="sound-only">
                <i></i><i></i><i></i><i></i><i></i>
                <p class="stage-word"><strong>{artist()}</strong><span>"Sound only. Close your eyes."</span></p>
            </div>
        }
        .into_any(),
        (StageState::Live, Picture::Impossible) => word(
            format!("{} is on stage", artist()),
            "This browser can't receive picture and sound (WebRTC). Try another one.".into(),
        ),
        (StageState::Live, Picture::Off) => {
            word(format!("{} is on stage", artist()), "Step into the crowd to see and hear.".into())
        }
    }
    }
}

#[component]
fn ThankYou(visit: Visit) -> impl IntoView {
    // The page's numbers are those of the moment it was made; the crowd's are newer, when one was in.
    let peak = move || visit.page.with(|page| page.peak).max(visit.crowd.peak().get());
    let likes = move || visit.page.with(|page| page.likes).max(visit.crowd.likes().get());
    let artist = visit.page.with_untracked(|page| page.card.artist.stage_name.clone());
    view! {
        <div class="thank-you" role="status">
            <h2>"Thank you, good night!"</h2>
            <p>{format!("{artist} has left the stage.")}</p>
            <dl>
                <div><dt>"at the most"</dt><dd>{move || peak().to_string()}</dd></div>
                <div><dt>"likes"</dt><dd>{move || likes().to_string()}</dd></div>
            </dl>
            <a class="button" href="/">"See what's on"</a>
        </div>
    }
    .into_any()
}

#[component]
fn Badge(visit: Visit, now: Signal<bandstand_domain::Millis>) -> impl IntoView {
    let since = move || {
        let since = visit.page.with(|page| page.live_since)?;
        Some(lasted(now.get().since(since)))
    };
    move || {
        let (class, word) = match visit.stage.get() {
            StageState::Live => ("badge live", "Live"),
            StageState::Paused => ("badge", "Paused"),
            StageState::Dropped => ("badge", "Interrupted"),
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
fn SoundPrompt(visit: Visit) -> impl IntoView {
    let sound = visit.player.sound();
    let playing = move || {
        matches!(
            visit.player.picture().get(),
            Picture::Shown | Picture::SoundOnly | Picture::Coming
        )
    };
    move || {
        let words = match sound.get() {
            Sound::Held if playing() => "Tap for sound",
            Sound::Refused if playing() => "Play",
            _ => return None,
        };
        Some(view! {
            <button class="button primary big sound-prompt" type="button" on:click=move |_| visit.player.toggle_sound()>
                <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor">
                    <path d="M4 9v6h4l5 4V5L8 9zM16 8a5 5 0 0 1 0 8v-2a3 3 0 0 0 0-4z"/>
                </svg>
                {words}
            </button>
        })
    }
}
