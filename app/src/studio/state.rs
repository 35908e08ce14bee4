//! State of the studio, as a machine of events: what to show, and whether to go on.

use bandstand_domain::{Millis, shows::ShowCard, stage::StageState};

/// Time before the announced start from which on going live isn't asked about, in milliseconds.
const EARLY: i64 = 15 * Millis::MINUTE;

/// Returns whether nobody expects the show yet, so that *Go live* may be a mistake.
pub fn is_early(show: &ShowCard, now: Millis) -> bool {
    show.stage == StageState::Empty && show.starts_at.since(now) > EARLY
}

/// Status as the artist is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudioStatus {
    /// Not on stage.
    NotLive,
    /// Rehearsing, for nobody else.
    Rehearsing,
    /// On the way to the stage.
    Connecting,
    /// On stage.
    Live,
    /// On stage, taking a break.
    Paused,
    /// The connection is lost; coming back.
    Reconnecting,
    /// Another tab or machine of the artist has taken the stage.
    TakenOver,
    /// The show is over.
    Ended,
}

/// State of the studio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StudioState {
    /// The artist pressed *Rehearse*.
    rehearsing: bool,
    /// The artist pressed *Go live* and hasn't left since.
    wanted: bool,
    paused: bool,
    /// The publication of this tab; none while it is being made.
    mine: Option<i64>,
    /// The latest that this tab was given, by which the venue knows whether another one is on stage.
    had: Option<i64>,
    /// The latest publication that was announced.
    announced: i64,
    /// Media flows.
    connected: bool,
    /// Media has flowed since *Go live*.
    was_connected: bool,
    taken_over: bool,
    ended: bool,
}

impl StudioState {
    /// Status, as the artist is told it.
    pub fn status(&self) -> StudioStatus {
        match self {
            Self { ended: true, .. } => StudioStatus::Ended,
            Self { taken_over: true, .. } => StudioStatus::TakenOver,
            Self { rehearsing: true, .. } => StudioStatus::Rehearsing,
            Self { wanted: false, .. } => StudioStatus::NotLive,
            Self { connected: true, paused: true, .. } => StudioStatus::Paused,
            Self { connected: true, .. } => StudioStatus::Live,
            Self { was_connected: true, .. } => StudioStatus::Reconnecting,
            Self { .. } => StudioStatus::Connecting,
        }
    }

    /// Returns whether this tab is on stage or on its way there.
    pub fn on_stage(&self) -> bool {
        self.wanted && !self.taken_over && !self.ended
    }

    /// Returns whether this tab rehearses.
    pub fn rehearsing(&self) -> bool {
        self.rehearsing && !self.ended
    }

    /// Returns whether this tab sends something to the venue, or is about to.
    pub fn sends(&self) -> bool {
        self.on_stage() || self.rehearsing()
    }

    /// The latest publication of this tab since *Go live*.
    pub fn had(&self) -> Option<i64> {
        self.had
    }

    /// Returns whether the artist takes a break.
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// *Go live*, or *Take the stage back*.
    pub fn go(&mut self) {
        *self =
            Self { wanted: true, announced: self.announced, ended: self.ended, ..Self::default() };
    }

    /// *Rehearse*.
    pub fn rehearse(&mut self) {
        *self = Self {
            rehearsing: true,
            announced: self.announced,
            ended: self.ended,
            ..Self::default()
        };
    }

    /// Off the stage without an end, or the rehearsal is over.
    pub fn stop(&mut self) {
        (self.rehearsing, self.wanted) = (false, false);
        self.mine = None;
        self.connected = false;
    }

    /// The venue gave this tab a publication.
    pub fn published(&mut self, publication: i64) {
        (self.mine, self.had) = (Some(publication), Some(publication));
        self.judge();
    }

    /// Media flows.
    pub fn connected(&mut self) {
        self.connected = true;
        self.was_connected = true;
    }

