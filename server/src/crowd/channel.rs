//! The crowds of all shows that somebody follows: one task per show tells what changed.

mod tell;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bandstand_domain::{
    Millis, PersonId, ShowId,
    crowd::{ChosenLook, CrowdMoment, Figure, Gesture},
    stage::{StageState, encore_until},
};
use tokio::{sync::Notify, time::Instant};

use super::{
    moments::MomentLog,
    presence::{AttendanceRefused, Presence},
    sight::Sight,
    store::{self, Kept},
};
use crate::{
    background::{
        bus::{Bus, BusListener, BusMessage},
        tasks::TaskGroup,
    },
    channel::hub::Outbox,
    clock,
    database::{Database, DatabaseError},
    shows::port::AudienceCount,
};

/// The most moments of channels that are gone that wait to be written. More are lost.
const MAX_LEFT: usize = 1_000;

/// The crowds of all shows that somebody follows.
#[derive(Clone)]
pub struct Crowds {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    tasks: TaskGroup,
    channels: Mutex<HashMap<ShowId, Arc<CrowdChannel>>>,
    /// Moments of channels that are gone, to be written; at most [`MAX_LEFT`].
    left: Mutex<Vec<(ShowId, CrowdMoment)>>,
}

struct CrowdChannel {
    show: ShowId,
    /// Wakes the channel's task: there is something to tell, somebody to be told, or somebody leaves.
    dirty: Notify,
    state: Mutex<State>,
}

struct State {
    present: Presence,
    stage: StageState,
    /// Time at which the artist ended the show.
    ended_at: Option<Millis>,
    /// The bus has told of a change of the stage.
    was_told: bool,
    /// Count, peak and likes as of the last change.
    numbers: (u32, u32, u64),
    moments: MomentLog,
    listeners: HashMap<u64, Listener>,
}

impl State {
    /// Tells whether figures may move: the show hasn't ended, or its encore goes on.
    fn is_open(&self) -> bool {
        self.stage != StageState::Ended || encore_until(self.ended_at, clock::now()).is_some()
    }

    /// Notes what whoever plays the show again will see, while it is on air.
    fn note_moment(
        &mut self,
        now: Millis,
        count: u32,
        likes: u64,
        gestures: impl IntoIterator<Item = (Gesture, u32)>,
    ) {
        if self.stage.is_on_air() {
            self.moments.note(now, count, likes, gestures);
        }
    }

    fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.present.count() == 0
    }
}

struct Listener {
    outbox: Outbox,
    sight: Sight,
    /// True while they know the crowd as of the last tick. Newcomers don't, nor do listeners whose
    /// outbox had no room for a change: they get a snapshot with the next tick. So a slow connection
    /// loses changes, never the truth.
    knows: bool,
}

