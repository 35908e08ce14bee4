//! Frames of the player's picture: the next one, and the first one that comes late.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlVideoElement, MediaStreamTrack};

use crate::web;

/// A picture that is waited for beyond the sound; dropped, it is waited for no more.
pub struct LatePicture {
    track: MediaStreamTrack,
    _came: Closure<dyn FnMut()>,
}

impl LatePicture {
    /// Calls `came` once the browser has something of the `track`.
    pub fn new(track: MediaStreamTrack, came: impl FnMut() + 'static) -> Self {
        let came = Closure::new(came);
        track.set_onunmute(Some(came.as_ref().unchecked_ref()));
        Self { track, _came: came }
    }
}

impl Drop for LatePicture {
    fn drop(&mut self) {
        self.track.set_onunmute(None);
    }
}

/// Calls `then` once the element shows a frame of its stream: as soon as the browser says that it
/// painted it, or, where it doesn't say so, that it has it.
pub fn on_next_frame(video: &HtmlVideoElement, then: impl FnOnce() + 'static) {
    let then = Rc::new(Cell::new(Some(then)));
    let call = {
        let (video, then) = (video.clone(), then.clone());
        move || {
            if video.video_width() > 0
                && let Some(then) = then.take()
            {
                then();
            }
        }
    };
    let painted = Closure::once_into_js(call.clone());
    let _ = web::call_now(video, "requestVideoFrameCallback", &[painted]);
    let loaded = Closure::once_into_js(call);
    let once = web::object([("once", JsValue::TRUE)]);
    let _ = web::call_now(video, "addEventListener", &["loadeddata".into(), loaded, once]);
}
