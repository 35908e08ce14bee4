//! Publisher: takes the stage, and takes it again whenever the connection is lost.

use crate::t;
use std::rc::Rc;

use bandstand_domain::{
    Refusal, ShowId,
    stage::{StageError, StageReason},
};
use futures::future::{AbortHandle, abortable};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::state::{QualityLimit, SendMeter, SendStats, SendTotals, StudioState};
use crate::{
    channel::{Channel, backoff::Backoff, is_transient},
    failure::Failed,
    stage::{
        api::{end_show, pause_stage, take_rehearsal, take_stage},
        presence::ends_forgotten,
    },
    web,
    webrtc::{
        devices::{Devices, MediaTrack},
        signalling::SignallingError,
        stats::reports,
        whip::{PictureFormat, WhipSession},
    },
};

/// End of a session that is begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Nothing comes from the venue, or it wasn't reached.
    Silent,
    /// The venue is there and doesn't know the session: it was restarted.
    Forgotten,
}

/// Publisher of an artist's media, which connects again whenever it is lost.
#[derive(Clone, Copy)]
pub struct Publisher {
    show: ShowId,
    devices: Devices,
    channel: Channel,
    /// State of the studio.
    pub state: RwSignal<StudioState>,
    /// Trouble to show, if there is any.
    pub trouble: RwSignal<Option<String>>,
    /// Statistics of what is being sent.
    pub sending: RwSignal<SendStats>,
    running: StoredValue<Option<AbortHandle>>,
    session: StoredValue<Option<SendWrapper<Rc<WhipSession>>>>,
}

impl Publisher {
    /// Makes a publisher that is not on stage.
    pub fn new(show: ShowId, devices: Devices) -> Self {
        let publisher = Self {
            show,
            devices,
            channel: Channel::expect(),
            state: RwSignal::default(),
            trouble: RwSignal::default(),
            sending: RwSignal::default(),
            running: StoredValue::new(None),
            session: StoredValue::new(None),
        };
        publisher.follow_devices();
        publisher.obey();
        on_cleanup(move || publisher.halt());
        publisher
    }

    /// Goes on stage, or takes it back from another tab. A rehearsal ends.
    pub fn go(self) {
        self.begin(StudioState::go);
    }

    /// Sends to the venue as from the stage, for nobody else.
    pub fn rehearse(self) {
        self.begin(StudioState::rehearse);
    }

    /// Ends the rehearsal.
    pub fn end_rehearsal(self) {
        self.state.update(StudioState::stop);
    }

    fn begin(self, wanted: fn(&mut StudioState)) {
        if self.state.with_untracked(StudioState::on_stage) {
            return;
        }
        self.halt();
        self.trouble.set(None);
        self.state.update(wanted);
        let (run, handle) = abortable(self.run());
        self.running.set_value(Some(handle));
        spawn_local(async move {
            // Aborted or given up: both end here.
            let _ = run.await;
        });
    }

    /// Takes a break, or comes back from it.
    pub async fn pause(self, paused: bool) {
        self.trouble.set(None);
        match pause_stage(self.show, paused).await {
            Ok(()) => self.state.update(|state| state.pause(paused)),
            Err(failed) => self.trouble.set(Some(failed.to_string())),
        }
    }

    /// Ends the show. The venue is told first: were the stage left before, the audience
    /// would be told that the connection is lost.
    pub async fn end(self) {
        self.trouble.set(None);
        match end_show(self.show).await {
            Ok(()) => {
                if let Some(session) = self.session() {
                    session.resource.abandon();
                }
                self.halt();
                self.state
                    .update(|state| state.announced(bandstand_domain::stage::StageState::Ended, 0));
            }
            Err(failed) => self.trouble.set(Some(failed.to_string())),
        }
    }

    /// Leaves the stage.
    fn halt(self) {
        if let Some(handle) = self.running.try_update_value(Option::take).flatten() {
            handle.abort();
        }
        let _ = self.session.try_update_value(Option::take);
    }

    async fn run(self) {
        let mut backoff = Backoff::default();
        let why = loop {
            let seen = self.channel.returns();
            match self.perform(&mut backoff).await {
                // It may have been forgotten: it is begun again by who wants it.
                Ok(_) if self.state.with_untracked(StudioState::rehearsing) => {
                    break t!(studio.rehearsal_over).into();
                }
                Ok(Lost::Forgotten) => {}
                Ok(Lost::Silent) => backoff.wait(self.channel.returned(seen)).await,
                Err(why) => break why,
            }
        };
        let _ = self.running.try_update_value(Option::take);
        self.state.try_update(StudioState::stop);
        self.trouble.try_set(Some(why));
    }

