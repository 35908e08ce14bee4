//! Viewport of the player: a small or hidden one asks for a lower layer (WHEP's layer selection).

use std::{cell::Cell, pin::pin, rc::Rc};

use futures::{channel::oneshot, future::select};
use gloo_timers::future::TimeoutFuture;
use leptos::{
    prelude::{document, window},
    task::spawn_local,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlVideoElement, ResizeObserver};

use crate::{web, webrtc::signalling::MediaResource};

/// Milliseconds for which a size has to last: windows are dragged, and phones turned.
const SETTLED: u32 = 500;
/// Milliseconds after which nobody is taken to look: people look into another tab and come back.
const AWAY: u32 = 5_000;
/// Milliseconds until the venue is asked again when it didn't agree.
const AGAIN: u32 = 5_000;
/// Attempts in all: a venue that is away for longer has lost the session as well.
const TRIES: u32 = 12;

/// The most lines to ask for in a window of so many `pixels`, when it is not what was `asked` for
/// before.
///
/// Layers are at most twice as high as the next lower one. With 1.8 times the window's height as the
/// bound, the highest that is left has 0.9 to 1.8 times as many lines: neither seen to be too small,
/// nor much larger than need be. What is a little more or less than before isn't asked for.
fn max_height(pixels: u32, asked: Option<u16>) -> Option<u16> {
    let most = pixels.saturating_mul(9) / 5;
    let alike = |asked: u32| (asked * 4 / 5..=asked * 11 / 10).contains(&most);
    if pixels == 0 || asked.is_some_and(|asked| alike(asked.into())) {
        return None;
    }
    Some(u16::try_from(most).unwrap_or(u16::MAX))
}

/// Returns whether the page, and what may have been taken out of it into a window of its own, is
/// out of sight, or the picture is held.
fn is_hidden(video: &HtmlVideoElement) -> bool {
    video.paused()
        || document().hidden() && web::get(&document(), "pictureInPictureElement").is_falsy()
}

/// Waits until the size has lasted, then asks for what fits it, unless that holds already.
async fn settle(video: HtmlVideoElement, session: MediaResource, asked: Rc<Cell<Option<u16>>>) {
    TimeoutFuture::new(if is_hidden(&video) { AWAY } else { SETTLED }).await;
    for _ in 0..TRIES {
        let pixels = f64::from(video.client_height()) * window().device_pixel_ratio();
        let pixels = if is_hidden(&video) { 1 } else { pixels as u32 };
        let Some(most) = max_height(pixels, asked.get()) else { return };
        // Until the venue has answered, nobody knows what holds.
        asked.set(None);
        if session.set_max_height(most).await.is_ok() {
            return asked.set(Some(most));
        }
        TimeoutFuture::new(AGAIN).await;
    }
}

/// Observes the size and the visibility of a player, until it is dropped.
pub struct Viewport {
    video: HtmlVideoElement,
    observer: ResizeObserver,
    changed: Closure<dyn FnMut()>,
}

impl Viewport {
    /// Bounds the picture of the `session` to the most lines that are of use, whenever it is another
    /// number.
    pub fn watch(video: &HtmlVideoElement, session: &MediaResource) -> Option<Self> {
        let asked = Rc::new(Cell::new(None));
        let mut settling = None;
        let changed: Closure<dyn FnMut()> = Closure::new({
            let (video, session) = (video.clone(), session.clone());
            move || {
                let (hold, let_go) = oneshot::channel::<()>();
                let settled = settle(video.clone(), session.clone(), asked.clone());
                spawn_local(async move {
                    select(let_go, pin!(settled)).await;
                });
                // The one before is cancelled.
                drop(settling.replace(hold));
            }
        });
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        observer.observe(video);
        let listener = changed.as_ref().unchecked_ref();
        document().add_event_listener_with_callback(SIGHT, listener).ok()?;
        for held in HELD {
            video.add_event_listener_with_callback(held, listener).ok()?;
        }
        Some(Self { video: video.clone(), observer, changed })
    }
}

/// The event by which a page learns that it comes into sight or goes out of it.
const SIGHT: &str = "visibilitychange";
/// The events by which a picture says that it is held, or goes on.
const HELD: [&str; 2] = ["pause", "play"];

impl Drop for Viewport {
    fn drop(&mut self) {
        self.observer.disconnect();
        let listener = self.changed.as_ref().unchecked_ref();
        let _ = document().remove_event_listener_with_callback(SIGHT, listener);
        for held in HELD {
            let _ = self.video.remove_event_listener_with_callback(held, listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_asks_for_what_fits_it_and_only_when_that_is_something_else() {
        assert_eq!(max_height(0, None), None, "nothing is shown");
        assert_eq!(max_height(1, Some(720)), Some(1), "the least there is");
        assert_eq!(max_height(1, Some(1)), None);
        assert_eq!(max_height(400, None), Some(720));
        for pixels in [400, 340, 430] {
            assert_eq!(max_height(pixels, Some(720)), None, "{pixels}");
        }
        assert_eq!(max_height(200, Some(720)), Some(360));
        assert_eq!(max_height(600, Some(720)), Some(1080));
        assert_eq!(max_height(u32::MAX, None), Some(u16::MAX));
        // Of layers that are twice as high each, the highest within the bound nearly fills the window.
        for pixels in 100..800_u32 {
            let most = u32::from(max_height(pixels, None).unwrap());
            let lines = [180, 360, 720, 1440].into_iter().rfind(|lines| *lines <= most).unwrap();
            assert!(lines * 10 >= pixels * 9 - 9 && lines <= most, "{pixels}: {lines}");
        }
    }
}
