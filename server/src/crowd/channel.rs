//! The crowds of all shows that somebody follows: one task per show tells what changed.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bandstand_domain::{PersonId, ShowId, channel::ServerFrame, crowd::Gesture};
use tokio::{sync::Notify, time::Instant};

use super::{
    presence::{AttendanceRefused, Presence},
    store,
};
use crate::{
    background::tasks::TaskGroup,
    channel::{encoded_frame::EncodedFrame, hub::Outbox},
    database::{Database, DatabaseError},
    shows::port::AudienceCount,
};

/// The least time between two changes that are told.
const TICK: Duration = Duration::from_millis(100);
/// Least delay of the next snapshot for a listener whose outbox had no room.
const CATCH_UP: Duration = Duration::from_millis(500);
/// The least time between two peaks that are written.
const PEAK: Duration = Duration::from_secs(1);

/// The crowds of all shows that somebody follows.
#[derive(Clone)]
pub struct Crowds {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    tasks: TaskGroup,
    channels: Mutex<HashMap<ShowId, Arc<CrowdChannel>>>,
}

struct CrowdChannel {
    show: ShowId,
    /// Wakes the channel's task: there is something to tell, somebody to be told, or somebody leaves.
    dirty: Notify,
    state: Mutex<State>,
}

struct State {
    present: Presence,
    listeners: HashMap<u64, Listener>,
}

impl State {
    fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.present.count() == 0
    }
}

struct Listener {
    outbox: Outbox,
    /// True while they know the crowd as of the last tick. Newcomers don't, nor do listeners whose
    /// outbox had no room for a change: they get a snapshot with the next tick. So a slow connection
    /// loses changes, never the truth.
    knows: bool,
}

impl AudienceCount for Crowds {
    fn count(&self, show: ShowId) -> u32 {
        Self::count(self, show)
    }
}

/// Reason to refuse a listener of a crowd.
#[derive(Debug)]
pub enum NotEntered {
    /// There is no room.
    Refused(AttendanceRefused),
    /// The database failed.
    Database(DatabaseError),
}

/// Somebody's connection to a crowd; dropped, it is gone.
pub struct Attendance {
    channel: Arc<CrowdChannel>,
    number: u64,
    person: Option<PersonId>,
}

impl fmt::Debug for Crowds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowds").field("shows", &lock(&self.shared.channels).len()).finish()
    }
}

impl fmt::Debug for Attendance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attendance({}, {})", self.channel.show, self.number)
    }
}

impl Crowds {
    /// No crowds yet; likes and peaks are kept in `database`, and those who tell are among `tasks`.
    pub fn new(database: Database, tasks: TaskGroup) -> Self {
        Self { shared: Arc::new(Shared { database, tasks, channels: Mutex::default() }) }
    }

    /// Follows the crowd of `show` as subscription `number`; `figure` is who stands in it from now
    /// on and by which name. The whole crowd follows, and then what changes.
    ///
    /// # Errors
    /// [`NotEntered`].
    pub async fn enter(
        &self,
        show: ShowId,
        figure: Option<(PersonId, String)>,
        number: u64,
        outbox: Outbox,
    ) -> Result<Attendance, NotEntered> {
        // Asked before the channels are locked; only used when the channel isn't there.
        let kept = store::figures(&self.shared.database, show).await;
        let (peak, likes) = kept.map_err(NotEntered::Database)?;
        let mut channels = lock(&self.shared.channels);
        let channel = channels.entry(show).or_insert_with(|| {
            let state =
                State { present: Presence::new(show, peak, likes), listeners: HashMap::new() };
            let channel =
                Arc::new(CrowdChannel { show, dirty: Notify::new(), state: Mutex::new(state) });
            self.shared.tasks.spawn_to_its_end(tell(self.clone(), channel.clone(), peak));
            channel
        });
        let channel = channel.clone();
        let mut state = lock(&channel.state);
        // The channel is woken in any case: its task removes a channel that nobody is in.
        channel.dirty.notify_one();
        if let Some((person, name)) = &figure {
            let now = Instant::now().into_std();
            state.present.enter(person, name, now).map_err(NotEntered::Refused)?;
        }
        state.listeners.insert(number, Listener { outbox, knows: false });
        drop(state);
        let person = figure.map(|(person, _)| person);
        Ok(Attendance { channel, number, person })
    }

