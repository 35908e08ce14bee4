//! The element that the engine plays in: what is done to it, and what it tells.

use leptos::{prelude::*, task::spawn_local};

use super::{Engine, HAVE_FUTURE_DATA};
use crate::{replay::buffered, web};

/// Seconds by which a place that the element tells may differ from the one that was set.
const SAME: f64 = 0.05;
/// Seconds around a place that was fetched anew in which what is missing is missing for good.
const REFETCHED: f64 = 1.0;
/// `readyState` of an element that knows its media.
pub(super) const HAVE_METADATA: u16 = 1;

impl Engine {
    pub(super) fn play_element(&self) {
        if !self.playback.playing.get_untracked() {
            return;
        }
        let (video, playing) = (self.video.clone(), self.playback.playing);
        spawn_local(async move {
            if let Err(error) = web::call(&video, "play", &[]).await
                && web::error_name(&error) == "NotAllowedError"
            {
                // It wants another press.
                let _ = playing.try_set(false);
            }
        });
    }

    /// Pauses.
    pub fn pause(&self) {
        // What was being begun ends by itself.
        let _ = self.video.pause();
    }

    pub(super) fn go_to(&self, second: f64) {
        self.set.set(second);
        self.video.set_current_time(second);
    }

    /// Follows a seek that isn't the engine's own, as by the keys of a headphone.
    pub fn follow_seek(&self) {
        let second = self.video.current_time();
        let own = (second - self.set.get()).abs() < SAME;
        if !own && self.video.ready_state() >= HAVE_METADATA {
            self.seek(self.begins() + (second.max(0.0) * 1_000.0) as u64);
        }
        self.playback.waiting.set(true);
    }

    /// Looks at what plays: tells the time, and gets over what is missing.
    pub fn look(&self) {
        let state = self.video.ready_state();
        if state < HAVE_METADATA || self.parked.get() || self.moving.get() {
            return;
        }
        let second = self.video.current_time();
        let time = self.begins() + (second * 1_000.0).round() as u64;
        if !self.video.seeking() && self.playback.position.get_untracked() != time {
            self.playback.position.set(time);
        }
        let Some(buffer) = self.buffer.borrow().clone() else { return };
        if state >= HAVE_FUTURE_DATA {
            return;
        }
        if let Some(to) = buffered::jump(&buffer.buffered(), second) {
            let again = (second - self.refetched.get()).abs() < REFETCHED;
            if again || self.timeline.is_gap(second, to) {
                self.go_to(to);
            } else {
                // The browser has dropped it, for want of memory.
                self.refetched.set(second);
                self.fetch_from(time);
            }
        }
    }

    /// Tells whether what plays next is waited for.
    pub fn tell_waiting(&self) {
        let waits = self.video.ready_state() < HAVE_FUTURE_DATA && !self.video.ended();
        self.playback.waiting.set(waits && !self.parked.get());
    }

    /// Tells that there is something to be seen or heard.
    pub fn tell_shown(&self) {
        if !self.playback.shown.get_untracked() {
            web::mark("bandstand:replay-frame");
        }
        self.playback.shown.set(true);
        let rate = self.playback.rate.get_untracked();
        self.set_rate(rate);
    }

    /// Tells whether it plays, which the system's own buttons change as well.
    pub fn tell_playing(&self) {
        let paused = self.video.paused();
        // At the end of a group it pauses by itself.
        if paused == self.playback.playing.get_untracked() && !(paused && self.video.ended()) {
            self.playback.playing.set(!paused);
        }
    }

    /// Tells the volume.
    pub fn tell_volume(&self) {
        let volume = if self.video.muted() { 0.0 } else { self.video.volume() };
        self.playback.volume.set((volume * 100.0).round() as u32);
    }

    /// Deals with the element's error.
    pub fn fail(&self) {
        if web::get(&self.video, "error").is_truthy() {
            self.failed.set(true);
            self.wake_up();
        }
    }

    /// Sets the speed, also of what is played later.
    pub fn set_rate(&self, rate: f64) {
        self.video.set_default_playback_rate(rate);
        self.video.set_playback_rate(rate);
    }

    /// Sets the volume, in percent.
    pub fn set_volume(&self, volume: u32) {
        self.video.set_muted(volume == 0);
        if volume > 0 {
            self.video.set_volume(f64::from(volume) / 100.0);
        }
    }

    /// Turns the sound on or off.
    pub fn toggle_sound(&self) {
        let muted = self.video.muted();
        self.video.set_muted(!muted);
    }

    /// Lets go of what is played.
    pub fn leave(&self) {
        self.buffer.replace(None);
        let _ = self.video.pause();
        let _ = self.video.remove_attribute("src");
        // Without that, the browser keeps what it has.
        self.video.load();
    }
}
