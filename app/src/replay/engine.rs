//! Engine of a playback: fetches what comes next, appends it, and gets over what is missing or damaged.

mod element;
mod plain;

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
};

use futures::{
    channel::oneshot,
    future::{Either, join, pending, select},
};
use gloo_timers::future::TimeoutFuture;
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::HtmlMediaElement;

use super::{
    buffer::{AppendError, MediaBuffer},
    buffered,
    playback::{Playback, PlaybackTrouble},
    range::{self, RangeError},
    timeline::{AHEAD, BEHIND, BytePiece, Timeline},
};
use crate::channel::backoff::Backoff;

/// Milliseconds between looks at whether there is room for more.
const LOOK: u32 = 250;
/// Milliseconds until there may be room in a buffer that is full.
const FULL: u32 = 1_000;
/// Seconds that are kept behind what plays in a buffer that is full.
const LEAST_BEHIND: f64 = 1.0;
/// Seconds ahead that are fetched even where the browser wants no more.
const LEAST_AHEAD: f64 = 5.0;
/// Seconds before the end of what is buffered at which it is over.
const END: f64 = 0.3;
/// Milliseconds of a recording within which failures are counted, and how many there may be.
const NEAR: u64 = 30_000;
const MAX_FAILURES: u32 = 4;
/// `readyState` of an element that could play on.
const HAVE_FUTURE_DATA: u16 = 3;

/// Reason why playing has ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlaybackFailure {
    /// The file isn't there any more.
    Gone,
    /// The browser can't play what it was given.
    Media,
}

impl From<JsValue> for PlaybackFailure {
    fn from(_: JsValue) -> Self {
        Self::Media
    }
}

/// Engine that plays a timeline in an element.
pub struct Engine {
    video: HtmlMediaElement,
    timeline: Timeline,
    playback: Playback,
    buffer: RefCell<Option<Rc<MediaBuffer>>>,
    /// Time from which to play, where that is to be fetched anew.
    target: Cell<Option<u64>>,
    /// True until the element is at the place that is fetched.
    moving: Cell<bool>,
    wake: Cell<Option<oneshot::Sender<()>>>,
    /// True while nothing is fetched: before the beginning, after the end, and after a failure.
    parked: Cell<bool>,
    /// Second that was set last: others are set by the browser's own controls.
    set: Cell<f64>,
    /// True once the element has failed, until that is dealt with.
    failed: Cell<bool>,
    failures: Cell<(u64, u32)>,
    /// Second from which it was fetched anew because something was missing.
    refetched: Cell<f64>,
}

impl Engine {
    /// Engine that waits for its beginning.
    pub fn new(video: HtmlMediaElement, timeline: Timeline, playback: Playback) -> Self {
        Self {
            video,
            timeline,
            playback,
            buffer: RefCell::new(None),
            target: Cell::new(None),
            moving: Cell::new(false),
            wake: Cell::new(None),
            parked: Cell::new(true),
            set: Cell::new(0.0),
            failed: Cell::new(false),
            failures: Cell::new((0, 0)),
            refetched: Cell::new(-1.0),
        }
    }

    /// The element.
    pub fn video(&self) -> &HtmlMediaElement {
        &self.video
    }

    /// Plays from wherever it is to, for as long as it is polled.
    pub async fn run(self: Rc<Self>) {
        loop {
            let (tell, woken) = oneshot::channel();
            self.wake.set(Some(tell));
            let Some(target) = self.target.take() else {
                self.parked.set(true);
                // The sender is here.
                let _ = woken.await;
                continue;
            };
            self.parked.set(false);
            self.failed.set(false);
            let played = match select(pin!(self.play_from(target)), woken).await {
                Either::Left((played, _)) => played,
                Either::Right(_) if self.failed.get() => Err(PlaybackFailure::Media),
                Either::Right(_) => continue,
            };
            match played {
                // Another place was wanted in the same moment.
                Ok(_) if self.target.get().is_some() => {}
                Ok(next @ Some(_)) => self.aim(next),
                Ok(None) => self.finish(),
                Err(failure) => self.recover(failure),
            }
        }
    }

