//! Frames of the player's picture: the next one, and the first one that comes late.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlCanvasElement, HtmlVideoElement, MediaStreamTrack};

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

/// Width and height of the small copy by which a picture is taken for a dark one, in pixels.
const COPY: u32 = 16;
/// The brightest that black is, of 255: codecs are not exact, and black is 16 in video's own range.
const BLACK: u8 = 20;

/// Returns whether the element's picture is black all over; none when it can't be told.
pub fn is_dark(video: &HtmlVideoElement) -> Option<bool> {
    if video.video_width() == 0 {
        return None;
    }
    let canvas = leptos::prelude::document().create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.set_width(COPY);
    canvas.set_height(COPY);
    // Else each look would wait for the graphics processor.
    let read = web::object([("willReadFrequently", JsValue::TRUE)]);
    let context = canvas.get_context_with_context_options("2d", &read).ok()??;
    let (nothing, side) = (JsValue::from_f64(0.0), JsValue::from_f64(COPY.into()));
    let place = [nothing.clone(), nothing.clone(), side.clone(), side.clone()];
    let drawn = [JsValue::from(video)].iter().chain(&place).cloned().collect::<Vec<_>>();
    web::call_now(&context, "drawImage", &drawn).ok()?;
    let copy = web::call_now(&context, "getImageData", &place).ok()?;
    let bytes = js_sys::Uint8Array::new(&web::get(&copy, "data")).to_vec();
    Some(is_black(&bytes))
}

/// Returns whether pixels (red, green, blue, opacity) are black.
fn is_black(pixels: &[u8]) -> bool {
    !pixels.is_empty()
        && pixels.chunks(4).all(|pixel| pixel.iter().take(3).all(|part| *part <= BLACK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_black_when_all_of_it_is() {
        assert!(is_black(&[0, 16, 20, 255, 3, 3, 3, 255]));
        assert!(!is_black(&[0, 0, 0, 255, 0, 0, 90, 255]));
        assert!(!is_black(&[]));
    }
}