    /// Media flows no more; the next publication is on its way.
    pub fn lost(&mut self) {
        self.connected = false;
    }

    /// A break begins or ends.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// The venue announced what happens on stage.
    pub fn announced(&mut self, state: StageState, publication: i64) {
        self.announced = self.announced.max(publication);
        // An end can be taken back.
        self.ended = state == StageState::Ended;
        if self.ended {
            self.stop();
        }
        // From here, or from elsewhere: what is live isn't rehearsed.
        self.rehearsing &= !state.is_on_air();
        self.judge();
    }

    /// The venue says that the stage was taken from elsewhere.
    pub fn replaced(&mut self) {
        self.taken_over = true;
        self.connected = false;
    }

    /// A higher publication than one's own is somebody else's. One's own is kept through a lost
    /// connection, so that a tab that was offline doesn't throw its successor off the stage.
    fn judge(&mut self) {
        if self.wanted && self.mine.is_some_and(|mine| self.announced > mine) {
            self.replaced();
        }
    }

    /// A new publication of this tab is being asked for: until the answer comes, an announcement
    /// can't be told to be one's own or not.
    pub fn publishing(&mut self) {
        self.mine = None;
    }
}

/// Statistics of what is being sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SendStats {
    /// Kilobits a second, sound and picture together.
    pub kilobits: u32,
    /// Packets that were lost on the way to the venue, in tenths of a percent.
    pub lost: u32,
    /// Round-trip time in milliseconds.
    pub round_trip: u32,
    /// The picture's width; 0 while there is none.
    pub width: u32,
    /// The picture's height.
    pub height: u32,
    /// Frames a second.
    pub frames: u32,
    /// Limit of the picture's quality.
    pub limit: QualityLimit,
}

/// Limit of the quality that a browser sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QualityLimit {
    /// Nothing.
    #[default]
    None,
    /// The line.
    Line,
    /// The device.
    Device,
}

/// Totals of a connection, as the browser counts them.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendTotals {
    /// Bytes sent.
    pub bytes: f64,
    /// The share of packets lost, as the venue reports it.
    pub lost: f64,
    /// Round-trip time in seconds.
    pub round_trip: f64,
    /// Picture's part of [`SendStats`].
    pub picture: SendStats,
}

/// Makes rates out of the browser's running totals.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendMeter {
    before: Option<(f64, f64)>,
}

