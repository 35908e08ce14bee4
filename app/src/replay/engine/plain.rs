//! The sound alone, as one file that the browser fetches by itself, where it can show no format of a recording.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;

use super::{Engine, LOOK, PlaybackFailure, element::HAVE_METADATA};
use crate::web;

impl Engine {
    /// Plays the sound from `time` to its end.
    pub(super) async fn play_plain(&self, time: u64) -> Result<(), PlaybackFailure> {
        let Some(file) = self.timeline.file(0) else { return Err(PlaybackFailure::Gone) };
        let failed = web::get(&self.video, "error").is_truthy();
        if failed || !self.video.has_attribute("src") {
            self.playback.waiting.set(true);
            self.video.set_src(&format!("/recordings/{}.mp3", file.id));
        }
        // Within the press by which it is begun: some browsers want that.
        self.play_element();
        while self.video.ready_state() < HAVE_METADATA {
            TimeoutFuture::new(LOOK).await;
        }
        self.go_to((time - self.begins()) as f64 / 1_000.0);
        self.moving.set(false);
        loop {
            TimeoutFuture::new(LOOK).await;
            if self.video.ended() && !self.video.seeking() {
                return Ok(());
            }
        }
    }

    /// Time at which the element begins.
    pub(super) fn begins(&self) -> u64 {
        if self.playback.sound_only { self.timeline.cut.from } else { 0 }
    }
}
