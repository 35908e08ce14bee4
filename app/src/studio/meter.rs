//! Level meter of the artist's own microphone, or a note that it can't be measured.

use crate::t;
use std::{cell::Cell, time::Duration};

use leptos::{__reexports::send_wrapper::SendWrapper, ev, html, prelude::*};
use web_sys::{
    AudioContext, AudioContextOptions, AudioContextState, MediaStream, MediaStreamAudioSourceNode,
};

use super::session::Studio;
use crate::{
    ui::every,
    webrtc::level_meter::{LevelMeter, Needle, share},
};

/// The loudness, in dB, from which on a microphone counts as heard.
const HEARD: f32 = -45.0;
/// The loudness, in dB, below which a microphone gives nothing at all, and the number of measurements
/// after which that is told: ten seconds.
const NOTHING: f32 = -57.0;
const SILENT: u32 = 150;
/// Sample rates of microphones, the most usual first.
const RATES: [f32; 6] = [48_000.0, 44_100.0, 16_000.0, 96_000.0, 32_000.0, 8_000.0];
/// Looks at a sound system that stands still after which it counts as one that doesn't work.
const STILL: u32 = 2;

/// The level, drawn past the reactive graph: fifteen times a second is too often for it.
#[component]
pub(super) fn Meter(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let bar = NodeRef::<html::Div>::new();
    let measured = studio.measured;
    Effect::new(move |_: Option<Option<SendWrapper<LevelMeter>>>| {
        let (Some(track), Some(bar)) = (studio.devices.sound.get(), bar.get()) else { return None };
        let stream = MediaStream::new().ok()?;
        stream.add_track(&track);
        let mut needle = Needle::default();
        let mut nothing = 0;
        let style = web_sys::HtmlElement::style(&bar);
        let hear = move |decibels| {
            needle.hear(decibels);
            studio.crowd.set_level(share(needle.level));
            let muted = studio.muted.get_untracked() || !measured.get_untracked();
            nothing = if decibels > NOTHING || muted { 0 } else { nothing + 1 };
            if studio.silent.get_untracked() != (nothing > SILENT) {
                studio.silent.set(nothing > SILENT);
            }
            let percent = |decibels| ((share(decibels) * 100.0) as u32).to_string();
            let _ = style.set_property("--level", &percent(needle.level));
            let _ = style.set_property("--peak", &percent(needle.peak));
            let _ = bar.set_attribute("aria-valuenow", &(needle.level as i32).to_string());
            if needle.level > HEARD && !studio.heard.get_untracked() {
                studio.heard.set(true);
            }
        };
        let meter = source_of(&stream).and_then(|(context, source)| {
            keep_watch(context.clone(), measured);
            LevelMeter::of(context, source, hear).ok()
        });
        measured.set(meter.is_some());
        meter.map(SendWrapper::new)
    });
    view! {
        <div
            class="meter" node_ref=bar role="meter" aria-label=t!(studio.level)
            aria-valuemin="-60" aria-valuemax="0" aria-valuenow="-60" hidden=move || !measured.get()
        ></div>
        <p class="hint small" role="status">
            {move || (!measured.get()).then_some(
                t!(studio.no_level),
            )}
        </p>
    }
    .into_any()
}

/// Source node of the microphone, in a sound system of its rate: Firefox connects no other. It
/// doesn't tell the rate, so that the usual ones are tried where the loudspeakers' is another.
fn source_of(stream: &MediaStream) -> Option<(AudioContext, MediaStreamAudioSourceNode)> {
    let usual = RATES.into_iter().map(Some);
    std::iter::once(None).chain(usual).find_map(|rate| {
        let context = match rate {
            None => AudioContext::new(),
            Some(rate) => {
                let options = AudioContextOptions::new();
                options.set_sample_rate(rate);
                AudioContext::new_with_context_options(&options)
            }
        }
        .ok()?;
        match context.create_media_stream_source(stream) {
            Ok(source) => Some((context, source)),
            Err(_) => {
                let _ = context.close();
                None
            }
        }
    })
}

/// Tells whether the sound system runs, until the effect around it is over. One that waits for a press
/// gets it.
fn keep_watch(context: AudioContext, measured: RwSignal<bool>) {
    let watched = context.clone();
    let seen = Cell::new((0.0, 0));
    every(Duration::from_secs(1), move || {
        let now = watched.current_time();
        let (before, still) = seen.get();
        let still = if now == before { still + 1 } else { 0 };
        seen.set((now, still));
        let runs = still < STILL;
        if measured.try_get_untracked() == Some(!runs) {
            measured.set(runs);
        }
    });
    let wake = move || {
        if context.state() == AudioContextState::Suspended {
            let _ = context.resume();
        }
    };
    let press = wake.clone();
    let pressed = window_event_listener(ev::pointerdown, move |_| press());
    let typed = window_event_listener(ev::keydown, move |_| wake());
    on_cleanup(move || {
        pressed.remove();
        typed.remove();
    });
}
