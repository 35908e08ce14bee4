//! Handle of a crowd, shared by the parts of a page.

use bandstand_domain::{
    PersonId,
    crowd::{CrowdChange, CrowdSnapshot},
};
use leptos::prelude::*;

use super::state::CrowdState;

/// The crowd of one show, as far as this page knows it: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct CrowdHandle {
    count: RwSignal<u32>,
    peak: RwSignal<u32>,
    likes: RwSignal<u64>,
    state: StoredValue<CrowdState>,
    /// Wakes the painter, which may sleep while nothing moves.
    moved: Trigger,
}

impl CrowdHandle {
    /// A crowd in which nobody is yet.
    #[allow(clippy::new_without_default, reason = "it belongs to the reactive owner around it")]
    pub fn new() -> Self {
        Self {
            count: RwSignal::new(0),
            peak: RwSignal::new(0),
            likes: RwSignal::new(0),
            state: StoredValue::new(CrowdState::default()),
            moved: Trigger::new(),
        }
    }

    /// Takes all who are present from `snapshot` and forgets what was known before.
    pub fn reset(self, snapshot: CrowdSnapshot) {
        self.tell(snapshot.figures.len() as u32, snapshot.peak, snapshot.likes);
        self.state.update_value(|state| state.reset(snapshot, now()));
        self.moved.notify();
    }

    /// Lets people come, go and move.
    pub fn change(self, change: CrowdChange) {
        self.tell(change.count, change.peak, change.likes);
        self.state.update_value(|state| state.change(change, now()));
        self.moved.notify();
    }

    /// Number of people who are present.
    pub fn count(self) -> Signal<u32> {
        self.count.into()
    }

    /// The most who were there at once.
    pub fn peak(self) -> Signal<u32> {
        self.peak.into()
    }

    /// Likes so far.
    pub fn likes(self) -> Signal<u64> {
        self.likes.into()
    }

    /// Tells how loud the music is, 0 to 1: the crowd sways to it.
    pub fn set_level(self, level: f32) {
        self.state.update_value(|state| state.set_level(level));
    }

    /// Sends everybody home.
    pub fn clear(self) {
        self.tell(0, self.peak.get_untracked(), self.likes.get_untracked());
        self.state.update_value(CrowdState::clear);
        self.moved.notify();
    }

    /// Takes in the number of likes that the venue answered to one's own.
    pub(super) fn liked(self, likes: u64) {
        if likes > self.likes.get_untracked() {
            self.likes.set(likes);
        }
    }

    pub(super) fn set_me(self, me: Option<PersonId>) {
        self.state.update_value(|state| state.set_me(me));
        self.moved.notify();
    }

    /// Subscribes the effect that is running to everything that changes the picture.
    pub(super) fn track(self) {
        self.moved.track();
    }

    pub(super) fn state(self) -> StoredValue<CrowdState> {
        self.state
    }

    /// Sets what changed, so that nobody is woken by what is as before.
    fn tell(self, count: u32, peak: u32, likes: u64) {
        self.count.maybe_update(|old| std::mem::replace(old, count) != count);
        self.peak.maybe_update(|old| std::mem::replace(old, peak) != peak);
        self.likes.maybe_update(|old| std::mem::replace(old, likes) != likes);
    }
}

/// Milliseconds of the page's own clock, the one that animation frames go by.
pub(super) fn now() -> f64 {
    if cfg!(feature = "ssr") {
        return 0.0;
    }
    window().performance().map_or(0.0, |clock| clock.now())
}
