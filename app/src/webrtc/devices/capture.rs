//! Capture of picture and sound (Media Capture and Streams §10): constraints, and asking for tracks.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::NO_CAMERA;
use crate::{
    web,
    webrtc::{
        sdp::SoundMode,
        whip::{MAX_BITRATE, PictureFormat, SCALABLE},
    },
};

/// Returns whether this browser encodes a format in layers of which each is a picture by itself but
/// for keyframes.
pub async fn encodes_layers(format: PictureFormat) -> bool {
    let picture = web::object([
        ("contentType", format!("video/{}", format.name()).into()),
        ("width", 1280.into()),
        ("height", 720.into()),
        ("bitrate", MAX_BITRATE.into()),
        ("framerate", 30.into()),
        ("scalabilityMode", SCALABLE.into()),
    ]);
    let wanted = web::object([("type", "webrtc".into()), ("video", picture)]);
    let capabilities = web::get(&window().navigator(), "mediaCapabilities");
    let answer = web::call(&capabilities, "encodingInfo", &[wanted]).await;
    answer.is_ok_and(|it| web::get(&it, "supported").is_truthy())
}

/// Constraints of the size and the frame rate of a picture.
pub fn picture_size() -> JsValue {
    let up_to = |most: i32| web::object([("ideal", most.into()), ("max", most.into())]);
    web::object([("width", up_to(1280)), ("height", up_to(720)), ("frameRate", up_to(30))])
}

/// Constraints of a camera's picture; `id` is empty where the browser chooses.
pub fn picture_of(id: &str) -> JsValue {
    let wanted = picture_size();
    choose(&wanted, id);
    wanted
}

/// Constraints of a microphone's sound. Music is left as it is, in stereo; a voice is cleaned.
pub fn sound_of(id: &str, mode: SoundMode) -> JsValue {
    let clean = JsValue::from(mode == SoundMode::Speech);
    let channels = if clean.is_truthy() { 1 } else { 2 };
    let wanted = web::object([
        ("echoCancellation", clean.clone()),
        ("noiseSuppression", clean.clone()),
        ("autoGainControl", clean),
        ("channelCount", web::object([("ideal", channels.into())])),
        ("sampleRate", web::object([("ideal", 48_000.into())])),
    ]);
    choose(&wanted, id);
    wanted
}

fn choose(wanted: &JsValue, id: &str) {
    if !id.is_empty() && id != NO_CAMERA {
        web::set(wanted, "deviceId", &web::object([("exact", id.into())]));
    }
}

/// Identity of the device that a track comes from.
pub fn id_of(track: &MediaStreamTrack) -> String {
    let settings = web::call_now(track, "getSettings", &[]).unwrap_or_default();
    web::get(&settings, "deviceId").as_string().unwrap_or_default()
}

/// Asks the browser for a stream, by `getUserMedia` or `getDisplayMedia`.
///
/// # Errors
/// What it threw.
pub async fn media(method: &str, wanted: JsValue) -> Result<MediaStream, JsValue> {
    // There are no devices to ask for on a page that came over plain HTTP from another machine.
    let devices = window().navigator().media_devices()?;
    Ok(web::call(&devices, method, &[wanted]).await?.unchecked_into())
}

/// Returns whether the device that was chosen the last time isn't there; then the choice is void.
pub fn chosen_is_gone(error: &JsValue, chosen: RwSignal<String>) -> bool {
    let gone = matches!(web::error_name(error).as_str(), "OverconstrainedError" | "NotFoundError");
    let void = gone && !chosen.get_untracked().is_empty();
    if void {
        chosen.set(String::new());
    }
    void
}

/// Stops what a browser opened for nobody.
pub fn stop_all(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}
