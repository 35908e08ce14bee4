//! Sound of a tab, or of all that the computer plays, in place of the microphone.

use js_sys::{Array, Reflect};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MediaStreamTrack;

use super::{
    Device, Devices, MICROPHONE,
    capture::{media, sound_of},
    interruption::DeviceKind,
    on_ended, stop,
};
use crate::{t, web, webrtc::sdp::SoundMode};

/// Identity of that choice among the microphones.
const COMPUTER: &str = "computer";

impl Devices {
    /// Lets the artist choose what is shared.
    pub async fn open_computer_sound(self) {
        self.sound_trouble.set(None);
        // No browser shares sound without a picture, of which nothing is used.
        let wanted = web::object([
            ("audio", sound_of("", SoundMode::Music)),
            ("video", JsValue::TRUE),
            ("systemAudio", "include".into()),
        ]);
        if let Some(controller) = staying_here() {
            web::set(&wanted, "controller", &controller);
        }
        match media("getDisplayMedia", wanted).await {
            Ok(stream) => {
                for track in stream.get_video_tracks().iter() {
                    track.unchecked_into::<MediaStreamTrack>().stop();
                }
                match stream.get_audio_tracks().get(0).dyn_into::<MediaStreamTrack>() {
                    Ok(track) => self.take_computer_sound(track),
                    Err(_) => self.sound_trouble.set(Some(t!(devices.no_computer_sound))),
                }
            }
            // Closing the browser's own question is no trouble.
            Err(error) if web::error_name(&error) == "NotAllowedError" => {}
            Err(_) => self.sound_trouble.set(Some(t!(devices.no_computer_sound))),
        }
    }

    /// Takes that choice from among the microphones, unless it is the one that is made; returns whether it isn't.
    pub(super) fn leaves_computer_sound(self) -> bool {
        let leaves = !self.shares_sound();
        if leaves && self.microphones.with_untracked(|all| all.iter().any(|it| it.id == COMPUTER)) {
            self.microphones.update(|all| all.retain(|it| it.id != COMPUTER));
        }
        leaves
    }

    /// Tells whether the computer's sound is chosen.
    pub(super) fn shares_sound(self) -> bool {
        self.microphone.with_untracked(|chosen| chosen == COMPUTER)
    }

    /// That choice among the microphones, while it is made.
    pub(super) fn computer_sound(self) -> Option<Device> {
        let label = || t!(devices.computer_sound).to_owned();
        self.shares_sound().then(|| Device { id: COMPUTER.into(), label: label() })
    }

    fn take_computer_sound(self, track: MediaStreamTrack) {
        web::set(&track, "contentHint", &"music".into());
        on_ended(&track, move || {
            // Who stops sharing speaks again.
            self.microphone.set(web::remembered(MICROPHONE).unwrap_or_default());
            spawn_local(self.open_microphone());
        });
        stop(self.sound);
        // No system takes it away for a while.
        self.interruption(DeviceKind::Microphone).end();
        if !self.shares_sound() {
            self.microphone.set(COMPUTER.into());
            self.microphones.update(|all| all.extend(self.computer_sound()));
        }
        self.sound.set(Some(SendWrapper::new(track)));
    }
}

/// Controller of a capture that leaves the artist in the studio, where there is one: Chromium shows the tab that
/// is shared otherwise (Screen Capture, `CaptureController`).
fn staying_here() -> Option<JsValue> {
    let class = web::get(&window(), "CaptureController").dyn_into::<js_sys::Function>().ok()?;
    let controller = Reflect::construct(&class, &Array::new()).ok()?;
    web::call_now(&controller, "setFocusBehavior", &["no-focus-change".into()]).ok()?;
    Some(controller)
}