    /// One session, until it is lost.
    ///
    /// # Errors
    /// In words for the artist, when there is no use in trying again.
    async fn perform(self, backoff: &mut Backoff) -> Result<Lost, String> {
        let (show, had) = (self.show, self.state.with_untracked(StudioState::had));
        let (token, endpoint) = if self.state.with_untracked(StudioState::rehearsing) {
            (take_rehearsal(show).await, format!("/whip/{show}/rehearsal"))
        } else {
            (take_stage(show, had).await, format!("/whip/{show}"))
        };
        let publish_token = match token {
            Ok(publish_token) => publish_token,
            Err(Failed(Refusal::Because(StageReason::TakenOver))) => {
                // Who obeys that aborts this.
                self.state.update(StudioState::replaced);
                return Ok(Lost::Silent);
            }
            Err(failed) if is_transient(&failed.0) => return Ok(Lost::Silent),
            Err(failed) => return Err(failed.to_string()),
        };
        self.state.update(StudioState::publishing);
        let paused = self.state.with_untracked(StudioState::paused);
        let (picture, sound) =
            (self.devices.picture.get_untracked(), self.devices.sound.get_untracked());
        let (picture, sound) = if paused { (None, None) } else { (picture, sound) };
        let mode = self.devices.mode.get_untracked();
        let format = self.devices.format.with_untracked(|name| PictureFormat::named(name));
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
            Err(SignallingError::Browser) => {
                return Err(t!(studio.no_webrtc).into());
            }
            Err(_) => return Ok(Lost::Silent),
        };
        self.session.set_value(Some(SendWrapper::new(session.clone())));
        self.state.update(|state| state.published(session.publication));
        // What the devices gave while the session was being made.
        self.send(&session).await;
        let playing = async {
            if session.peer.connected().await.is_ok() {
                backoff.reset();
                self.state.update(StudioState::connected);
                if paused {
                    // Being back on stage ended the break for the audience.
                    let _ = pause_stage(self.show, true).await;
                }
                session.peer.lost().await;
            }
        };
        let forgotten = ends_forgotten(&session.resource, self.channel, playing).await;
        let lost = if forgotten { Lost::Forgotten } else { Lost::Silent };
        self.state.update(StudioState::lost);
        session.resource.abandon();
        self.session.set_value(None);
        Ok(lost)
    }

    /// Sends what the devices give at this moment.
    async fn send(self, session: &WhipSession) {
        let paused = self.state.with_untracked(StudioState::paused);
        let now = |track: RwSignal<Option<MediaTrack>>| track.get_untracked().filter(|_| !paused);
        session.show(now(self.devices.picture).as_deref()).await;
        let mode = self.devices.mode.get_untracked();
        session.play(now(self.devices.sound).as_deref(), mode).await;
    }

    /// Sends what the devices give; nothing during a break.
    fn follow_devices(self) {
        let paused = Memo::new(move |_| self.state.with(StudioState::paused));
        Effect::new(move || {
            let track = self.devices.picture.get().filter(|_| !paused.get());
            if let Some(session) = self.session() {
                spawn_local(async move { session.show(track.as_deref()).await });
            }
        });
        Effect::new(move || {
            let track = self.devices.sound.get().filter(|_| !paused.get());
            let mode = self.devices.mode.get_untracked();
            if let Some(session) = self.session() {
                spawn_local(async move { session.play(track.as_deref(), mode).await });
            }
        });
    }

    /// Leaves the stage to another tab, and when the show is over; leaves the rehearsal.
    fn obey(self) {
        let sends = Memo::new(move |_| self.state.with(StudioState::sends));
        Effect::new(move || {
            if !sends.get() && self.running.with_value(Option::is_some) {
                // Of a rehearsal nobody has told the venue yet.
                let rehearsed = |session: &Rc<WhipSession>| session.publication == 0;
                if let Some(session) = self.session().filter(|it| !rehearsed(it)) {
                    session.resource.abandon();
                }
                self.halt();
            }
        });
    }

    fn session(self) -> Option<Rc<WhipSession>> {
        self.session.try_get_value()?.map(SendWrapper::take)
    }

    /// Measures what is being sent; to be called every two seconds.
    pub async fn measure(self, meter: StoredValue<SendMeter>) {
        let Some(session) = self.session() else { return self.sending.set(SendStats::default()) };
        let Some(reports) = reports(&session.peer.connection).await else { return };
        let sent = reports.iter().fold(SendTotals::default(), tell);
        let now = js_sys::Date::now();
        let sending = meter.try_update_value(|meter| meter.measure(now, sent));
        if let Some(sending) = sending {
            self.sending.try_set(sending);
        }
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
