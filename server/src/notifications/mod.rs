//! Notifications: one mechanism for all that tells somebody of something.
//!
//! A feature calls [`notify`] in the transaction of what it tells of: there is no notification without its event,
//! and none is lost. After the commit it announces the topics that it got, and wakes the queue of jobs, as
//! [`announce`] does.

pub mod mails;
pub mod personal_data;
mod port;
mod quiet;
mod store;
pub mod topic;
mod unsubscribe;

use bandstand_domain::{
    Millis, PersonId,
    channel::{Cursor, Event, Topic},
    notifications::{
        Delivery, InboxEvent, KEPT, Notification, NotificationContent, NotificationKind, excerpt,
    },
    rooms::RoomId,
};

pub use unsubscribe::routes;

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
    ids::AccountId,
    services::Services,
};

/// The most notices of a room that are withdrawn in one transaction.
const WITHDRAWN_AT_ONCE: u32 = 200;

/// A notification to be made.
#[derive(Clone, Debug)]
pub struct NewNotification {
    /// Kind.
    pub kind: NotificationKind,
    /// What it tells of, as `mention:ID`. Nobody is told twice of the same, and [`withdraw`] finds it by this.
    pub key: String,
    /// Path of the page that it is about, of this venue.
    pub place: String,
    /// Room in which it happened: who has muted it is told of mentions alone.
    pub room: Option<RoomId>,
    /// Person by whom it came about; when they leave, it goes.
    pub by: Option<PersonId>,
    /// Words. What is too long is shortened.
    pub content: NotificationContent,
}

/// Tells the account `to` of something, unless its person doesn't want to know or was told before. Returns the topic
/// to announce after the commit.
///
/// Whoever tells several accounts in one transaction does so in the order of their identities: inboxes are locked.
///
/// # Errors
/// Returns an error when the database fails; the transaction must then be dropped.
pub async fn notify(
    write: &mut Write,
    to: &AccountId,
    new: &NewNotification,
    now: Millis,
) -> Result<Option<Topic>, DatabaseError> {
    let Some(inbox) = store::open(write, to).await? else { return Ok(None) };
    let delivery = inbox.settings.delivery(new.kind);
    if delivery == Delivery::Nowhere || store::is_told(write, to, &new.key).await? {
        return Ok(None);
    }
    if let Some(room) = new.room
        && new.kind != NotificationKind::Mention
        && store::has_muted(write, to, room).await?
    {
        return Ok(None);
    }
    let NotificationContent { name, title, text, when } = &new.content;
    let quiet_until = quiet::quiet_until(&inbox.settings, now);
    let notice = Notification {
        number: inbox.number,
        kind: new.kind,
        place: new.place.clone(),
        room: new.room,
        by: new.by.clone(),
        content: NotificationContent {
            name: excerpt(name),
            title: excerpt(title),
            text: excerpt(text),
            when: *when,
        },
        at: now,
        read: false,
        quiet: quiet_until.is_some(),
    };
    let to_mail = delivery == Delivery::PageAndMail && inbox.settings.mails;
    let topic = Topic::Inbox(inbox.id);
    let cursor = event_log::reserve(write, topic).await?;
    let oldest = store::insert(write, to, new, &notice, (cursor.0, to_mail)).await?;
    let unread = store::unread(write, to).await?;
    for taken in &oldest {
        take_words(write, topic, taken, unread).await?;
    }
    let event = Event::Inbox(InboxEvent::Noticed { notice, unread });
    event_log::insert(write, topic, cursor, &event, now).await?;
    if to_mail {
        mails::request(write, to, quiet_until, now).await?;
    }
    Ok(Some(topic))
}

/// Takes what tells of `key` out of all inboxes, as what it told of is gone: a message that was deleted. Returns the
/// topics to announce after the commit.
///
/// # Errors
/// Returns an error when the database fails; the transaction must then be dropped.
pub async fn withdraw(
    write: &mut Write,
    key: &str,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    let taken = store::take(write, key).await?;
    tell_withdrawn(write, taken, now).await
}

/// Takes what tells of `room` out of inboxes, as the room is gone: at most 200 notices, so that nobody waits for long.
/// Returns the topics to announce after the commit; none once nothing is left. The caller goes on until then, each time
/// in a transaction of its own.
///
/// # Errors
/// Returns an error when the database fails; the transaction must then be dropped.
pub async fn withdraw_room(
    write: &mut Write,
    room: RoomId,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    let taken = store::take_room(write, room, WITHDRAWN_AT_ONCE).await?;
    tell_withdrawn(write, taken, now).await
}

/// Takes what tells of `room` out of the inbox of an account whose person is no member any more; no mail that waits
/// tells of it then. Returns the topics to announce after the commit.
///
/// # Errors
/// Returns an error when the database fails; the transaction must then be dropped.
pub async fn withdraw_room_of(
    write: &mut Write,
    room: RoomId,
    account: &AccountId,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    let taken = store::take_room_of(write, room, account).await?;
    tell_withdrawn(write, taken, now).await
}

/// Says on open pages that notifications are gone, and takes their words out of the log.
async fn tell_withdrawn(
    write: &mut Write,
    taken: Vec<store::Taken>,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    let mut topics = Vec::new();
    for taken in taken {
        let Some(inbox) = store::lock(write, &taken.account).await? else { continue };
        let topic = Topic::Inbox(inbox);
        let unread = store::unread(write, &taken.account).await?;
        let event = take_words(write, topic, &taken, unread).await?;
        event_log::append(write, topic, &event, now).await?;
        topics.push(topic);
    }
    Ok(topics)
}

/// Takes the words of a notification that is gone out of the log; answers what stands in their place.
async fn take_words(
    write: &mut Write,
    topic: Topic,
    taken: &store::Taken,
    unread: u32,
) -> Result<Event, DatabaseError> {
    let event = Event::Inbox(InboxEvent::NoticeWithdrawn { notice: taken.number, unread });
    event_log::replace(write, topic, Cursor(taken.cursor), &event).await?;
    Ok(event)
}

/// Announces what [`notify`] and [`withdraw`] answered, after the commit.
pub async fn announce(services: &Services, topics: impl IntoIterator<Item = Topic>) {
    services.announce(topics).await;
    services.jobs.wake();
}

/// Deletes notifications that were kept for long enough, and their words in the log. Open pages aren't told.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn sweep(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let before = now.plus(-KEPT);
    // One inbox at a time: nobody waits for those of all others.
    for account in store::with_older(database, before).await? {
        let mut write = database.begin().await?;
        let Some(inbox) = store::lock(&mut write, &account).await? else { continue };
        let oldest = store::take_older(&mut write, &account, before).await?;
        let unread = store::unread(&mut write, &account).await?;
        for taken in &oldest {
            take_words(&mut write, Topic::Inbox(inbox), taken, unread).await?;
        }
        write.commit_unrevised().await?;
    }
    Ok(())
}
