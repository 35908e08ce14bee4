//! Playback of a recording: what is to be seen of it, and what a person does to it.

use std::{rc::Rc, time::Duration};

use bandstand_domain::{
    Millis,
    recordings::{Cut, RecordedFile, RecordedMp3, Replay},
};
use futures::future::abortable;
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local_scoped};
use web_sys::HtmlMediaElement;

use super::{buffer, engine::Engine, resume::ResumePoint, timeline::Timeline};
use crate::{ui::every, web};

/// Interval at which it is looked after what plays.
const TICK: Duration = Duration::from_millis(100);

/// Trouble that a person is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackTrouble {
    /// A piece couldn't be fetched, and is asked for again.
    Retrying,
    /// The recording isn't there any more, or not for this person.
    Gone,
    /// A damaged part was left out.
    Skipped,
    /// It can't be played on.
    Stuck,
}

/// Playback of a recording: a handle that its views hold. It ends with the owner in which it was made.
#[derive(Clone, Copy)]
pub struct Playback {
    /// Wall-clock time of the recording's beginning.
    pub began_at: Millis,
    /// Part of it that is played.
    pub cut: Cut,
    /// True if parts are left out, whose format this browser can't play.
    pub partly: bool,
    /// True if this browser can play none of it.
    pub impossible: bool,
    /// True if it can show none of it, and plays the sound.
    pub sound_only: bool,
    /// Time that plays, in milliseconds of the recording.
    pub position: RwSignal<u64>,
    /// True once it was begun.
    pub started: RwSignal<bool>,
    /// True if it is to play.
    pub playing: RwSignal<bool>,
    /// True while what plays next is waited for.
    pub waiting: RwSignal<bool>,
    /// True once there is something to be seen or heard.
    pub shown: RwSignal<bool>,
    /// True if what plays has a picture.
    pub has_picture: RwSignal<bool>,
    /// True if the end was reached.
    pub over: RwSignal<bool>,
    /// True if it began where its viewer had stopped, or at a time that was asked for.
    pub resumed: RwSignal<bool>,
    /// Trouble, if there is any.
    pub trouble: RwSignal<Option<PlaybackTrouble>>,
    /// Speed.
    pub rate: RwSignal<f64>,
    /// Volume in percent; 0 while it is muted.
    pub volume: RwSignal<u32>,
    resume: ResumePoint,
    timeline: StoredValue<Timeline>,
    engine: StoredValue<Option<SendWrapper<Rc<Engine>>>>,
}

impl Playback {
    /// Playback that begins at a time of what is played, if one is `asked` for, or where its viewer has stopped.
    pub fn new(replay: Replay, asked: Option<u64>) -> Self {
        let Replay { show, began_at, cut, files, seek, mp3, .. } = replay;
        let seek = seek.iter().map(|it| decoded(it)).chain(std::iter::repeat_with(Vec::new));
        let mut timeline = Timeline::new(cut, files.into_iter().zip(seek), buffer::plays);
        let sound = mp3.filter(|_| timeline.is_empty());
        if let Some(mp3) = sound {
            timeline = Timeline::new(cut, [(whole(mp3, cut), Vec::new())], |_| true);
        }
        let resume = ResumePoint::of(show);
        let asked = asked.map(|time| cut.from.saturating_add(time)).filter(|time| *time < cut.to);
        let resumed = asked.or_else(|| resume.read(cut));
        let position = timeline.settle(resumed.unwrap_or(cut.from));
        Self {
            began_at,
            cut,
            partly: timeline.partly,
            impossible: timeline.is_empty(),
            sound_only: sound.is_some(),
            position: RwSignal::new(position),
            started: RwSignal::new(false),
            playing: RwSignal::new(false),
            waiting: RwSignal::new(false),
            shown: RwSignal::new(false),
            has_picture: RwSignal::new(sound.is_none()),
            over: RwSignal::new(false),
            resumed: RwSignal::new(resumed.is_some()),
            trouble: RwSignal::new(None),
            rate: RwSignal::new(1.0),
            volume: RwSignal::new(100),
            resume,
            timeline: StoredValue::new(timeline),
            engine: StoredValue::new(None),
        }
    }

    /// Length of what is played, in milliseconds.
    pub fn length(self) -> u64 {
        self.cut.to.saturating_sub(self.cut.from)
    }

    /// Time that plays, since the beginning of what is played.
    pub fn time(self) -> u64 {
        self.position.get().saturating_sub(self.cut.from)
    }