    /// Plays a group of files from `time` to its end; returns when the next group begins.
    async fn play_from(&self, time: u64) -> Result<Option<u64>, PlaybackFailure> {
        let Some(mut cursor) = self.timeline.begin(time) else { return Ok(None) };
        let time = self.timeline.settle(time);
        if self.playback.sound_only {
            return self.play_plain(time).await.map(|()| None);
        }
        let buffer = self.buffer_of(cursor.file).await?;
        self.go_to(time as f64 / 1_000.0);
        self.moving.set(false);
        self.play_element();
        let end = self.timeline.cut.to as f64 / 1_000.0;
        let mut ended = false;
        loop {
            let next = self.timeline.next(cursor);
            match next {
                Some(piece) if self.has_room(&buffer) => {
                    let (header, bytes) = self.fetch(&piece).await?;
                    if let (Some(from), Some(file)) = (piece.begins, self.timeline.file(piece.file))
                    {
                        buffer.begin(file, from, end)?;
                    }
                    for bytes in header.iter().chain([&bytes]) {
                        self.append(&buffer, bytes).await?;
                    }
                    self.look();
                    cursor = self.timeline.after(&piece);
                    continue;
                }
                None if !ended => {
                    buffer.end();
                    ended = true;
                }
                None if self.is_at_end(&buffer) => {
                    return Ok(self.timeline.after_group(buffer.group));
                }
                _ => {}
            }
            TimeoutFuture::new(LOOK).await;
        }
    }

    /// An empty buffer for a file: the one that there is, or another one where tracks come or go.
    async fn buffer_of(&self, file: usize) -> Result<Rc<MediaBuffer>, PlaybackFailure> {
        let Some(file) = self.timeline.file(file) else { return Err(PlaybackFailure::Media) };
        let before = self.buffer.borrow().clone().filter(|it| it.group == file.group);
        if let Some(before) = before
            && before.clear().await.is_ok()
        {
            return Ok(before);
        }
        self.buffer.replace(None);
        self.playback.waiting.set(true);
        let end = self.timeline.cut.to as f64 / 1_000.0;
        // Within the press by which it is begun: some browsers want that.
        let opened = MediaBuffer::open(&self.video, file, end, || self.play_element());
        let buffer = Rc::new(opened.await?);
        self.buffer.replace(Some(buffer.clone()));
        self.playback.has_picture.set(file.tracks.picture);
        Ok(buffer)
    }

    fn has_room(&self, buffer: &MediaBuffer) -> bool {
        let ahead = buffered::ahead(&buffer.buffered(), self.video.current_time());
        ahead < LEAST_AHEAD || ahead < AHEAD && buffer.wants_more()
    }

    /// Fetches a piece, and the header before it; again and again, if it must be.
    async fn fetch(
        &self,
        piece: &BytePiece,
    ) -> Result<(Option<ArrayBuffer>, ArrayBuffer), PlaybackFailure> {
        let id = self.timeline.file(piece.file).ok_or(PlaybackFailure::Media)?.id;
        let mut backoff = Backoff::default();
        loop {
            let header = async {
                match &piece.header {
                    Some(header) => range::fetch(id, header).await.map(Some),
                    None => Ok(None),
                }
            };
            match join(header, range::fetch(id, &piece.bytes)).await {
                (Ok(header), Ok(bytes)) => {
                    self.end_trouble(PlaybackTrouble::Retrying);
                    return Ok((header, bytes));
                }
                (Err(RangeError::Gone), _) | (_, Err(RangeError::Gone)) => {
                    return Err(PlaybackFailure::Gone);
                }
                _ => self.playback.trouble.set(Some(PlaybackTrouble::Retrying)),
            }
            backoff.wait(pending()).await;
        }
    }

    /// Appends bytes, once there is room.
    async fn append(
        &self,
        buffer: &MediaBuffer,
        bytes: &ArrayBuffer,
    ) -> Result<(), PlaybackFailure> {
        let mut keep = BEHIND;
        loop {
            let (buffered, position) = (buffer.buffered(), self.video.current_time());
            if let Some(until) = self.timeline.drop_until(&buffered, position, keep) {
                buffer.drop_range(0.0, until).await?;
            } else if keep < BEHIND {
                TimeoutFuture::new(FULL).await;
            }
            match buffer.append(bytes).await {
                Ok(()) => return Ok(()),
                Err(AppendError::Full) => keep = LEAST_BEHIND,
                Err(AppendError::Damaged) => return Err(PlaybackFailure::Media),
            }
        }
    }

