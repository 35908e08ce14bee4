//! Hub of the live channel: subscribers by topic, and the fan-out of events to them.
//!
//! One reader per followed topic: woken, it reads what is new in the log once, encodes it once, and
//! puts it into the queue of every follower. Queues are bounded: a follower whose queue is full is
//! cut, comes back, and catches up by cursor.
//!
//! **Invariant:** nothing is missed between catching up and following. A follower is entered before
//! it reads the log, and a reader hands out everything after the cursor at which it was opened; so what
//! the log didn't hold at the follower's reading comes through the queue. What it did hold may come
//! through the queue again, and is recognised by its cursor: [`super::subscription::Position`].

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bandstand_domain::channel::{Cursor, Event, ServerFrame, Topic};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    encoded_frame::EncodedFrame,
    event_log::{self, After},
    missed::{self, Answers, Missed},
};
use crate::{
    background::{
        bus::{BusListener, BusMessage},
        tasks::TaskGroup,
    },
    database::{Database, DatabaseError},
};

/// Frames that wait for one connection.
pub const QUEUE: usize = 64;
/// Room in a queue that only durable events may take.
const RESERVED: usize = QUEUE / 4;
/// The most events in one frame.
const MAX_EVENTS: u32 = 100;
/// Pause of a reader for each follower it handed something out to: what is written meanwhile goes out in one frame,
/// so that a flood in one topic takes no more than a share of the machine.
const PAUSE: Duration = Duration::from_micros(20);
/// Delay before a reader retries a failing database.
const RETRY: Duration = Duration::from_secs(1);

/// A frame on its way to one connection.
#[derive(Clone, Debug)]
pub enum Frame {
    /// Durable events, the same for all who follow their topic.
    Events(Arc<EventsFrame>),
    /// Something of the moment, for one of the connection's subscriptions.
    Ephemeral {
        /// Number of the subscription.
        subscription: u64,
        /// The frame.
        encoded: EncodedFrame,
    },
}

/// Durable events, encoded.
#[derive(Debug)]
pub struct EventsFrame {
    /// Of which topic.
    pub topic: Topic,
    /// The cursor of the first.
    pub first: Cursor,
    /// The cursor of the last.
    pub last: Cursor,
    /// True when the topic ends with these events.
    pub ends: bool,
    /// The frame.
    pub encoded: EncodedFrame,
}

/// The way to one connection.
#[derive(Clone, Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Frame>,
    cut: CancellationToken,
}

impl Outbox {
    /// A way, and the end at which frames come out. `cut` is cancelled when the connection can't
    /// keep up.
    pub fn new(cut: CancellationToken) -> (Self, mpsc::Receiver<Frame>) {
        let (queue, frames) = mpsc::channel(QUEUE);
        (Self { queue, cut }, frames)
    }

    /// Queues durable events; cuts the connection when there is no room.
    fn events(&self, frame: Frame) {
        if self.queue.try_send(frame).is_err() {
            self.cut.cancel();
        }
    }

    /// Tells whether the queue has room for an ephemeral frame.
    pub fn has_room(&self) -> bool {
        self.queue.capacity() > RESERVED
    }

    /// Queues something of the moment; false when there is no room, and it is dropped.
    pub fn ephemeral(&self, subscription: u64, encoded: EncodedFrame) -> bool {
        self.has_room() && self.queue.try_send(Frame::Ephemeral { subscription, encoded }).is_ok()
    }
}

/// Predicate that tells whether a topic is over with these events.
pub type Ends = fn(Topic, &[Event]) -> bool;

/// All followed topics.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    tasks: TaskGroup,
    ends: Ends,
    readers: Mutex<HashMap<Topic, Arc<TopicReader>>>,
    answers: Answers,
    numbers: AtomicU64,
}

struct TopicReader {
    topic: Topic,
    /// Wakes the reader. A wake while it reads is kept.
    dirty: Notify,
    /// Ends the reader.
    abandoned: CancellationToken,
    followers: Mutex<HashMap<u64, Outbox>>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("topics", &lock(&self.shared.readers).len()).finish()
    }
}

/// One follower's place in a topic; dropped, it is given up.
pub struct Subscriber {
    hub: Hub,
    topic: Topic,
    number: u64,
}

