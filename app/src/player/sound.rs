//! Sound of the player, and whether it plays at all: what the person wants, and what the browser allows.

use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlVideoElement, MediaStream};

use super::playback::Player;
use crate::{
    web,
    webrtc::level_meter::{LevelMeter, SILENCE, share},
};

/// Measurements in a row without any sound after which none comes from the stage: six seconds.
const QUIET: u32 = 90;

/// State of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundState {
    /// The stage.
    #[default]
    On,
    /// Nothing: the person wants it so.
    Muted,
    /// Nothing: the browser wants a press first.
    Held,
    /// Not even the picture runs before a press.
    Refused,
}

impl Player {
    /// State of the sound.
    pub fn sound(self) -> RwSignal<SoundState> {
        self.sound
    }

    /// True while the person wants nothing to be played.
    pub fn paused(self) -> RwSignal<bool> {
        self.paused
    }

    /// Pauses: the session stays, with the least picture there is.
    pub fn pause(self) {
        self.paused.set(true);
        if let Some(video) = self.video() {
            // What was being begun ends by itself.
            let _ = video.pause();
        }
    }

    /// Plays what is on stage now.
    pub fn resume(self) {
        self.paused.set(false);
        if self.by_http.get_value()
            && let Some(video) = self.video()
        {
            // What is on now, and not what was when it was paused.
            video.load();
        }
        self.go_on();
    }

    /// Plays on should the browser have stopped, and lets the crowd hear it where that is in sight.
    pub(super) fn go_on(self) {
        if let Some(video) = self.video().filter(|video| video.paused())
            && (self.by_http.get_value() || self.session().is_some())
        {
            spawn_local(self.play(video, self.wants_sound()));
        }
        self.listen();
    }

    /// Lets the element play with sound later, when its stream comes; called within a press (iOS
    /// forgets it until then).
    pub fn bless(self) {
        if let Some(video) = self.video()
            && let Ok(played) = video.play()
        {
            spawn_local(async move {
                // There is nothing to play yet, so it never succeeds.
                let _ = wasm_bindgen_futures::JsFuture::from(played).await;
            });
        }
    }

    /// Sound on or off, as the person wants it; within a press it also releases held sound.
    pub fn toggle_sound(self) {
        let Some(video) = self.video() else { return };
        if self.sound.get_untracked() == SoundState::On {
            video.set_muted(true);
            self.sound.set(SoundState::Muted);
            self.meter.set_value(None);
        } else if self.paused.get_untracked() {
            // Heard once it goes on.
            video.set_muted(false);
            self.sound.set(SoundState::On);
        } else {
            spawn_local(self.play(video, true));
        }
    }

    /// The volume, in percent.
    pub fn volume(self) -> RwSignal<u32> {
        self.volume
    }

    /// Sets the volume, in percent.
    pub fn set_volume(self, volume: u32) {
        let Some(video) = self.video() else { return };
        let volume = volume.min(100);
        self.volume.set(volume);
        video.set_volume(f64::from(volume) / 100.0);
        if (volume > 0) != (self.sound.get_untracked() == SoundState::On) {
            self.toggle_sound();
        }
    }

    pub(super) fn wants_sound(self) -> bool {
        self.sound.try_get_untracked() != Some(SoundState::Muted)
    }

    /// Plays with sound where the browser allows it, else without, else not at all.
    pub(super) async fn play(self, video: HtmlVideoElement, with_sound: bool) {
        if self.paused.try_get_untracked() != Some(false) {
            return;
        }
        let tried = |muted: bool| {
            video.set_muted(muted);
            let video = video.clone();
            async move { web::call(&video, "play", &[]).await }
        };
        let refused = |error: &JsValue| web::error_name(error) == "NotAllowedError";
        let sound = match tried(!with_sound).await {
            Ok(_) if with_sound => SoundState::On,
            Ok(_) => SoundState::Muted,
            // Another stream took this one's place, and is played by its own call.
            Err(error) if !refused(&error) => return,
            Err(_) => match tried(true).await {
                Ok(_) => SoundState::Held,
                Err(error) if !refused(&error) => return,
                Err(_) => SoundState::Refused,
            },
        };
        if self.sound.try_set(sound).is_none() {
            self.listen();
        }
    }

    /// Measures nothing any more: of what comes by HTTP there is no level, and what is no longer heard would
    /// be taken for silence.
    pub(super) fn stop_listening(self) {
        let _ = self.meter.try_update_value(Option::take);
        let _ = self.silent.try_set(false);
    }

    /// Level of what is heard: 0 to 1; none where it can't be told, as of what comes by HTTP.
    pub fn level(self) -> Option<f32> {
        let measured = self.meter.try_with_value(Option::is_some) == Some(true);
        measured.then(|| self.crowd.level())
    }

    /// Lets the crowd sway to what is heard.
    fn listen(self) {
        let heard = self.sound.get_untracked() == SoundState::On && self.listened.get_value();
        let Some(video) = self.video().filter(|_| heard) else { return };
        let Ok(stream) = web::get(&video, "srcObject").dyn_into::<MediaStream>() else {
            return self.stop_listening();
        };
        let crowd = self.crowd;
        let mut quiet = 0_u32;
        let hear = move |decibels: f32| {
            crowd.set_level(share(decibels));
            quiet = if decibels > SILENCE { 0 } else { quiet + 1 };
            let silent = quiet >= QUIET;
            self.silent.maybe_update(|before| std::mem::replace(before, silent) != silent);
        };
        let meter = LevelMeter::new(&stream, hear).ok();
        let _ = self.meter.try_update_value(|it| *it = meter.map(SendWrapper::new));
    }
}
