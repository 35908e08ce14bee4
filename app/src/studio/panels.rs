//! Panels beside the preview: devices, checklist, numbers.

use crate::{t, texts::language};
use bandstand_domain::{quality::percent, shows::Medium};
use leptos::{__reexports::send_wrapper::SendWrapper, html, prelude::*, task::spawn_local};

use super::{
    fold::Fold,
    meter::Meter,
    monitor::{MonitorState, monitor},
    session::Studio,
    state::StudioStatus,
    stats_panel::rate,
    wellbeing::Panel,
};
use crate::{
    channel::{Channel, ChannelState},
    webrtc::{
        devices::{Device, NO_CAMERA, interruption::DeviceKind},
        sdp::SoundMode,
    },
};

/// Camera, microphone, level, music mode, and hearing oneself.
#[component]
pub(super) fn SoundAndPicture(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let devices = studio.devices;
    let listened = studio.listened;
    let music = move || devices.mode.get() == SoundMode::Music;
    let listen = move |_| {
        let busy =
            matches!(listened.get_untracked(), MonitorState::Recording(_) | MonitorState::Playing);
        if let Some(track) = devices.sound.get_untracked().filter(|_| !busy) {
            spawn_local(monitor(SendWrapper::take(track), listened));
        }
    };
    view! {
        <Fold studio title=t!(studio.sound_and_picture) helps=Panel::Devices>
            {(studio.medium() == Medium::Video).then(|| view! {
                <Choice
                    id="camera" label=t!(studio.camera) none=Some(t!(studio.no_camera))
                    devices=devices.cameras chosen=devices.camera
                    on_choice=Callback::new(move |()| spawn_local(devices.open_camera()))
                />
            })}
            <Choice
                id="microphone" label=t!(studio.microphone) none=None
                devices=devices.microphones chosen=devices.microphone
                on_choice=Callback::new(move |()| spawn_local(devices.open_microphone()))
            />
            <Meter studio/>
            <label class="switch">
                <span>{t!(studio.music_mode)} " " <small class="soft">{move || if music() { t!(studio.music_on) } else { t!(studio.music_off) }}</small></span>
                <input
                    type="checkbox" role="switch" prop:checked=music checked
                    on:change=move |event| {
                        devices.mode.set(if event_target_checked(&event) { SoundMode::Music } else { SoundMode::Speech });
                        spawn_local(devices.open_microphone());
                    }
                />
            </label>
            <Show when=move || devices.formats.with(|formats| formats.len() > 1)>
                <Choice
                    id="format" label=t!(studio.picture_format) none=None
                    devices=devices.formats chosen=devices.format
                    disabled=Signal::derive(move || studio.on_stage())
                    on_choice=Callback::new(move |()| devices.keep_format())
                />
            </Show>
            <button class="button wide" type="button" disabled=move || devices.sound.with(Option::is_none) on:click=listen>
                {move || match listened.get() {
                    MonitorState::Recording(left) => t!(studio.recording, left = left),
                    MonitorState::Playing => t!(studio.playing_back).into(),
                    _ => t!(studio.listen).into(),
                }}
            </button>
            <p class="hint small" role="status">
                {move || (listened.get() == MonitorState::Failed).then(|| if studio.measured.get() {
                    t!(studio.no_recording_level)
                } else {
                    t!(studio.no_recording)
                })}
            </p>
        </Fold>
    }
    .into_any()
}

#[component]
fn Choice(
    id: &'static str,
    label: &'static str,
    /// The words for no device at all, where that is a choice.
    none: Option<&'static str>,
    devices: RwSignal<Vec<Device>>,
    chosen: RwSignal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    on_choice: Callback<()>,
) -> impl IntoView {
    let select = NodeRef::<html::Select>::new();
    // The options have to be there before one of them can be chosen.
    Effect::new(move || {
        devices.track();
        let chosen = chosen.get();
        if let Some(select) = select.get() {
            request_animation_frame(move || select.set_value(&chosen));
        }
    });
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select
                class="input" id=id node_ref=select disabled=disabled
                on:change=move |event| { chosen.set(event_target_value(&event)); on_choice.run(()); }
            >
                {move || {
                    let devices = devices.get();
                    let empty = devices.is_empty().then(|| view! { <option value="">{t!(studio.permission)}</option> });
                    let options = devices
                        .into_iter()
                        .map(|device| view! { <option value=device.id>{if device.label.is_empty() { label.into() } else { device.label }}</option> })
                        .collect_view();
                    (empty, options)
                }}
                {none.map(|words| view! { <option value=NO_CAMERA>{words}</option> })}
            </select>
        </div>
    }
    .into_any()
}