impl SendMeter {
    /// Statistics at `at` (milliseconds).
    pub fn measure(&mut self, at: f64, now: SendTotals) -> SendStats {
        let (then, sent) = self.before.replace((at, now.bytes)).unwrap_or((at, now.bytes));
        let elapsed = at - then;
        // A new connection counts from zero.
        let grown = if now.bytes >= sent { now.bytes - sent } else { now.bytes };
        SendStats {
            kilobits: if elapsed > 0.0 { (grown * 8.0 / elapsed) as u32 } else { 0 },
            lost: (now.lost.clamp(0.0, 1.0) * 1_000.0) as u32,
            round_trip: (now.round_trip * 1_000.0) as u32,
            ..now.picture
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::state::tests::page;

    fn live() -> StudioState {
        let mut state = StudioState::default();
        state.go();
        assert_eq!(state.status(), StudioStatus::Connecting);
        state.publishing();
        // The announcement may be faster than the answer.
        state.announced(StageState::Live, 1);
        state.published(1);
        state.connected();
        assert_eq!(state.status(), StudioStatus::Live);
        state
    }

    #[test]
    fn a_drop_leads_back_to_the_stage() {
        let mut state = live();
        state.lost();
        assert_eq!(state.status(), StudioStatus::Reconnecting);
        state.announced(StageState::Dropped, 1);
        state.publishing();
        state.announced(StageState::Live, 2);
        state.published(2);
        state.connected();
        assert_eq!(state.status(), StudioStatus::Live);
    }

    #[test]
    fn a_second_tab_takes_the_stage_and_gives_it_back() {
        let mut state = live();
        state.announced(StageState::Live, 2);
        assert_eq!(state.status(), StudioStatus::TakenOver);
        assert!(!state.on_stage());
        state.go();
        state.publishing();
        state.published(3);
        state.connected();
        assert_eq!(state.status(), StudioStatus::Live);
    }

    #[test]
    fn a_tab_that_was_offline_learns_that_it_was_replaced() {
        let mut state = live();
        state.lost();
        state.announced(StageState::Live, 2);
        assert_eq!(state.status(), StudioStatus::TakenOver);
        // Or the venue says so, however often it was tried before.
        let mut state = live();
        state.lost();
        state.publishing();
        state.publishing();
        assert_eq!(state.had(), Some(1));
        state.replaced();
        assert!(!state.on_stage());
    }

    #[test]
    fn who_came_later_wins_a_race() {
        let mut state = live();
        state.lost();
        state.publishing();
        state.announced(StageState::Live, 3);
        state.published(2);
        assert_eq!(state.status(), StudioStatus::TakenOver);
    }

    #[test]
    fn a_break_lasts_through_a_drop_and_the_end_is_the_end() {
        let mut state = live();
        state.pause(true);
        assert_eq!(state.status(), StudioStatus::Paused);
        state.lost();
        state.publishing();
        state.published(2);
        state.connected();
        assert_eq!(state.status(), StudioStatus::Paused);
        state.announced(StageState::Ended, 2);
        state.go();
        assert_eq!(state.status(), StudioStatus::Ended);
    }

    #[test]
    fn a_rehearsal_is_not_the_stage_and_gives_way_to_it() {
        let mut state = StudioState::default();
        state.rehearse();
        state.published(0);
        state.connected();
        assert_eq!(state.status(), StudioStatus::Rehearsing);
        assert!(state.sends() && !state.on_stage());
        // What is told of an empty stage ends nothing.
        state.announced(StageState::Empty, 0);
        assert!(state.rehearsing());
        let mut here = state;
        here.go();
        assert_eq!(here.status(), StudioStatus::Connecting);
        for elsewhere in [StageState::Live, StageState::Ended] {
            let mut state = state;
            state.announced(elsewhere, 1);
            assert!(!state.sends(), "{elsewhere:?}");
        }
        state.stop();
        assert_eq!(state.status(), StudioStatus::NotLive);
    }

    #[test]
    fn an_end_that_is_taken_back_leads_back_to_the_stage() {
        let mut state = live();
        state.announced(StageState::Ended, 1);
        assert!(!state.on_stage());
        state.announced(StageState::Dropped, 1);
        assert_eq!(state.status(), StudioStatus::NotLive);
        state.go();
        assert_eq!(state.status(), StudioStatus::Connecting);
    }

    #[test]
    fn going_live_is_early_until_a_quarter_of_an_hour_before_the_start() {
        let mut show = page().card;
        let early = |show: &ShowCard, before: i64| is_early(show, show.starts_at.plus(-before));
        assert!(early(&show, EARLY + 1) && !early(&show, EARLY) && !early(&show, -5));
        // Whoever has begun comes back unasked.
        show.stage = StageState::Dropped;
        assert!(!early(&show, EARLY + 1));
    }

    #[test]
    fn rates_come_from_totals() {
        let mut meter = SendMeter::default();
        let sent =
            |bytes, lost| SendTotals { bytes, lost, round_trip: 0.018, ..SendTotals::default() };
        assert_eq!(meter.measure(1_000.0, sent(5_000.0, 0.0)).kilobits, 0);
        let sending = meter.measure(3_000.0, sent(630_000.0, 0.015));
        let wanted =
            SendStats { kilobits: 2_500, lost: 15, round_trip: 18, ..SendStats::default() };
        assert_eq!(sending, wanted);
        assert_eq!(meter.measure(5_000.0, sent(2_000.0, 0.0)).kilobits, 8);
    }
}
