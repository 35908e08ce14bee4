//! Cameras and microphones that the system takes away for a while (Media Capture and Streams §4.3): a phone
//! call, a headset's button, another app. The artist is told at once, and the device is taken back.

use futures::future::{AbortHandle, abortable};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsValue, closure::Closure};
use web_sys::MediaStreamTrack;

use super::{
    Devices,
    messages::{back_words, camera_words, microphone_words},
};
use crate::web;

/// Camera or microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The camera.
    Camera,
    /// The microphone.
    Microphone,
}

/// Paces the attempts to open a device again. They are bounded: a switch at a headset may stay off all
/// evening.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Attempts {
    made: u32,
    last: f64,
}

impl Attempts {
    /// Milliseconds before the first attempt: most devices come back by themselves before.
    const FIRST: u32 = 1_500;
    const MAX_ATTEMPTS: u32 = 6;
    /// Milliseconds without an attempt after which they begin anew.
    const CALM: f64 = 120_000.0;

    /// The wait before the next attempt, in milliseconds; none when there were enough.
    fn next(&mut self, now: f64) -> Option<u32> {
        if now - self.last > Self::CALM {
            self.made = 0;
        }
        if self.made == Self::MAX_ATTEMPTS {
            return None;
        }
        let wait = Self::FIRST << self.made;
        *self = Self { made: self.made + 1, last: now + f64::from(wait) };
        Some(wait)
    }
}

/// Interruption of a device, and the attempts to open it again.
#[derive(Clone, Copy)]
pub struct Interruption {
    lasts: RwSignal<bool>,
    attempts: StoredValue<Attempts>,
    running: StoredValue<Option<AbortHandle>>,
}

impl Interruption {
    /// No interruption.
    pub fn new() -> Self {
        Self {
            lasts: RwSignal::new(false),
            attempts: StoredValue::new(Attempts::default()),
            running: StoredValue::new(None),
        }
    }

    /// Returns whether the device gives nothing at this moment.
    pub fn lasts(self) -> bool {
        self.lasts.get()
    }

    /// Ends it; answers whether there was one.
    pub fn end(self) -> bool {
        if let Some(Some(running)) = self.running.try_update_value(Option::take) {
            running.abort();
        }
        let lasted = self.lasts.try_get_untracked() == Some(true);
        if lasted {
            self.lasts.set(false);
        }
        lasted
    }

    fn next_wait(self) -> Option<u32> {
        self.attempts.try_update_value(|attempts| attempts.next(js_sys::Date::now()))?
    }
}

impl Devices {
    /// Follows what the system does to a track that was opened.
    pub(super) fn follow(self, kind: DeviceKind, track: &MediaStreamTrack) {
        let hear = |event, then: fn(Self, DeviceKind)| {
            let heard = Closure::<dyn FnMut()>::new(move || then(self, kind));
            web::set(track, event, &heard.into_js_value());
        };
        hear("onmute", Self::interrupted);
        hear("onunmute", Self::returned);
        if track.muted() {
            self.interrupted(kind);
        } else if self.interruption(kind).end() {
            self.tell_return(kind);
        }
    }

    /// Takes a device back by a press.
    pub async fn take_back(self, kind: DeviceKind) {
        let (trouble, words): (_, fn(&str) -> _) = match kind {
            DeviceKind::Camera => (self.picture_trouble, camera_words),
            DeviceKind::Microphone => (self.sound_trouble, microphone_words),
        };
        trouble.set(None);
        self.begin_anew(kind);
        if let Err(error) = self.reopen(kind).await {
            trouble.set(Some(words(&web::error_name(&error))));
        }
    }

    /// The page is seen again, or devices were plugged in or out: a good moment to take back what is missing.
    pub fn look_again(self) {
        for kind in [DeviceKind::Camera, DeviceKind::Microphone] {
            if self.interruption(kind).lasts.get_untracked() {
                self.begin_anew(kind);
            }
        }
    }

    fn begin_anew(self, kind: DeviceKind) {
        self.interruption(kind).attempts.set_value(Attempts::default());
        self.keep_trying(kind);
    }

    fn interrupted(self, kind: DeviceKind) {
        let interruption = self.interruption(kind);
        // What was opened in vain is no other interruption.
        if interruption.lasts.try_get_untracked() == Some(false) {
            interruption.lasts.set(true);
            self.keep_trying(kind);
        }
    }

    fn keep_trying(self, kind: DeviceKind) {
        let interruption = self.interruption(kind);
        let (run, handle) = abortable(async move {
            while interruption.lasts.try_get_untracked() == Some(true)
                && let Some(wait) = interruption.next_wait()
            {
                TimeoutFuture::new(wait).await;
                // On a page that nobody sees browsers don't give it.
                if !document().hidden() {
                    self.reopen_quietly(kind);
                }
            }
        });
        let before = interruption.running.try_update_value(|it| it.replace(handle));
        if let Some(Some(before)) = before {
            before.abort();
        }
        spawn_local(async move {
            // Aborted or given up: both end here.
            let _ = run.await;
        });
    }

    /// The system gave it back. After a call, WebKit's microphones say so and stay silent: only one that was
    /// opened anew is sure to be heard.
    fn returned(self, kind: DeviceKind) {
        let interruption = self.interruption(kind);
        if interruption.end() {
            self.tell_return(kind);
        }
        if kind == DeviceKind::Microphone && interruption.next_wait().is_some() {
            self.reopen_quietly(kind);
        }
    }

    /// Opens a device once more; whoever fails keeps the track, which may still come back. Never aborted
    /// half way, or nobody would close what is opened.
    fn reopen_quietly(self, kind: DeviceKind) {
        spawn_local(async move {
            let _ = self.reopen(kind).await;
        });
    }

    fn tell_return(self, kind: DeviceKind) {
        self.toaster.say(back_words(kind));
    }
}

/// Forgets what a track's events were for.
pub fn forget(track: &MediaStreamTrack) {
    for event in ["onended", "onmute", "onunmute"] {
        web::set(track, event, &JsValue::NULL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_paced_bounded_and_begin_anew_after_a_calm() {
        let mut attempts = Attempts::default();
        let now = 1_000_000.0;
        let waits: Vec<_> = (0..8).map(|_| attempts.next(now)).collect();
        let paced = [1_500, 3_000, 6_000, 12_000, 24_000, 48_000].map(Some);
        assert_eq!(waits[..6], paced);
        assert_eq!(waits[6..], [None, None]);
        assert_eq!(attempts.next(now + 48_000.0 + Attempts::CALM + 1.0), Some(1_500));
    }
}
