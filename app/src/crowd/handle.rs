//! Handle of a crowd, shared by the parts of a page.

use bandstand_domain::{
    PersonId,
    crowd::{CrowdChange, CrowdSnapshot},
};
use leptos::prelude::*;

use super::{
    layout::Side,
    news::{CrowdNews, TakeNews, WaitingNews, take},
    state::{
        CrowdState,
        house::{FigureStep, Somebody},
    },
};

/// The crowd of one show, as far as this page knows it: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct CrowdHandle {
    count: RwSignal<u32>,
    peak: RwSignal<u32>,
    likes: RwSignal<u64>,
    state: StoredValue<CrowdState>,
    /// Takes news into the figures, once they are kept; until then they wait.
    take: StoredValue<Option<TakeNews>>,
    waiting: StoredValue<WaitingNews>,
    /// Instant by the page's clock from which one's next heart counts.
    next_like: StoredValue<f64>,
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
            take: StoredValue::new(None),
            waiting: StoredValue::new(WaitingNews::default()),
            next_like: StoredValue::new(0.0),
            moved: Trigger::new(),
        }
    }

    /// Takes all who are present from `snapshot` and forgets what was known before.
    pub fn reset(self, snapshot: CrowdSnapshot) {
        let count = snapshot.count.unwrap_or(snapshot.figures.len() as u32);
        self.tell(count, snapshot.peak, snapshot.likes);
        self.hear(CrowdNews::All(snapshot));
    }

    /// Lets people come, go and move.
    pub fn change(self, change: CrowdChange) {
        self.tell(change.count, change.peak, change.likes);
        self.hear(CrowdNews::Changed(change));
    }

    /// Takes news into the figures, or lets them wait for those.
    fn hear(self, news: CrowdNews) {
        match self.take.get_value() {
            Some(take) => self.state.update_value(|state| take(state, news, now())),
            None => self.waiting.update_value(|waiting| waiting.add(news)),
        }
        self.moved.notify();
    }

    /// Keeps the figures from now on. For the part that paints them.
    pub(super) fn keep_figures(self) {
        // The page may be gone by now.
        let _ = self.take.try_update_value(|it| *it = Some(take));
        let Some(WaitingNews { all, me }) = self.waiting.try_update_value(std::mem::take) else {
            return;
        };
        if let Some(all) = all {
            self.hear(CrowdNews::All(all));
        }
        if me.is_some() {
            self.hear(CrowdNews::Me(me));
        }
    }

    /// Number of people who are present.
    pub fn count(self) -> RwSignal<u32> {
        self.count
    }

    /// The most who were there at once.
    pub fn peak(self) -> RwSignal<u32> {
        self.peak
    }

    /// Likes so far.
    pub fn likes(self) -> RwSignal<u64> {
        self.likes
    }

    /// Crown of somebody's figure, in CSS pixels from the left and the top of the crowd; none where there is no
    /// such figure.
    pub fn crown_of(self, person: &PersonId) -> Option<(f32, f32)> {
        self.state.try_with_value(|state| state.crown_of(person)).flatten()
    }

    /// Tells how loud the music is, 0 to 1: the crowd sways to it.
    pub fn set_level(self, level: f32) {
        self.state.update_value(|state| state.set_level(level));
    }

    /// The level to which it sways.
    pub fn level(self) -> f32 {
        self.state.with_value(|state| state.level)
    }

    /// Sends everybody home.
    pub fn clear(self) {
        self.tell(0, self.peak.get_untracked(), self.likes.get_untracked());
        self.state.update_value(CrowdState::clear);
        self.moved.notify();
    }

    /// Turns the crowd, so that it is seen from the stage.
    pub fn face(self) {
        self.state.update_value(|state| state.turn(Side::Front));
    }

    /// Marks these people in the crowd, and nobody else.
    pub fn mark(self, people: Vec<PersonId>) {
        self.state.update_value(|state| state.mark(people));
        self.moved.notify();
    }

    /// Number of gestures so far.
    pub fn cheers(self) -> u64 {
        self.state.try_with_value(CrowdState::cheers).unwrap_or_default()
    }

    /// Names of all who are here, those who are marked first, and whether they are.
    pub fn names(self) -> Vec<(String, bool)> {
        self.state.try_with_value(CrowdState::names).unwrap_or_default()
    }

    /// Points at the figure at a point of its canvas in CSS pixels, or at nobody: who that is, where it is
    /// somebody else than before.
    pub fn point(self, at: Option<(f32, f32)>) -> Option<Option<Somebody>> {
        self.pointed(|state| state.point(at))
    }

    /// Points at somebody beside whom it was pointed at: who that is, where there is one.
    pub fn step(self, step: FigureStep) -> Option<Option<Somebody>> {
        self.pointed(|state| state.step(step))
    }

    fn pointed(self, point: impl FnOnce(&mut CrowdState) -> bool) -> Option<Option<Somebody>> {
        let found = |state: &mut CrowdState| point(state).then(|| state.pointed());
        let somebody = self.state.try_update_value(found).flatten()?;
        self.moved.notify();
        Some(somebody)
    }

    /// Returns whether a heart at `now` counts; until it is answered, no other does.
    pub(super) fn begins_to_like(self, now: f64) -> bool {
        let begins = |next: &mut f64| *next <= now && std::mem::replace(next, f64::INFINITY) <= now;
        self.next_like.try_update_value(begins).unwrap_or(false)
    }

    /// Takes in the number of likes that the venue answered to one's own, and when the next one counts.
    pub(super) fn liked(self, likes: Option<u64>, next: f64) {
        // The page may be another one by now.
        let _ = self.next_like.try_update_value(|at| *at = next);
        if let Some(likes) = likes
            && self.likes.try_get_untracked().is_some_and(|before| likes > before)
        {
            self.likes.try_set(likes);
        }
    }

    pub(super) fn set_me(self, me: Option<PersonId>) {
        self.hear(CrowdNews::Me(me));
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
pub(crate) fn now() -> f64 {
    if cfg!(feature = "ssr") {
        return 0.0;
    }
    window().performance().map_or(0.0, |clock| clock.now())
}
