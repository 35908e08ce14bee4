//! The artist's camera, microphone and screen.

mod capture;
mod computer_sound;
pub mod interruption;
pub mod messages;

use crate::t;
use bandstand_domain::shows::Medium;
use js_sys::Array;
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MediaDeviceInfo, MediaDeviceKind, MediaStream, MediaStreamTrack};

use super::{sdp::SoundMode, whip::PictureFormat};
use crate::{ui::Toaster, web};
use capture::{
    chosen_is_gone, encodes_layers, id_of, media, picture_of, picture_size, sound_of, stop_all,
};
use interruption::{DeviceKind, Interruption, forget};
use messages::{camera_words, microphone_words};

/// Under these keys the browser remembers the choice.
const CAMERA: &str = "bandstand.camera";
const MICROPHONE: &str = "bandstand.microphone";
const SPEECH: &str = "bandstand.speech";
const FORMAT: &str = "bandstand.format";
/// Choice of no camera at all.
pub const NO_CAMERA: &str = "none";

/// A camera, a microphone, or another thing that the artist can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Identity in the browser.
    pub id: String,
    /// Label for people.
    pub label: String,
}

/// Source of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureSource {
    /// Nothing: sound only.
    #[default]
    Nothing,
    /// The chosen camera.
    Camera,
    /// The screen, or a window of it.
    Screen,
}

/// A track that signals can hold.
pub type MediaTrack = SendWrapper<MediaStreamTrack>;

/// The chosen devices and what comes from them.
#[derive(Clone, Copy)]
pub struct Devices {
    /// All cameras, once the browser tells.
    pub cameras: RwSignal<Vec<Device>>,
    /// All microphones, once the browser tells.
    pub microphones: RwSignal<Vec<Device>>,
    /// The chosen camera; empty for the browser's own choice.
    pub camera: RwSignal<String>,
    /// The chosen microphone; empty for the browser's own choice.
    pub microphone: RwSignal<String>,
    /// Mode of the sound.
    pub mode: RwSignal<SoundMode>,
    /// The formats in which this browser can send the picture, once it tells.
    pub formats: RwSignal<Vec<Device>>,
    /// The chosen one, by its name.
    pub format: RwSignal<String>,
    /// Source of the picture.
    pub source: RwSignal<PictureSource>,
    /// The picture.
    pub picture: RwSignal<Option<MediaTrack>>,
    /// The sound.
    pub sound: RwSignal<Option<MediaTrack>>,
    /// Trouble with the camera or the screen.
    pub picture_trouble: RwSignal<Option<&'static str>>,
    /// Trouble with the microphone.
    pub sound_trouble: RwSignal<Option<&'static str>>,
    interruptions: [Interruption; 2],
    pub(super) toaster: Toaster,
}

impl Devices {
    /// No device yet.
    pub fn new() -> Self {
        let devices = Self {
            cameras: RwSignal::default(),
            microphones: RwSignal::default(),
            camera: RwSignal::default(),
            microphone: RwSignal::default(),
            mode: RwSignal::default(),
            formats: RwSignal::default(),
            format: RwSignal::default(),
            source: RwSignal::default(),
            picture: RwSignal::new(None),
            sound: RwSignal::new(None),
            picture_trouble: RwSignal::default(),
            sound_trouble: RwSignal::default(),
            interruptions: [Interruption::new(), Interruption::new()],
            toaster: Toaster::expect(),
        };
        on_cleanup(move || {
            devices.close(DeviceKind::Camera);
            devices.close(DeviceKind::Microphone);
        });
        devices
    }

    /// Returns whether the system has taken a device away for a while.
    pub fn interruption(self, kind: DeviceKind) -> Interruption {
        self.interruptions[kind as usize]
    }

    /// Opens what was chosen the last time, camera and microphone with one question; a camera that
    /// isn't wanted, as at a show of sound alone, is not asked for.
    pub async fn open(self, medium: Medium) {
        self.camera.set(match medium {
            Medium::Video => web::remembered(CAMERA).unwrap_or_default(),
            Medium::Audio => NO_CAMERA.to_owned(),
        });
        self.microphone.set(web::remembered(MICROPHONE).unwrap_or_default());
        self.format.set(web::remembered(FORMAT).unwrap_or_default());
        if web::is_remembered(SPEECH) {
            self.mode.set(SoundMode::Speech);
        }
        if self.camera.get_untracked() == NO_CAMERA {
            self.open_microphone().await;
        } else {
            let both = [("audio", self.for_sound()), ("video", self.for_picture())];
            match media("getUserMedia", web::object(both)).await {
                Ok(stream) => {
                    self.take_picture(&stream, PictureSource::Camera);
                    self.take_sound(&stream);
                }
                Err(_) if self.is_gone() => return,
                // One of them failed: each is asked for by itself, so that the other still works.
                Err(_) => {
                    self.open_microphone().await;
                    self.open_camera().await;
                }
            }
        }
        self.list().await;
        self.list_formats().await;
    }