    /// True if all of a buffer to which nothing comes any more was played.
    fn is_at_end(&self, buffer: &MediaBuffer) -> bool {
        let last = buffer.buffered().last().map_or(0.0, |range| range.1);
        let stands = self.video.ready_state() < HAVE_FUTURE_DATA && !self.video.seeking();
        self.video.ended() || stands && self.video.current_time() + END >= last
    }

    fn finish(&self) {
        let _ = self.video.pause();
        self.playback.position.set(self.timeline.cut.to);
        self.playback.playing.set(false);
        self.playback.waiting.set(false);
        self.playback.over.set(true);
        self.playback.save();
    }

    /// Tries the same place again, then what comes after it, and gives up in the end.
    fn recover(&self, failure: PlaybackFailure) {
        let buffer = self.buffer.replace(None);
        let position = self.playback.position.get_untracked();
        let (before, count) = self.failures.get();
        let count = if position.abs_diff(before) < NEAR { count + 1 } else { 1 };
        self.failures.set((position, count));
        let next = match (failure, count) {
            (PlaybackFailure::Gone, _) | (_, MAX_FAILURES..) => None,
            (PlaybackFailure::Media, 1) => Some(position),
            (PlaybackFailure::Media, _) => {
                let buffered = buffer.map(|it| it.buffered()).unwrap_or_default();
                let reached = buffered.last().map_or(0, |range| (range.1 * 1_000.0) as u64);
                self.playback.trouble.set(Some(PlaybackTrouble::Skipped));
                self.timeline.after_damage(position.max(reached))
            }
        };
        if next.is_none() {
            let trouble = match failure {
                PlaybackFailure::Gone => PlaybackTrouble::Gone,
                PlaybackFailure::Media => PlaybackTrouble::Stuck,
            };
            let _ = self.video.pause();
            self.playback.trouble.set(Some(trouble));
            self.playback.playing.set(false);
            self.playback.waiting.set(false);
            self.failures.set((0, 0));
        }
        if let Some(next) = next {
            self.playback.position.set(next);
        }
        self.aim(next);
    }

    fn end_trouble(&self, trouble: PlaybackTrouble) {
        if self.playback.trouble.get_untracked() == Some(trouble) {
            self.playback.trouble.set(None);
        }
    }

    /// Fetches anew from a time on.
    fn fetch_from(&self, time: u64) {
        if self.buffer_at(time).is_some() {
            self.go_to(time as f64 / 1_000.0);
        }
        self.aim(Some(time));
        self.wake_up();
    }

    /// The buffer that there is, if it takes what plays at a time.
    fn buffer_at(&self, time: u64) -> Option<Rc<MediaBuffer>> {
        let group = self.timeline.group_at(time);
        self.buffer.borrow().clone().filter(|it| Some(it.group) == group)
    }

    fn aim(&self, time: Option<u64>) {
        self.target.set(time);
        self.moving.set(time.is_some());
    }

    fn wake_up(&self) {
        if let Some(wake) = self.wake.take() {
            // Who is awake looks by itself.
            let _ = wake.send(());
        }
    }

    /// Plays on, or from where it stands when nothing is fetched.
    pub fn play(&self) {
        if self.parked.get() {
            self.playback.over.set(false);
            self.fetch_from(self.playback.position.get_untracked());
        } else {
            self.play_element();
        }
    }

    /// Goes to a time: at once where that is buffered.
    pub fn seek(&self, time: u64) {
        let time = self.timeline.settle(time);
        let second = time as f64 / 1_000.0;
        let buffered = self.buffer_at(time).map(|it| it.buffered()).unwrap_or_default();
        self.playback.position.set(time);
        self.playback.over.set(false);
        self.refetched.set(-1.0);
        let pending = self.parked.get() || self.moving.get();
        if !pending && buffered::holds(&buffered, second) {
            self.go_to(second);
            self.play_element();
        } else if self.playback.started.get_untracked() {
            self.fetch_from(time);
        }
    }
}