    /// Wall-clock time that plays, from the beginning to the end.
    pub fn wall_clock(self) -> Option<Millis> {
        let at = i64::try_from(self.position.get()).unwrap_or(i64::MAX);
        (self.started.get() && !self.over.get()).then(|| self.began_at.plus(at))
    }

    /// Plays in the element, once it is begun, until the current owner is cleaned up.
    pub fn play_in(self, video: &HtmlMediaElement) {
        let engine = Rc::new(Engine::new(video.clone(), self.timeline.get_value(), self));
        self.engine.set_value(Some(SendWrapper::new(engine.clone())));
        let (run, running) = abortable(engine.run());
        spawn_local_scoped(async move {
            // Ended with its owner.
            let _ = run.await;
        });
        let listeners = self.listen(video);
        every(TICK, move || self.with(Engine::look));
        // Whoever leaves a phone's page may never come back to it.
        let save = move || self.save();
        let saving = [
            web::listen(&document(), &["visibilitychange"], save),
            web::listen(&window(), &["pagehide"], save),
        ];
        on_cleanup(move || {
            self.save();
            running.abort();
            drop((listeners, saving));
            self.with(Engine::leave);
            let _ = self.engine.try_update_value(Option::take);
        });
    }

    fn listen(self, video: &HtmlMediaElement) -> Vec<web::Listener> {
        let on = |names, heard: fn(&Engine)| web::listen(video, names, move || self.with(heard));
        vec![
            on(&["timeupdate"], Engine::look),
            on(&["seeking"], Engine::follow_seek),
            on(&["waiting", "playing", "canplay", "seeked"], Engine::tell_waiting),
            on(&["loadeddata"], Engine::tell_shown),
            on(&["play", "pause"], Engine::tell_playing),
            on(&["volumechange"], Engine::tell_volume),
            on(&["error"], Engine::fail),
        ]
    }

    /// The engine, while there is one.
    fn with(self, act: impl FnOnce(&Engine)) {
        if let Some(engine) = self.engine.try_get_value().flatten() {
            act(&engine);
        }
    }

    /// Begins to play, within a press.
    pub fn start(self) {
        self.started.set(true);
        self.play();
    }

    /// Plays on, or anew after the end.
    pub fn play(self) {
        self.playing.set(true);
        self.trouble.set(None);
        if self.over.get_untracked() {
            self.position.set(self.cut.from);
        }
        self.with(Engine::play);
    }

    /// Pauses.
    pub fn pause(self) {
        self.playing.set(false);
        self.with(Engine::pause);
        self.save();
    }

    /// Plays, or pauses.
    pub fn toggle(self) {
        if self.playing.get_untracked() { self.pause() } else { self.play() }
    }

    /// Goes to a time since the beginning of what is played.
    pub fn seek(self, time: u64) {
        self.resumed.set(false);
        self.trouble.set(None);
        self.with(|engine| engine.seek(self.cut.from.saturating_add(time)));
        self.save();
    }

    /// Goes so many seconds on, or back.
    pub fn seek_by(self, seconds: i64) {
        let time = self.position.get_untracked().saturating_sub(self.cut.from);
        self.seek(time.saturating_add_signed(seconds * 1_000).min(self.length()));
    }

    /// Plays at another speed.
    pub fn set_rate(self, rate: f64) {
        self.rate.set(rate);
        self.with(|engine| engine.set_rate(rate));
    }

    /// Sets the volume, in percent.
    pub fn set_volume(self, volume: u32) {
        self.with(|engine| engine.set_volume(volume.min(100)));
    }

    /// Turns the sound on or off.
    pub fn toggle_sound(self) {
        self.with(Engine::toggle_sound);
    }

    /// The element, while there is one.
    pub fn video(self) -> Option<HtmlMediaElement> {
        Some(self.engine.try_get_value()??.video().clone())
    }

    /// Remembers what was played so far.
    pub fn save(self) {
        let (Some(started), Some(position)) =
            (self.started.try_get_untracked(), self.position.try_get_untracked())
        else {
            return;
        };
        if started {
            self.resume.write(position, self.cut);
        }
    }
}

/// The sound of what is played, as a file among those of a recording.
fn whole(mp3: RecordedMp3, cut: Cut) -> RecordedFile {
    RecordedFile {
        id: mp3.id,
        offset: cut.from,
        duration: mp3.duration,
        media_type: String::new(),
        size: None,
        has_sound: true,
        bytes: mp3.bytes,
    }
}

/// Bytes in base64.
fn decoded(base64: &str) -> Vec<u8> {
    // Each character stands for a byte.
    let text = window().atob(base64).unwrap_or_default();
    text.chars().map(|it| it as u8).collect()
}
