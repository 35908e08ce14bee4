//! Preview of the picture, troubles, and the main buttons.

use crate::t;
use bandstand_domain::{channel::Notice, shows::Medium};
use leptos::{html, prelude::*, task::spawn_local};
use web_sys::MediaStream;

use super::{
    questions::Question, rehearsal::rehearsing_and_questions, session::Studio, state::StudioStatus,
};
use crate::{
    ui::{TimeStyle, later, local_text},
    webrtc::devices::{PictureSource, interruption::DeviceKind, messages::interruption_words},
};

/// Preview and the big buttons.
#[component]
pub(super) fn Preview(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let devices = studio.devices;
    let video = NodeRef::<html::Video>::new();
    Effect::new(move || {
        let Some(video) = video.get() else { return };
        let stream = devices.picture.get().and_then(|track| {
            let stream = MediaStream::new().ok()?;
            stream.add_track(&track);
            Some(stream)
        });
        video.set_src_object(stream.as_ref());
    });
    let mirrored = move || devices.source.get() == PictureSource::Camera;
    let curtain = move || match (devices.source.get(), studio.dark.get()) {
        (PictureSource::Nothing, _) => Some(t!(studio.no_picture)),
        (_, true) => Some(t!(studio.picture_is_off)),
        _ => None,
    };
    let artwork = move || {
        let artwork = studio.page.with(|page| page.card.artwork.clone());
        let artwork = artwork.filter(|_| studio.medium() == Medium::Audio);
        artwork.map(|it| view! { <img class="artwork" src=it.large() width="1024" height="1024" alt="" decoding="async"/> })
    };
    view! {
        <div class="preview">
            {artwork}
            <video node_ref=video class:mirrored=mirrored class:dark=move || studio.dark.get() autoplay muted playsinline aria-label=t!(studio.your_picture)></video>
            <p class="curtain" hidden=move || curtain().is_none()>{curtain}</p>
        </div>
        <Trouble studio/>
        <Notices studio/>
        <Buttons studio/>
    }
    .into_any()
}

/// Troubles, and what to do.
#[component]
fn Trouble(studio: Studio) -> impl IntoView {
    let words = move || {
        let mut all: Vec<String> = Vec::new();
        all.extend(studio.publisher.trouble.get());
        all.extend(studio.devices.sound_trouble.get().map(String::from));
        all.extend(studio.devices.picture_trouble.get().map(String::from));
        all
    };
    view! {
        <div role="alert" class="stack">
            {[DeviceKind::Microphone, DeviceKind::Camera].map(|kind| view! { <Interrupted studio kind/> })}
            {move || words().into_iter().map(|words| view! { <p class="notice bad">{words}</p> }).collect_view()}
        </div>
    }
    .into_any()
}

/// A device that the system has taken away, and the way to it.
#[component]
fn Interrupted(studio: Studio, kind: DeviceKind) -> impl IntoView {
    let devices = studio.devices;
    let interruption = devices.interruption(kind);
    let (words, press) = interruption_words(kind);
    view! {
        <Show when=move || interruption.lasts()>
            <div class="notice bad">
                <p>{words}</p>
                <button class="button" type="button" on:click=move |_| spawn_local(devices.take_back(kind))>{press}</button>
            </div>
        </Show>
    }
    .into_any()
}

/// Problems of what programs send, or tried to: read out when they come, and with the time of day,
/// so that nobody takes a past one for a present one.
#[component]
fn Notices(studio: Studio) -> impl IntoView {
    view! {
        <div role="status" class="stack">
            {move || studio.notices.get().into_iter().map(|Notice { at, text }| view! {
                <p class="notice">{text} " " <span class="soft small">{local_text(at, TimeStyle::Time)}</span></p>
            }).collect_view()}
        </div>
    }
    .into_any()
}

#[component]
fn Buttons(studio: Studio) -> impl IntoView {
    let publisher = studio.publisher;
    let devices = studio.devices;
    let status = studio.status;
    let on_stage = Memo::new(move |_| studio.on_stage());
    let paused = move || status.get() == StudioStatus::Paused;
    // From OBS, or another tab: that can be ended from here as well.
    let elsewhere = move || studio.page.with(|page| page.card.stage.is_on_air());
    let rehearsing = move || status.get() == StudioStatus::Rehearsing;
    let rehearse = move || match status.get_untracked() {
        StudioStatus::Rehearsing => publisher.end_rehearsal(),
        _ => publisher.rehearse(),
    };
    let end = move |_| studio.question.set(Some(Question::End));
    // An empty stage helps nobody: something has to be sent.
    let ready =
        move || devices.sound.with(Option::is_some) || devices.picture.with(Option::is_some);
    view! {
        <div class="studio-buttons">
            <Show
                when=move || on_stage.get()
                fallback=move || view! {
                    <button class="button live big go" type="button" disabled=move || !ready() on:click=move |_| studio.go_live()>
                        {move || if status.get() == StudioStatus::TakenOver { t!(studio.take_back) } else { t!(studio.go_live) }}
                    </button>
                    <button class="button" type="button" hidden=elsewhere disabled=move || !ready() on:click=move |_| rehearse()>
                        {move || if rehearsing() { t!(studio.end_rehearsal) } else { t!(studio.rehearse) }}
                    </button>
                    <button class="button danger" type="button" hidden=move || !elsewhere() on:click=end>{t!(studio.end)}</button>
                }
            >
                <button class="button danger big" type="button" on:click=end>{t!(studio.end)}</button>
                <button
                    class="button"
                    class:primary=paused
                    type="button"
                    disabled=move || !matches!(status.get(), StudioStatus::Live | StudioStatus::Paused)
                    on:click=move |_| {
                        let paused = status.get_untracked() == StudioStatus::Paused;
                        spawn_local(publisher.pause(!paused));
                    }
                >
                    {move || if paused() { t!(studio.resume) } else { t!(studio.pause) }}
                </button>
            </Show>
            <button
                class="button"
                type="button"
                aria-pressed=move || studio.muted.get().to_string()
                disabled=move || devices.sound.with(Option::is_none)
                on:click=move |_| studio.muted.update(|muted| *muted = !*muted)
            >
                {move || if studio.muted.get() { t!(studio.unmute) } else { t!(studio.mute) }}
            </button>
            {match studio.medium() {
                Medium::Video => view! { <PictureButtons studio/> }.into_any(),
                Medium::Audio => view! {
                    <button class="button" type="button" on:click=move |_| spawn_local(devices.open_computer_sound())>
                        {t!(studio.share_sound)}
                    </button>
                }
                .into_any(),
            }}
        </div>
        {later(move || rehearsing_and_questions(studio))}
    }
    .into_any()
}

/// The camera, dark or not, and the screen.
#[component]
fn PictureButtons(studio: Studio) -> impl IntoView {
    let devices = studio.devices;
    let sharing = move || devices.source.get() == PictureSource::Screen;
    view! {
        <button
            class="button"
            type="button"
            aria-pressed=move || studio.dark.get().to_string()
            disabled=move || devices.picture.with(Option::is_none)
            on:click=move |_| studio.dark.update(|dark| *dark = !*dark)
        >
            {move || if studio.dark.get() { t!(studio.picture_on) } else { t!(studio.picture_off) }}
        </button>
        <button
            class="button"
            type="button"
            on:click=move |_| {
                if devices.source.get_untracked() == PictureSource::Screen {
                    spawn_local(devices.open_camera());
                } else {
                    spawn_local(devices.open_screen());
                }
            }
        >
            {move || if sharing() { t!(studio.stop_sharing) } else { t!(studio.share_screen) }}
        </button>
    }
    .into_any()
}
