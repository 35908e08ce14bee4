//! Sound by HTTP, where none comes by WebRTC: the venue has it in one way alone, or the other doesn't get through.
//!
//! It plays in the same element, so that sound, pause and volume are what they are; what comes by WebRTC after
//! all takes its place.

use std::pin::pin;

use bandstand_domain::ShowId;
use futures::{
    FutureExt,
    future::{Either, LocalBoxFuture, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlVideoElement, Response, RtcPeerConnectionState};

use super::{
    picture::on_next_frame,
    playback::{PictureState, Player},
};
use crate::{web, webrtc::stats::bytes_received};

/// Milliseconds after which a stage from which nothing has come is asked for sound by HTTP.
const FIRST: u32 = 1_000;
/// Milliseconds from then on, and at most when it hasn't any: everybody who waits asks.
const AGAIN: u32 = 3_000;
const SELDOM: u32 = 15_000;
/// Looks in a row without a connection after which what would come by WebRTC is played by HTTP.
const UNCONNECTED: u32 = 2;
/// The same while the person has paused, and how long what was paused is kept: the venue cuts who takes nothing.
const WHILE_PAUSED: u32 = 500;
const KEPT: u32 = 20_000;
/// Looks in a row at the same time of what plays after which nothing comes any more, though nobody said so.
const STUCK: u32 = 3;
/// Seconds of sound to begin with: more would only be late.
const BURST: u32 = 2;

impl Player {
    /// Plays by WebRTC, or by HTTP what comes no other way.
    pub(super) async fn run(self) {
        self.going_on.set_value(Some(Self::go_on));
        let mut http = pin!(self.await_nothing());
        let end = match select(pin!(self.run_webrtc()), http.as_mut()).await {
            Either::Left((end, _)) => end,
            Either::Right(_) => return,
        };
        if end == PictureState::Impossible {
            self.tell(end);
            http.await;
        } else {
            // Who isn't let in any more isn't played to either.
            if let Some(video) = self.video() {
                self.forget_http(&video);
            }
            let _ = self.picture.try_set(end);
        }
        self.running.set_value(None);
    }

    /// State of the picture, unless what plays needs none.
    pub(super) fn tell(self, state: PictureState) {
        if self.by_http.try_get_value() == Some(false) {
            self.picture.set(state);
        }
    }

    /// Plays by HTTP from when nothing comes by WebRTC; what does that is loaded then.
    async fn await_nothing(self) {
        let (mut wait, mut before) = (FIRST, 0.0);
        loop {
            TimeoutFuture::new(wait).await;
            wait = AGAIN;
            let bytes = self.received().await;
            if bytes <= before
                && let Ok(http) = by_http(self, bytes).await
            {
                return http.await;
            }
            before = bytes;
        }
    }

    /// Plays by HTTP while no more bytes than `before` come by WebRTC, for as long as it is polled.
    async fn run_http(self, mut before: f64) {
        let (mut wait, mut seldom, mut unconnected) = (0, AGAIN, 0);
        let mut progress = PlaybackProgress::default();
        loop {
            TimeoutFuture::new(wait).await;
            let bytes = self.received().await;
            let comes = bytes > before;
            before = bytes;
            let (Some(by_http), Some(video)) = (self.by_http.try_get_value(), self.video()) else {
                return;
            };
            let paused = self.paused.try_get_untracked() == Some(true);
            wait = if paused { WHILE_PAUSED } else { AGAIN };
            unconnected = if self.is_connected() { 0 } else { unconnected + 1 };
            if by_http {
                let over = progress.look(video.current_time(), paused, video.paused(), wait);
                // What has no loudspeaker plays on in some browsers, and calls that an error.
                let error = web::get(&video, "error").is_truthy() && progress.stuck > 0;
                let broken = video.ended() || error;
                if comes || over || (broken && !paused) {
                    self.leave_http(&video);
                }
            } else if !comes && !paused {
                let may = unconnected >= UNCONNECTED;
                let viewer = self.session().is_some();
                let Some(address) = address(self.show, &video, may, viewer).await else {
                    seldom = (seldom * 2).min(SELDOM);
                    wait = seldom;
                    continue;
                };
                // While that was asked, it may have begun to come after all.
                let bytes = self.received().await;
                if bytes <= before {
                    (seldom, progress) = (AGAIN, PlaybackProgress::default());
                    self.enter_http(&video, &address);
                }
                before = bytes;
            } else {
                seldom = AGAIN;
            }
        }
    }

    /// Bytes that came by WebRTC in the session that there is.
    async fn received(self) -> f64 {
        match self.session() {
            Some(session) => bytes_received(&session.peer.connection).await,
            None => 0.0,
        }
    }

    /// Tells whether what is sent by WebRTC gets here.
    fn is_connected(self) -> bool {
        let state = self.session().map(|it| it.peer.connection.connection_state());
        state == Some(RtcPeerConnectionState::Connected)
    }

    fn enter_http(self, video: &HtmlVideoElement, address: &str) {
        self.by_http.set_value(true);
        self.stop_listening();
        video.set_src_object(None);
        video.set_src(address);
        self.picture.set(PictureState::SoundOnly);
        spawn_local(self.play(video.clone(), self.wants_sound()));
    }

    fn leave_http(self, video: &HtmlVideoElement) {
        self.forget_http(video);
        let Some(session) = self.session() else { return self.picture.set(PictureState::Lost) };
        self.picture.set(PictureState::Coming);
        video.set_src_object(Some(&session.stream));
        on_next_frame(video, move || self.shown());
        spawn_local(self.play(video.clone(), self.wants_sound()));
    }

    /// Milliseconds by which what is heard is behind what has come; 0 of what comes by WebRTC.
    pub(super) fn behind(self) -> u32 {
        let Some(video) = self.video().filter(|_| self.by_http.try_get_value() == Some(true))
        else {
            return 0;
        };
        let buffered = web::get(&video, "buffered");
        let last = web::get(&buffered, "length").as_f64().unwrap_or_default() - 1.0;
        let end = web::call_now(&buffered, "end", &[last.into()]);
        let end = end.ok().and_then(|it| it.as_f64()).unwrap_or_default();
        // Of what is negative, or no number, nothing is left.
        ((end - video.current_time()) * 1_000.0) as u32
    }

    /// Takes what is played by HTTP out of the element.
    pub(super) fn forget_http(self, video: &HtmlVideoElement) {
        let by_http = self.by_http.try_update_value(std::mem::take);
        if by_http == Some(true) {
            let _ = video.remove_attribute("src");
            // Without that, the browser goes on fetching.
            video.load();
        }
    }
}

/// A part of its own, for stages that are heard by HTTP.
#[wasm_split(radio, wasm_split_path = ::leptos::wasm_split, fallible)]
fn by_http(player: Player, before: f64) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    Ok(player.run_http(before).boxed_local())
}

