//! Publisher: takes the stage, and takes it again whenever the connection is lost.

use std::rc::Rc;

use bandstand_domain::{ShowId, stage::StageState};
use futures::future::{AbortHandle, LocalBoxFuture, abortable};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};

use super::{
    sending::{load_sending, pausing, sending},
    state::{SendMeter, SendStats, SendTotals, StudioState},
};
use crate::{
    channel::Channel,
    stage::api::end_show,
    t,
    webrtc::{
        devices::{Devices, MediaTrack},
        sdp::SoundMode,
    },
};

/// Session in which something is sent. Dropping it ends it. What makes one is loaded later.
pub(super) trait OutgoingSession {
    /// Number of the show's publication; 0 of a rehearsal.
    fn publication(&self) -> i64;
    /// Sends another picture, or none, without a gap.
    fn show(&self, track: Option<MediaTrack>) -> LocalBoxFuture<'_, ()>;
    /// Sends another sound, or none, without a gap.
    fn play(&self, track: Option<MediaTrack>, mode: SoundMode) -> LocalBoxFuture<'_, ()>;
    /// Forgets the session without ending it.
    fn abandon(&self);
    /// Totals of what was sent in it, if the browser tells.
    fn totals(&self) -> LocalBoxFuture<'_, Option<SendTotals>>;
}

/// Publisher of an artist's media, which connects again whenever it is lost.
#[derive(Clone, Copy)]
pub struct Publisher {
    pub(super) show: ShowId,
    pub(super) devices: Devices,
    pub(super) channel: Channel,
    /// State of the studio.
    pub state: RwSignal<StudioState>,
    /// Trouble to show, if there is any.
    pub trouble: RwSignal<Option<String>>,
    /// Statistics of what is being sent.
    pub sending: RwSignal<SendStats>,
    running: StoredValue<Option<AbortHandle>>,
    pub(super) session: StoredValue<Option<SendWrapper<Rc<dyn OutgoingSession>>>>,
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

    /// Loads what sends ahead, so that *Go live* doesn't wait for it.
    pub fn load_ahead(self) {
        spawn_local(async {
            // Who presses will see.
            let _ = load_sending().await;
        });
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
        match pausing(self, paused).await {
            Ok(pausing) => pausing.await,
            Err(_) => drop(self.trouble.try_set(Some(t!(ui.not_loaded).into()))),
        }
    }

    /// Ends the show. The venue is told first: were the stage left before, the audience
    /// would be told that the connection is lost.
    pub async fn end(self) {
        self.trouble.set(None);
        match end_show(self.show).await {
            Ok(()) => {
                if let Some(session) = self.session() {
                    session.abandon();
                }
                self.halt();
                self.state.update(|state| state.announced(StageState::Ended, 0));
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
        let why = match sending(self).await {
            Ok(sending) => sending.await,
            Err(_) => t!(ui.not_loaded).into(),
        };
        let _ = self.running.try_update_value(Option::take);
        self.state.try_update(StudioState::stop);
        self.trouble.try_set(Some(why));
    }

    /// Sends what the devices give; nothing during a break.
    fn follow_devices(self) {
        let paused = Memo::new(move |_| self.state.with(StudioState::paused));
        Effect::new(move || {
            let track = self.devices.picture.get().filter(|_| !paused.get());
            if let Some(session) = self.session() {
                spawn_local(async move { session.show(track).await });
            }
        });
        Effect::new(move || {
            let track = self.devices.sound.get().filter(|_| !paused.get());
            let mode = self.devices.mode.get_untracked();
            if let Some(session) = self.session() {
                spawn_local(async move { session.play(track, mode).await });
            }
        });
    }

    /// Leaves the stage to another tab, and when the show is over; leaves the rehearsal.
    fn obey(self) {
        let sends = Memo::new(move |_| self.state.with(StudioState::sends));
        Effect::new(move || {
            if !sends.get() && self.running.with_value(Option::is_some) {
                // Of a rehearsal nobody has told the venue yet.
                if let Some(session) = self.session().filter(|it| it.publication() != 0) {
                    session.abandon();
                }
                self.halt();
            }
        });
    }

    fn session(self) -> Option<Rc<dyn OutgoingSession>> {
        self.session.try_get_value()?.map(SendWrapper::take)
    }

    /// Measures what is being sent; to be called every two seconds.
    pub async fn measure(self, meter: StoredValue<SendMeter>) {
        let Some(session) = self.session() else { return self.sending.set(SendStats::default()) };
        let Some(sent) = session.totals().await else { return };
        let now = js_sys::Date::now();
        let sending = meter.try_update_value(|meter| meter.measure(now, sent));
        if let Some(sending) = sending {
            self.sending.try_set(sending);
        }
    }
}
