//! Screen of the player: a video element that no page owns, so that it can go from place to place while it
//! plays.

use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlVideoElement};

use super::playback::PictureState;
use crate::web;

/// The element that a player plays in; none on the server.
#[derive(Clone, Copy)]
pub struct Screen(StoredValue<Option<SendWrapper<HtmlVideoElement>>>);

impl Screen {
    /// Makes the element, which is nowhere yet. It is removed with the current owner.
    pub fn new() -> Self {
        let screen = Self(StoredValue::new(None));
        if !cfg!(feature = "ssr")
            && let Ok(element) = document().create_element("video")
        {
            // A phone would play it over the whole screen otherwise.
            let _ = element.set_attribute("playsinline", "");
            screen.0.set_value(Some(SendWrapper::new(element.unchecked_into())));
            on_cleanup(move || {
                if let Some(video) = screen.video() {
                    video.remove();
                }
            });
        }
        screen
    }

    /// The element.
    pub fn video(self) -> Option<HtmlVideoElement> {
        self.0.try_get_value()?.map(SendWrapper::take)
    }

    /// Marks the element as `shown` for the style sheet while it shows a picture.
    pub fn mark(self, picture: RwSignal<PictureState>) {
        Effect::new(move || {
            let shown = picture.get() == PictureState::Shown;
            if let Some(video) = self.video() {
                video.set_class_name(if shown { "shown" } else { "" });
            }
        });
    }

    /// Moves the element to the end of `place`. It goes on playing: a browser stops what is out of the
    /// document for longer than a moment.
    pub fn move_to(self, place: &Element) {
        let Some(video) = self.video() else { return };
        let here = [JsValue::from(&video), JsValue::NULL];
        // With its window of picture in picture, where the browser can do that.
        if web::call_now(place, "moveBefore", &here).is_err() {
            // It has no children, so that it can't be its own ancestor.
            let _ = place.append_child(&video);
        }
    }
}
