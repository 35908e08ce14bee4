//! The crowd as the page that shows it holds it.

use bandstand_domain::crowd::{CrowdChange, CrowdSnapshot};
use leptos::prelude::*;

/// The crowd of one show, as far as this page knows it: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct Crowd {
    count: RwSignal<u32>,
    peak: RwSignal<u32>,
    likes: RwSignal<u64>,
}

impl Crowd {
    /// A crowd in which nobody is yet.
    #[allow(clippy::new_without_default, reason = "it belongs to the reactive owner around it")]
    pub fn new() -> Self {
        Self { count: RwSignal::new(0), peak: RwSignal::new(0), likes: RwSignal::new(0) }
    }

    /// Takes all who are present from `snapshot` and forgets what was known before.
    pub fn reset(self, snapshot: CrowdSnapshot) {
        self.count.set(snapshot.figures.len() as u32);
        self.peak.set(snapshot.peak);
        self.likes.set(snapshot.likes);
    }

    /// Lets people come, go and move.
    pub fn change(self, change: CrowdChange) {
        self.count.set(change.count);
        self.peak.set(change.peak);
        self.likes.set(change.likes);
    }

    /// How many are present.
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
        let _ = level;
    }

    /// Sends everybody home.
    pub fn clear(self) {
        self.count.set(0);
    }
}