    /// Asks the browser in which formats it can send. That it plays them says nothing: a scalable stream is
    /// what makes the newer ones worth their price.
    async fn list_formats(self) {
        let mut formats = Vec::new();
        for format in PictureFormat::ALL {
            if format == PictureFormat::default() || encodes_layers(format).await {
                formats.push(Device { id: format.name().into(), label: format.words().into() });
            }
        }
        if self.is_gone() {
            return;
        }
        let chosen = self.format.get_untracked();
        if !formats.iter().any(|format| format.id == chosen) {
            self.format.set(PictureFormat::default().name().into());
        }
        self.formats.set(formats);
    }

    /// Sends the picture in the chosen format from the next time on stage on.
    pub fn keep_format(self) {
        web::remember(FORMAT, &self.format.get_untracked());
    }

    /// Opens the chosen camera, or closes it when none is wanted.
    pub async fn open_camera(self) {
        if self.is_gone() {
            return;
        }
        web::remember(CAMERA, &self.camera.get_untracked());
        self.picture_trouble.set(None);
        if self.camera.get_untracked() == NO_CAMERA {
            self.source.set(PictureSource::Nothing);
            return self.close(DeviceKind::Camera);
        }
        let wanted = web::object([("video", self.for_picture())]);
        match media("getUserMedia", wanted).await {
            Ok(stream) => self.take_picture(&stream, PictureSource::Camera),
            Err(_) if self.is_gone() => {}
            Err(error) if chosen_is_gone(&error, self.camera) => Box::pin(self.open_camera()).await,
            Err(error) => {
                self.source.set(PictureSource::Nothing);
                self.close(DeviceKind::Camera);
                self.picture_trouble.set(Some(camera_words(&web::error_name(&error))));
            }
        }
    }

    /// Opens the chosen microphone.
    pub async fn open_microphone(self) {
        if self.is_gone() || !self.leaves_computer_sound() {
            return;
        }
        web::remember(MICROPHONE, &self.microphone.get_untracked());
        let speech = self.mode.get_untracked() == SoundMode::Speech;
        web::remember_whether(SPEECH, speech);
        self.sound_trouble.set(None);
        match media("getUserMedia", web::object([("audio", self.for_sound())])).await {
            Ok(stream) => self.take_sound(&stream),
            Err(_) if self.is_gone() => {}
            Err(error) if chosen_is_gone(&error, self.microphone) => {
                Box::pin(self.open_microphone()).await;
            }
            Err(error) => {
                self.close(DeviceKind::Microphone);
                self.sound_trouble.set(Some(microphone_words(&web::error_name(&error))));
            }
        }
    }

    /// Opens a device once more that the system has taken away; the track is kept until there is another.
    pub(super) async fn reopen(self, kind: DeviceKind) -> Result<(), JsValue> {
        if kind == DeviceKind::Microphone && self.shares_sound() {
            return Ok(());
        }
        let (name, chosen) = match kind {
            DeviceKind::Camera => ("video", self.camera),
            DeviceKind::Microphone => ("audio", self.microphone),
        };
        let wanted = || {
            let device = match kind {
                DeviceKind::Camera => self.for_picture(),
                DeviceKind::Microphone => self.for_sound(),
            };
            web::object([(name, device)])
        };
        let stream = match media("getUserMedia", wanted()).await {
            Err(error) if !self.is_gone() && chosen_is_gone(&error, chosen) => {
                media("getUserMedia", wanted()).await?
            }
            other => other?,
        };
        match kind {
            DeviceKind::Camera => self.take_picture(&stream, PictureSource::Camera),
            DeviceKind::Microphone => self.take_sound(&stream),
        }
        Ok(())
    }

    /// Lets the artist choose a screen or a window to show.
    pub async fn open_screen(self) {
        self.picture_trouble.set(None);
        let wanted = web::object([("video", picture_size()), ("audio", JsValue::FALSE)]);
        match media("getDisplayMedia", wanted).await {
            Ok(stream) => self.take_picture(&stream, PictureSource::Screen),
            // Closing the browser's own question is no trouble.
            Err(error) if web::error_name(&error) == "NotAllowedError" => {}
            Err(_) => self.picture_trouble.set(Some(t!(devices.no_screen))),
        }
    }