    /// A show has `likes` now.
    pub fn liked(&self, show: ShowId, likes: u64) {
        if let Some(channel) = lock(&self.shared.channels).get(&show) {
            lock(&channel.state).present.liked(likes);
            channel.dirty.notify_one();
        }
    }

    /// Number of persons in the crowd of `show`.
    pub fn count(&self, show: ShowId) -> u32 {
        lock(&self.shared.channels)
            .get(&show)
            .map_or(0, |channel| lock(&channel.state).present.count())
    }

    /// Returns whether `person` is in the crowd of `show`.
    pub fn contains(&self, show: ShowId, person: &PersonId) -> bool {
        lock(&self.shared.channels)
            .get(&show)
            .is_some_and(|channel| lock(&channel.state).present.contains(person))
    }

    /// Takes `channel` off when nobody is in it any more; true when it is off.
    fn close_if_empty(&self, channel: &CrowdChannel) -> bool {
        let mut channels = lock(&self.shared.channels);
        let state = lock(&channel.state);
        let empty = state.is_empty();
        if empty {
            channels.remove(&channel.show);
        }
        empty
    }
}

impl Attendance {
    /// Moves one's figure.
    pub fn gesture(&self, gesture: Gesture) {
        if let Some(person) = &self.person {
            let now = Instant::now().into_std();
            lock(&self.channel.state).present.gesture(person, gesture, now);
            self.channel.dirty.notify_one();
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut state = lock(&self.channel.state);
        state.listeners.remove(&self.number);
        if let Some(person) = &self.person {
            state.present.leave(person, Instant::now().into_std());
        }
        self.channel.dirty.notify_one();
    }
}

/// Tells everybody in `channel` what changes, at most every [`TICK`], until nobody is left.
async fn tell(crowds: Crowds, channel: Arc<CrowdChannel>, mut kept_peak: u32) {
    let mut last_tick: Option<Instant> = None;
    let mut next_peak = Instant::now();
    let closing = crowds.shared.tasks.closing().clone();
    loop {
        let next = {
            let state = lock(&channel.state);
            let leave = state.present.next_leave().map(Instant::from_std);
            let peak = (state.present.peak() > kept_peak).then_some(next_peak);
            let behind = state.listeners.values().any(|it| !it.knows);
            let behind = last_tick.filter(|_| behind).map(|at| at + CATCH_UP);
            [leave, peak, behind].into_iter().flatten().min()
        };
        tokio::select! {
            () = channel.dirty.notified() => {}
            () = closing.cancelled() => {}
            () = until(next) => {}
        }
        if let Some(last) = last_tick {
            tokio::time::sleep_until(last + TICK).await;
        }
        let now = Instant::now();
        last_tick = Some(now);
        let (peak, empty) = {
            let mut state = lock(&channel.state);
            tick(&mut state, now);
            (state.present.peak(), state.is_empty())
        };
        let over = empty || closing.is_cancelled();
        if peak > kept_peak && (over || now >= next_peak) {
            next_peak = now + PEAK;
            match store::keep_peak(&crowds.shared.database, channel.show, peak).await {
                Ok(()) => kept_peak = peak,
                Err(error) => {
                    tracing::warn!(show = %channel.show, %error, "the peak can't be kept")
                }
            }
        }
        if crowds.close_if_empty(&channel) || closing.is_cancelled() {
            return;
        }
    }
}

/// Tells what changed to those who know the rest, and all of it to the others.
fn tick(state: &mut State, now: Instant) {
    let State { present, listeners } = state;
    if let Some(change) = present.tick(now.into_std()) {
        let frame = EncodedFrame::text(&ServerFrame::CrowdChange(change));
        for (number, listener) in listeners.iter_mut().filter(|(_, it)| it.knows) {
            listener.knows = listener.outbox.ephemeral(*number, frame.clone());
        }
    }
    if listeners.values().any(|it| !it.knows && it.outbox.has_room()) {
        let frame = EncodedFrame::text(&ServerFrame::Crowd(present.snapshot()));
        for (number, listener) in listeners.iter_mut().filter(|(_, it)| !it.knows) {
            listener.knows = listener.outbox.ephemeral(*number, frame.clone());
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