/// Progress of what plays by HTTP, from look to look.
#[derive(Default)]
struct PlaybackProgress {
    /// Seconds that were played.
    time: f64,
    stuck: u32,
    /// Milliseconds since it was paused.
    paused: u32,
}

impl PlaybackProgress {
    /// Looks again, until the next time in `wait` milliseconds; returns whether to let go of it. What is held
    /// by the browser (`held`) doesn't move, and is not stuck.
    fn look(&mut self, time: f64, paused: bool, held: bool, wait: u32) -> bool {
        self.paused = if paused { self.paused + wait } else { 0 };
        let moves = (time - self.time).abs() > 0.01;
        self.stuck = if moves || paused || held { 0 } else { self.stuck + 1 };
        self.time = time;
        self.stuck >= STUCK || self.paused >= KEPT
    }
}

/// Address of the show's sound in a format that this browser plays; none while there is nothing to hear, or, unless
/// it `may` be played so, while that comes by WebRTC. A `viewer`, who has a session by WebRTC, is counted as such.
async fn address(
    show: ShowId,
    video: &HtmlVideoElement,
    may: bool,
    viewer: bool,
) -> Option<String> {
    let about = JsFuture::from(window().fetch_with_str(&format!("/listen/{show}.json"))).await;
    let about = about.ok()?.unchecked_into::<Response>();
    let about = JsFuture::from(about.json().ok()?).await.ok()?;
    let kind = web::get(&about, "type").as_string()?;
    if !may && web::get(&about, "webrtc").is_truthy() {
        return None;
    }
    // Safari says "maybe" to Opus in Ogg, plays it, and falls silent later.
    let is_apple = web::get(&window().navigator(), "vendor")
        .as_string()
        .is_some_and(|vendor| vendor.to_ascii_lowercase().contains("apple"));
    let is_ogg = kind.starts_with("audio/ogg");
    let plays = video.can_play_type(&kind);
    let as_it_is = if is_ogg { plays == "probably" && !is_apple } else { !plays.is_empty() };
    let ending = if as_it_is {
        ""
    } else if web::get(&about, "mp3").is_truthy() {
        ".mp3"
    } else {
        return None;
    };
    let viewer = if viewer { "&viewer=1" } else { "" };
    Some(format!("/listen/{show}{ending}?burst={BURST}{viewer}"))
}
