//! Sending: sessions at the venue, one after the other for as long as they are wanted. A part of its own: a
//! studio is alive without it.

use std::rc::Rc;

use bandstand_domain::{
    Refusal,
    stage::{StageError, StageReason},
};
use futures::{FutureExt, future::LocalBoxFuture};
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsValue;

use super::{
    publisher::{OutgoingSession, Publisher},
    state::{QualityLimit, SendTotals, StudioState},
};
use crate::{
    channel::{backoff::Backoff, is_transient},
    failure::Failed,
    stage::{
        api::{pause_stage, take_rehearsal, take_stage},
        presence::ends_forgotten,
    },
    t, web,
    webrtc::{
        devices::MediaTrack,
        sdp::SoundMode,
        signalling::SignallingError,
        stats::reports,
        whip::{PictureFormat, WhipSession},
    },
};

/// Sends until there is no use in trying again; the answer says why, in words for the artist.
#[wasm_split(
    sending,
    wasm_split_path = ::leptos::wasm_split,
    preload(load_sending),
    fallible
)]
pub(super) fn sending(
    publisher: Publisher,
) -> Result<LocalBoxFuture<'static, String>, SplitLoaderError> {
    Ok(send(publisher).boxed_local())
}

/// Takes a break, or comes back from it.
#[wasm_split(sending, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn pausing(
    publisher: Publisher,
    paused: bool,
) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    let pausing = async move {
        match pause_stage(publisher.show, paused).await {
            Ok(()) => publisher.state.update(|state| state.pause(paused)),
            Err(failed) => publisher.trouble.set(Some(failed.to_string())),
        }
    };
    Ok(pausing.boxed_local())
}

/// End of a session that is begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Nothing comes from the venue, or it wasn't reached.
    Silent,
    /// The venue is there and doesn't know the session: it was restarted.
    Forgotten,
}

async fn send(publisher: Publisher) -> String {
    let mut backoff = Backoff::default();
    loop {
        let seen = publisher.channel.returns();
        match perform(publisher, &mut backoff).await {
            // It may have been forgotten: it is begun again by who wants it.
            Ok(_) if publisher.state.with_untracked(StudioState::rehearsing) => {
                return t!(studio.rehearsal_over).into();
            }
            Ok(Lost::Forgotten) => {}
            Ok(Lost::Silent) => backoff.wait(publisher.channel.returned(seen)).await,
            Err(why) => return why,
        }
    }
}

/// One session, until it is lost.
///
/// # Errors
/// In words for the artist, when there is no use in trying again.
async fn perform(publisher: Publisher, backoff: &mut Backoff) -> Result<Lost, String> {
    let Publisher { show, devices, channel, state, .. } = publisher;
    let had = state.with_untracked(StudioState::had);
    let (token, endpoint) = if state.with_untracked(StudioState::rehearsing) {
        (take_rehearsal(show).await, format!("/whip/{show}/rehearsal"))
    } else {
        (take_stage(show, had).await, format!("/whip/{show}"))
    };
    let publish_token = match token {
        Ok(publish_token) => publish_token,
        Err(Failed(Refusal::Because(StageReason::TakenOver))) => {
            // Who obeys that aborts this.
            state.update(StudioState::replaced);
            return Ok(Lost::Silent);
        }
        Err(failed) if is_transient(&failed.0) => return Ok(Lost::Silent),
        Err(failed) => return Err(failed.to_string()),
    };
    state.update(StudioState::publishing);
    let paused = state.with_untracked(StudioState::paused);
    let (picture, sound) = (devices.picture.get_untracked(), devices.sound.get_untracked());
    let (picture, sound) = if paused { (None, None) } else { (picture, sound) };
    let mode = devices.mode.get_untracked();
    let format = devices.format.with_untracked(|name| PictureFormat::named(name));
    let (seen, heard) = (picture.as_deref(), sound.as_deref());
    let begun = WhipSession::begin(&endpoint, publish_token, seen, heard, mode, format).await;
    let session = match begun {
        Ok(session) => Rc::new(session),
        Err(SignallingError::Refused(403)) => {
            return Err(crate::texts::told(&StageError::Forbidden));
        }
        Err(SignallingError::Refused(404 | 410)) => {
            return Err(crate::texts::told(&StageError::Gone));
        }
        Err(SignallingError::Browser) => return Err(t!(studio.no_webrtc).into()),
        Err(_) => return Ok(Lost::Silent),
    };
    publisher.session.set_value(Some(SendWrapper::new(session.clone())));
    state.update(|state| state.published(session.publication));
    // What the devices gave while the session was being made.
    send_devices(publisher, &session).await;
    let playing = async {
        if session.peer.connected().await.is_ok() {
            backoff.reset();
            state.update(StudioState::connected);
            if paused {
                // Being back on stage ended the break for the audience.
                let _ = pause_stage(show, true).await;
            }
            session.peer.lost().await;
        }
    };
    let forgotten = ends_forgotten(&session.resource, channel, playing).await;
    let lost = if forgotten { Lost::Forgotten } else { Lost::Silent };
    state.update(StudioState::lost);
    session.resource.abandon();
    publisher.session.set_value(None);
    Ok(lost)
}

