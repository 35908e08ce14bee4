//! Screen of a recording: its picture, or what plays where there is none, and the button by which it begins.

use bandstand_domain::{
    recordings::{Chapter, write_time},
    shows::ShowCard,
};
use leptos::{html, prelude::*};

use super::{
    chapters::chapter_at,
    playback::{Playback, PlaybackTrouble},
};
use crate::{
    player::{PLAY, icon},
    t,
};

/// The picture, once it is begun.
#[component]
pub(super) fn ReplayScreen(
    /// The playback.
    playback: Playback,
    /// Chapters.
    chapters: Memo<Vec<Chapter>>,
    /// The show.
    card: StoredValue<ShowCard>,
) -> impl IntoView {
    let (video, audio) = (NodeRef::<html::Video>::new(), NodeRef::<html::Audio>::new());
    Effect::new(move || {
        if let Some(video) = video.get() {
            playback.play_in(&video);
        }
        if let Some(audio) = audio.get() {
            playback.play_in(&audio);
        }
    });
    let heard = move || playback.shown.get() && !playback.has_picture.get();
    let seen = move || playback.shown.get() && playback.has_picture.get();
    let chapter = Memo::new(move |_| {
        let time = playback.time();
        chapters.with(|all| Some(all.get(chapter_at(all, time)?)?.title.clone()))
    });
    let title = move || chapter.get().unwrap_or_else(|| card.with_value(|card| card.title.clone()));
    let artist = card.with_value(|card| card.artist.stage_name.clone());
    // A phone goes on with sound when its page is left.
    let element = match playback.sound_only {
        true => view! { <audio node_ref=audio preload="metadata"></audio> }.into_any(),
        false => view! {
            <video class="replay-video" class:shown=seen node_ref=video playsinline preload="auto"></video>
        }
        .into_any(),
    };
    view! {
        <div
            class="replay-screen"
            hidden=move || !playback.started.get()
            data-waiting=move || playback.waiting.get().then_some("")
            data-paused=move || (!playback.playing.get()).then_some("")
            on:click=move |_| playback.toggle()
        >
            {element}
            <Show when=heard>
                <div class="sound-only">
                    <div class="bars" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
                    <p class="stage-word"><strong>{artist.clone()}</strong><span class="playing" dir="auto">{title}</span></p>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The way in, until it is begun.
#[component]
pub(super) fn ReplayStart(
    /// The playback.
    playback: Playback,
) -> impl IntoView {
    if playback.impossible {
        return view! { <p class="replay-start" role="status">{t!(replay.impossible)}</p> }
            .into_any();
    }
    let anew = move |_| {
        playback.seek(0);
        playback.start();
    };
    view! {
        <div class="replay-start row" hidden=move || playback.started.get()>
            <button class="button primary big" type="button" on:click=move |_| playback.start()>
                {icon(Signal::stored(PLAY))}
                {t!(replay.play_again)} " "
                <span class="clock">{write_time(playback.length())}</span>
            </button>
            <button class="button" type="button" hidden=move || !playback.resumed.get() on:click=anew>
                {t!(replay.from_beginning)}
            </button>
            {playback.sound_only.then(|| view! { <p role="status">{t!(replay.sound_only)}</p> })}
        </div>
    }
    .into_any()
}

/// Words for what is wrong, or left out.
pub(super) fn words(playback: Playback) -> Option<&'static str> {
    Some(match playback.trouble.get() {
        Some(PlaybackTrouble::Retrying) => t!(replay.retrying),
        Some(PlaybackTrouble::Gone) => t!(replay.gone),
        Some(PlaybackTrouble::Skipped) => t!(replay.skipped),
        Some(PlaybackTrouble::Stuck) => t!(replay.stuck),
        None if playback.sound_only => t!(replay.sound_only),
        None if playback.partly => t!(replay.partly),
        None => return None,
    })
}