impl Listener {
    /// Shows that much from the next tick on.
    fn see(&mut self, sight: Sight) {
        (self.sight, self.knows) = (sight, false);
    }
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
        let (channels, left) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { database, tasks, channels, left }) }
    }

    /// Follows the crowd of `show` as subscription `number`; `figure` is who stands in it from now
    /// on. The whole crowd follows, and then what changes, as far as `sight` goes.
    ///
    /// # Errors
    /// [`NotEntered`].
    pub async fn enter(
        &self,
        show: ShowId,
        figure: Option<Figure>,
        sight: Sight,
        (number, outbox): (u64, Outbox),
    ) -> Result<Attendance, NotEntered> {
        loop {
            // Asked before the channels are locked, and only where there is none: at a full show nobody asks.
            let is_there = lock(&self.shared.channels).contains_key(&show);
            let kept = if is_there { None } else { Some(self.kept(show).await?) };
            let new = kept.is_some();
            let seat = self.seat(show, kept, figure.clone(), sight, (number, outbox.clone()))?;
            // Else the last one has just left, and the channel is gone.
            let Some(attendance) = seat else { continue };
            if new {
                // What happened between that question and the channel was told to nobody here.
                let Kept { stage, ended_at, .. } = self.kept(show).await?;
                let mut state = lock(&attendance.channel.state);
                if !state.was_told {
                    (state.stage, state.ended_at) = (stage, ended_at);
                }
            }
            return Ok(attendance);
        }
    }

    async fn kept(&self, show: ShowId) -> Result<Kept, NotEntered> {
        store::kept(&self.shared.database, show).await.map_err(NotEntered::Database)
    }

    /// As [`Crowds::enter`]; where there is no channel, one is made of what is `kept`. None without either.
    fn seat(
        &self,
        show: ShowId,
        kept: Option<Kept>,
        figure: Option<Figure>,
        sight: Sight,
        (number, outbox): (u64, Outbox),
    ) -> Result<Option<Attendance>, NotEntered> {
        let mut channels = lock(&self.shared.channels);
        let channel = match (channels.get(&show), kept) {
            (Some(channel), _) => channel.clone(),
            (None, Some(kept)) => {
                let channel = self.open(show, kept);
                channels.insert(show, channel.clone());
                channel
            }
            (None, None) => return Ok(None),
        };
        let mut state = lock(&channel.state);
        // The channel is woken in any case: its task removes a channel that nobody is in.
        channel.dirty.notify_one();
        if let Some(Figure { person, name, look }) = &figure {
            let now = Instant::now().into_std();
            let is_there = state.present.contains(person);
            state.present.enter(person, name, now).map_err(NotEntered::Refused)?;
            // Who is there may have changed since their token was made.
            if !is_there {
                state.present.dress(person, *look);
            }
        }
        let knows = sight == Sight::Undecided;
        state.listeners.insert(number, Listener { outbox, sight, knows });
        drop(state);
        let person = figure.map(|figure| figure.person);
        Ok(Some(Attendance { channel, number, person }))
    }

    /// A channel of which nobody is told yet.
    fn open(&self, show: ShowId, Kept { peak, likes, stage, ended_at }: Kept) -> Arc<CrowdChannel> {
        let present = Presence::new(show, peak, likes);
        let (numbers, listeners) = ((0, peak, likes), HashMap::new());
        let (was_told, moments) = (false, MomentLog::default());
        let state = State { present, stage, ended_at, was_told, numbers, moments, listeners };
        let channel =
            Arc::new(CrowdChannel { show, dirty: Notify::new(), state: Mutex::new(state) });
        self.shared.tasks.spawn_to_its_end(tell::tell(self.clone(), channel.clone(), peak));
        channel
    }

    /// Hears from `bus` when shows end.
    pub fn subscribe(&self, bus: &Bus) {
        bus.subscribe(&self.shared);
    }

    /// A show has `likes` now.
    pub fn liked(&self, show: ShowId, likes: u64) {
        if let Some(channel) = lock(&self.shared.channels).get(&show) {
            lock(&channel.state).present.liked(likes);
            channel.dirty.notify_one();
        }
    }

    /// Shows `person` in this look to all who see them, from now on.
    pub fn dress(&self, person: &PersonId, look: Option<ChosenLook>) {
        for channel in lock(&self.shared.channels).values() {
            if lock(&channel.state).present.dress(person, look) {
                channel.dirty.notify_one();
            }
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

    /// Writes how many are there at shows that are on air and recorded, and what they do, for whoever plays
    /// them again. What can't be written is lost.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn keep_moments(&self) -> Result<(), DatabaseError> {
        let now = clock::now();
        let mut moments = std::mem::take(&mut *lock(&self.shared.left));
        for (show, channel) in lock(&self.shared.channels).iter() {
            let mut state = lock(&channel.state);
            let (count, _, likes) = state.numbers;
            state.note_moment(now, count, likes, []);
            moments.extend(state.moments.take(now).into_iter().map(|it| (*show, it)));
        }
        store::keep_moments(&self.shared.database, &moments).await
    }

    /// Takes `channel` off when nobody is in it any more; true when it is off.
    fn close_if_empty(&self, channel: &CrowdChannel) -> bool {
        let mut channels = lock(&self.shared.channels);
        let mut state = lock(&channel.state);
        let empty = state.is_empty();
        if empty {
            channels.remove(&channel.show);
            let mut left = lock(&self.shared.left);
            let room = MAX_LEFT.saturating_sub(left.len());
            let moments = state.moments.take(clock::now()).into_iter().take(room);
            left.extend(moments.map(|it| (channel.show, it)));
        }
        empty
    }
}

impl Attendance {
    /// Decides how much is shown to somebody of whom that was open. What was decided meanwhile stays.
    pub fn decide(&self, sight: Sight) {
        if let Some(listener) = lock(&self.channel.state).listeners.get_mut(&self.number)
            && listener.sight == Sight::Undecided
        {
            listener.see(sight);
        }
        self.channel.dirty.notify_one();
    }

    /// Moves one's figure, unless the show and its encore are over.
    pub fn gesture(&self, gesture: Gesture) {
        let Some(person) = &self.person else { return };
        let now = Instant::now().into_std();
        let mut state = lock(&self.channel.state);
        if state.is_open() {
            state.present.gesture(person, gesture, now);
            self.channel.dirty.notify_one();
        }
    }
}

#[async_trait]
impl BusListener for Shared {
    async fn receive(&self, message: &BusMessage) {
        let channel = |show| lock(&self.channels).get(show).cloned();
        match message {
            BusMessage::StageChanged(show, stage, ended_at) => {
                let Some(channel) = channel(show) else { return };
                let mut state = lock(&channel.state);
                (state.stage, state.ended_at, state.was_told) = (*stage, *ended_at, true);
            }
            BusMessage::ShowClosedToGuests(show) => {
                let Some(channel) = channel(show) else { return };
                // Who looks in from the door sees no more than a number from now on.
                for listener in lock(&channel.state).listeners.values_mut() {
                    if matches!(listener.sight, Sight::Nameless | Sight::Undecided) {
                        listener.see(Sight::Count);
                    }
                }
                channel.dirty.notify_one();
            }
            BusMessage::TopicNews(_)
            | BusMessage::SessionsEnded(_)
            | BusMessage::ShowDeleted(_)
            | BusMessage::StreamKeyRevoked(_)
            | BusMessage::RoomLeft(..) => {}
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