/// Sends what the devices give at this moment.
async fn send_devices(publisher: Publisher, session: &WhipSession) {
    let Publisher { devices, state, .. } = publisher;
    let paused = state.with_untracked(StudioState::paused);
    let now = |track: RwSignal<Option<MediaTrack>>| track.get_untracked().filter(|_| !paused);
    session.show(now(devices.picture).as_deref()).await;
    let mode = devices.mode.get_untracked();
    session.play(now(devices.sound).as_deref(), mode).await;
}

impl OutgoingSession for WhipSession {
    fn publication(&self) -> i64 {
        self.publication
    }

    fn show(&self, track: Option<MediaTrack>) -> LocalBoxFuture<'_, ()> {
        async move { self.show(track.as_deref()).await }.boxed_local()
    }

    fn play(&self, track: Option<MediaTrack>, mode: SoundMode) -> LocalBoxFuture<'_, ()> {
        async move { self.play(track.as_deref(), mode).await }.boxed_local()
    }

    fn abandon(&self) {
        self.resource.abandon();
    }

    fn totals(&self) -> LocalBoxFuture<'_, Option<SendTotals>> {
        let totals = async {
            let reports = reports(&self.peer.connection).await?;
            Some(reports.iter().fold(SendTotals::default(), tell))
        };
        totals.boxed_local()
    }
}

/// Adds what one of the browser's reports tells.
fn tell(mut sent: SendTotals, report: JsValue) -> SendTotals {
    let number = |key| web::get(&report, key).as_f64().unwrap_or(0.0);
    let text = |key| web::get(&report, key).as_string().unwrap_or_default();
    match text("type").as_str() {
        "outbound-rtp" => {
            sent.bytes += number("bytesSent");
            // Of the simulcast layers, the largest.
            if number("frameHeight") as u32 > sent.picture.height {
                sent.picture.width = number("frameWidth") as u32;
                sent.picture.height = number("frameHeight") as u32;
                sent.picture.frames = number("framesPerSecond") as u32;
                sent.picture.limit = match text("qualityLimitationReason").as_str() {
                    "bandwidth" => QualityLimit::Line,
                    "cpu" => QualityLimit::Device,
                    _ => QualityLimit::None,
                };
            }
        }
        "remote-inbound-rtp" => {
            sent.lost = sent.lost.max(number("fractionLost"));
            sent.round_trip = sent.round_trip.max(number("roundTripTime"));
        }
        "candidate-pair" => {
            sent.round_trip = sent.round_trip.max(number("currentRoundTripTime"));
        }
        _ => {}
    }
    sent
}