impl Subscriber {
    /// Unique among all subscriptions of the venue.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({}, {})", self.topic, self.number)
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let mut readers = lock(&self.hub.shared.readers);
        let Some(reader) = readers.get(&self.topic) else { return };
        let mut followers = lock(&reader.followers);
        followers.remove(&self.number);
        if followers.is_empty() {
            drop(followers);
            reader.abandoned.cancel();
            readers.remove(&self.topic);
        }
    }
}

#[async_trait]
impl BusListener for Hub {
    async fn receive(&self, message: &BusMessage) {
        if let BusMessage::TopicNews(topic) = message {
            self.wake(*topic);
        }
    }
}

impl Hub {
    /// A hub over the log in `database`; its readers are among `tasks`.
    pub fn new(database: Database, tasks: TaskGroup, ends: Ends) -> Self {
        let shared = Shared {
            database,
            tasks,
            ends,
            readers: Mutex::default(),
            answers: Answers::default(),
            numbers: AtomicU64::new(1),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Wakes everybody who follows `topic`: its log has something new. Never waits.
    pub fn wake(&self, topic: Topic) {
        if let Some(reader) = lock(&self.shared.readers).get(&topic) {
            reader.dirty.notify_one();
        }
    }

    /// Returns the events that a subscriber to `topic` missed after `cursor`. To be called after
    /// [`Self::follow`].
    pub async fn missed(&self, topic: Topic, cursor: Cursor) -> Result<Missed, DatabaseError> {
        let Shared { database, answers, .. } = &*self.shared;
        match topic {
            Topic::Shows => answers.after(database, cursor).await,
            Topic::Show(_) | Topic::Door(_) | Topic::Room(_) | Topic::Inbox(_) => {
                missed::read(database, topic, cursor).await
            }
        }
    }

    /// The next stretch of the log of `topic` after `cursor`.
    pub async fn after(&self, topic: Topic, cursor: Cursor) -> Result<After, DatabaseError> {
        event_log::after(&self.shared.database, topic, cursor, MAX_EVENTS).await
    }

    /// Follows `topic`. The log must be read **after** this, from where the follower stands; what it
    /// doesn't hold by then will come through `outbox`.
    pub async fn follow(&self, topic: Topic, outbox: Outbox) -> Result<Subscriber, DatabaseError> {
        // Asked before the reader is there, so that the reader hands out all that comes later.
        let latest = match topic {
            // It has no log.
            Topic::Door(_) => Cursor(0),
            Topic::Shows | Topic::Show(_) | Topic::Room(_) | Topic::Inbox(_) => {
                event_log::latest(&self.shared.database, topic).await?
            }
        };
        let number = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
        let mut readers = lock(&self.shared.readers);
        let reader = readers.entry(topic).or_insert_with(|| {
            let reader = Arc::new(TopicReader {
                topic,
                dirty: Notify::new(),
                abandoned: CancellationToken::new(),
                followers: Mutex::default(),
            });
            // What was committed since the question above was announced to nobody.
            reader.dirty.notify_one();
            let read = read(self.shared.database.clone(), reader.clone(), self.shared.ends, latest);
            self.shared.tasks.spawn(read);
            reader
        });
        lock(&reader.followers).insert(number, outbox);
        Ok(Subscriber { hub: self.clone(), topic, number })
    }
}

/// Hands out what comes after `cursor`, until nobody follows.
async fn read(database: Database, reader: Arc<TopicReader>, ends: Ends, mut cursor: Cursor) {
    let news = async {
        loop {
            reader.dirty.notified().await;
            while let Err(error) = hand_out(&database, &reader, ends, &mut cursor).await {
                tracing::warn!(topic = %reader.topic, %error, "the event log can't be read");
                tokio::time::sleep(RETRY).await;
            }
            let followers = lock(&reader.followers).len();
            tokio::time::sleep(PAUSE * u32::try_from(followers).unwrap_or(u32::MAX)).await;
        }
    };
    tokio::select! {
        () = reader.abandoned.cancelled() => {}
        () = news => {}
    }
}

/// Hands out all that the log has after `cursor`, and moves it there.
async fn hand_out(
    database: &Database,
    reader: &TopicReader,
    ends: Ends,
    cursor: &mut Cursor,
) -> Result<(), DatabaseError> {
    loop {
        match event_log::after(database, reader.topic, *cursor, MAX_EVENTS).await? {
            After::Nothing => return Ok(()),
            After::Events(stretch) => {
                let last = stretch.last;
                let over = ends(reader.topic, &stretch.events);
                let frame = Arc::new(EventsFrame::new(reader.topic, stretch, over));
                for outbox in lock(&reader.followers).values() {
                    outbox.events(Frame::Events(frame.clone()));
                }
                *cursor = last;
            }
            After::Lost => {
                // The log was cut behind this reader: whoever follows must begin with the present.
                *cursor = event_log::latest(database, reader.topic).await?;
                for outbox in lock(&reader.followers).values() {
                    outbox.cut.cancel();
                }
            }
        }
    }
}

impl EventsFrame {
    /// Encodes a stretch of the log; `ends` when the topic is over with it.
    pub fn new(topic: Topic, stretch: event_log::Stretch, ends: bool) -> Self {
        let event_log::Stretch { first, last, events } = stretch;
        let encoded = EncodedFrame::text(&ServerFrame::Events { topic, cursor: last, events });
        Self { topic, first, last, ends, encoded }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bandstand_domain::{Millis, ShowId, shows::ShowEvent};

    use super::*;

    async fn open(folder: &Path) -> (Database, TaskGroup, Hub) {
        let url = Database::sqlite_url(&folder.join("test.db"));
        let database = Database::open(&url).await.unwrap();
        let tasks = TaskGroup::default();
        let hub = Hub::new(database.clone(), tasks.clone(), |_, _| false);
        (database, tasks, hub)
    }

    /// Something happens, and is told.
    async fn append(hub: &Hub, database: &Database) {
        let event = Event::Show(ShowEvent::Deleted { show: ShowId(uuid::Uuid::nil()) });
        let mut write = database.begin().await.unwrap();
        event_log::append(&mut write, Topic::Shows, &event, Millis(0)).await.unwrap();
        write.commit().await.unwrap();
        hub.wake(Topic::Shows);
    }

    #[tokio::test]
    async fn followers_of_a_topic_share_the_bytes_of_a_frame() {
        let folder = tempfile::tempdir().unwrap();
        let (database, tasks, hub) = open(folder.path()).await;
        let (one_box, mut one) = Outbox::new(CancellationToken::new());
        let (other_box, mut other) = Outbox::new(CancellationToken::new());
        let _one = hub.follow(Topic::Shows, one_box).await.unwrap();
        let _other = hub.follow(Topic::Shows, other_box).await.unwrap();
        append(&hub, &database).await;
        let bytes = async |frames: &mut mpsc::Receiver<Frame>| match frames.recv().await {
            Some(Frame::Events(events)) => events.encoded.bytes().as_ptr(),
            other => panic!("{other:?}"),
        };
        assert_eq!(bytes(&mut one).await, bytes(&mut other).await);
        tasks.end().await;
        database.close().await;
    }

    #[tokio::test]
    async fn who_cannot_keep_up_is_cut_and_nobody_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let (database, tasks, hub) = open(folder.path()).await;
        let (slow, quick) = (CancellationToken::new(), CancellationToken::new());
        let (slow_box, _never_read) = Outbox::new(slow.clone());
        let (quick_box, mut frames) = Outbox::new(quick.clone());
        let _slow = hub.follow(Topic::Shows, slow_box.clone()).await.unwrap();
        let _quick = hub.follow(Topic::Shows, quick_box).await.unwrap();
        let mut position = Cursor(0);
        for number in 0..=QUEUE {
            assert!(!slow.is_cancelled(), "cut after {number}");
            // What is of the moment leaves room for what must not be lost.
            assert_eq!(slow_box.has_room(), number < QUEUE - RESERVED);
            append(&hub, &database).await;
            let Some(Frame::Events(events)) = frames.recv().await else { panic!() };
            assert_eq!(events.first.0, position.0 + 1);
            position = events.last;
            if number == QUEUE {
                // Both are handed the same frame in one go, in whichever order.
                slow.cancelled().await;
            }
        }
        assert!(!quick.is_cancelled());
        tasks.end().await;
        database.close().await;
    }
}