    /// Asks the browser what there is; without permission it tells no names.
    pub async fn list(self) {
        let Ok(devices) = window().navigator().media_devices() else { return };
        let Ok(all) = web::call(&devices, "enumerateDevices", &[]).await else { return };
        if self.is_gone() {
            return;
        }
        let (mut cameras, mut microphones) = (Vec::new(), Vec::new());
        for info in all.unchecked_into::<Array>().iter() {
            let info: MediaDeviceInfo = info.unchecked_into();
            let device = Device { id: info.device_id(), label: info.label() };
            if device.id.is_empty() {
                continue;
            }
            match info.kind() {
                MediaDeviceKind::Videoinput => cameras.push(device),
                MediaDeviceKind::Audioinput => microphones.push(device),
                _ => {}
            }
        }
        self.cameras.set(cameras);
        microphones.extend(self.computer_sound());
        self.microphones.set(microphones);
    }

    /// Something was plugged in or out: what was lost and is there again is opened again.
    pub async fn plugged(self) {
        self.list().await;
        if self.is_gone() {
            return;
        }
        let is_back = |held: RwSignal<Option<MediaTrack>>,
                       chosen: RwSignal<String>,
                       all: RwSignal<Vec<Device>>| {
            let chosen = chosen.get_untracked();
            held.with_untracked(Option::is_none)
                && all.with_untracked(|all| all.iter().any(|device| device.id == chosen))
        };
        if is_back(self.sound, self.microphone, self.microphones) {
            self.open_microphone().await;
        }
        if is_back(self.picture, self.camera, self.cameras) {
            self.open_camera().await;
        }
        if !self.is_gone() {
            self.look_again();
        }
    }

    /// Tells whether the page was left while the browser asked or opened something.
    fn is_gone(self) -> bool {
        self.sound.is_disposed()
    }

    /// Lets go of a device.
    fn close(self, kind: DeviceKind) {
        self.interruption(kind).end();
        stop(match kind {
            DeviceKind::Camera => self.picture,
            DeviceKind::Microphone => self.sound,
        });
    }

    fn take_picture(self, stream: &MediaStream, source: PictureSource) {
        if self.is_gone() {
            return stop_all(stream);
        }
        let Ok(track) = stream.get_video_tracks().get(0).dyn_into::<MediaStreamTrack>() else {
            return self.picture_trouble.set(Some(camera_words("NotFoundError")));
        };
        // Under load a camera keeps its motion, in time with the music; a screen keeps its letters.
        let hint = if source == PictureSource::Screen { "detail" } else { "motion" };
        web::set(&track, "contentHint", &hint.into());
        on_ended(&track, move || {
            if source == PictureSource::Screen {
                leptos::task::spawn_local(self.open_camera());
            } else {
                self.source.set(PictureSource::Nothing);
                self.close(DeviceKind::Camera);
                self.picture_trouble.set(Some(t!(devices.camera_gone)));
            }
        });
        stop(self.picture);
        // A screen whose window is folded away gives nothing either, and has to be asked for.
        if source == PictureSource::Camera {
            self.follow(DeviceKind::Camera, &track);
        } else {
            self.interruption(DeviceKind::Camera).end();
        }
        if source == PictureSource::Camera && self.camera.get_untracked().is_empty() {
            self.camera.set(id_of(&track));
        }
        self.source.set(source);
        self.picture.set(Some(SendWrapper::new(track)));
    }

    fn take_sound(self, stream: &MediaStream) {
        // Who has chosen the computer's sound while the browser opened the microphone isn't heard by it.
        if self.is_gone() || self.shares_sound() {
            return stop_all(stream);
        }
        let Ok(track) = stream.get_audio_tracks().get(0).dyn_into::<MediaStreamTrack>() else {
            return self.sound_trouble.set(Some(microphone_words("NotFoundError")));
        };
        // The encoder's own way of listening: what is music isn't treated as a voice.
        let hint = if self.mode.get_untracked() == SoundMode::Music { "music" } else { "speech" };
        web::set(&track, "contentHint", &hint.into());
        on_ended(&track, move || {
            self.close(DeviceKind::Microphone);
            self.sound_trouble.set(Some(t!(devices.microphone_gone)));
        });
        stop(self.sound);
        self.follow(DeviceKind::Microphone, &track);
        if self.microphone.get_untracked().is_empty() {
            self.microphone.set(id_of(&track));
        }
        self.sound.set(Some(SendWrapper::new(track)));
    }

    fn for_picture(self) -> JsValue {
        picture_of(&self.camera.get_untracked())
    }

    fn for_sound(self) -> JsValue {
        sound_of(&self.microphone.get_untracked(), self.mode.get_untracked())
    }
}

/// Stops what a signal holds, so that the camera's light goes out.
fn stop(held: RwSignal<Option<MediaTrack>>) {
    if let Some(Some(track)) = held.try_update(Option::take) {
        forget(&track);
        track.stop();
    }
}

fn on_ended(track: &MediaStreamTrack, then: impl FnOnce() + 'static) {
    track.set_onended(Some(Closure::once_into_js(then).unchecked_ref()));
}