/// State of an item of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Open,
    Done,
    /// This browser can't tell, and holds nobody up for it.
    Unknown,
}

/// Checklist before going live.
#[component]
pub(super) fn Checklist(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let devices = studio.devices;
    let line = Channel::expect().state();
    let item = move |check: Signal<Check>, words: &'static str| {
        view! {
            <li class:done=move || check.get() == Check::Done class:unknown=move || check.get() == Check::Unknown>
                <span class="unseen">{move || match check.get() {
                    Check::Open => t!(studio.check_to_do),
                    Check::Done => t!(studio.check_done),
                    Check::Unknown => t!(studio.check_unknown),
                }}</span>
                {words}
            </li>
        }
    };
    let check = |done| if done { Check::Done } else { Check::Open };
    let permitted = Signal::derive(move || {
        let sound = devices.sound.with(Option::is_some)
            && !devices.interruption(DeviceKind::Microphone).lasts();
        let picture = devices.picture.with(Option::is_some)
            && !devices.interruption(DeviceKind::Camera).lasts();
        check(sound && (picture || devices.camera.get() == NO_CAMERA))
    });
    let listened = Signal::derive(move || match studio.listened.get() {
        MonitorState::Failed => Check::Unknown,
        listened => check(listened == MonitorState::Heard),
    });
    // Where the level can't be measured, whoever has listened to themselves knows.
    let heard = Signal::derive(move || {
        match (studio.heard.get() || listened.get() == Check::Done, studio.measured.get()) {
            (false, false) => Check::Unknown,
            (true, false) => Check::Done,
            (_, true) => check(studio.heard.get()),
        }
    });
    let connected = Signal::derive(move || check(line.get() == ChannelState::Open));
    view! {
        <Fold studio title=t!(studio.ready)>
            <ul class="checklist" role="list">
                {item(permitted, t!(studio.devices_work))}
                {item(heard, t!(studio.heard))}
                {item(listened, t!(studio.listened))}
                {item(connected, t!(studio.connected))}
            </ul>
        </Fold>
    }
    .into_any()
}

/// People, likes, and what is being sent.
#[component]
pub(super) fn Numbers(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let crowd = studio.crowd;
    let sending = studio.publisher.sending;
    let live = move || {
        let status = studio.status.get();
        matches!(status, StudioStatus::Live | StudioStatus::Paused | StudioStatus::Rehearsing)
    };
    let number =
        |value: AnyView, name: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let sent = move || match sending.get().kilobits {
        0 if !live() => "–".into(),
        kilobits => rate(kilobits),
    };
    let lost = move || match sending.get().lost {
        _ if !live() => "–".into(),
        tenths if tenths < 100 => percent(tenths, language()),
        tenths => format!("{} %", tenths / 10),
    };
    let round_trip = move || match sending.get().round_trip {
        _ if !live() => "–".into(),
        millis => format!("{millis} ms"),
    };
    let likes = move || crowd.likes().get().max(studio.page.with(|page| page.likes)).to_string();
    let peak = move || crowd.peak().get().max(studio.page.with(|page| page.peak)).to_string();
    let here =
        move || if studio.on_stage() { t!(studio.people_here) } else { t!(studio.in_the_lobby) };
    view! {
        <Fold studio title=t!(studio.numbers)>
            <dl class="numbers">
                {number((move || crowd.count().get().to_string()).into_any(), here.into_any())}
                {number(peak.into_any(), t!(watch.at_the_most).into_any())}
                {number(likes.into_any(), t!(watch.likes).into_any())}
                {number(sent.into_any(), t!(studio.sending).into_any())}
                {number(lost.into_any(), t!(studio.lost).into_any())}
                {number(round_trip.into_any(), t!(studio.there_and_back).into_any())}
            </dl>
        </Fold>
    }
    .into_any()
}
