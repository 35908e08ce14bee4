//! News of happenings: who is told of them, and reminded, by notifications.
//!
//! A change asks for a job in its own transaction, and the job tells a few accounts at a time, so that a large room
//! keeps nobody from writing. Begun anew it tells nobody twice: notifications know what they tell of.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    Millis, PersonId,
    happenings::HappeningId,
    notifications::{NotificationContent, NotificationKind},
};
use serde::{Deserialize, Serialize};

use super::store;
use crate::{
    background::jobs::{self, Attempt, Job, JobHandler, JobOutcome},
    clock,
    database::{DatabaseError, Write},
    notifications::{self, NewNotification, notify},
    rooms,
    services::Services,
};

/// Accounts that are told in one transaction.
const BATCH: i64 = 25;

/// News of a happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum News {
    /// It was planned: told to all members of the room.
    Planned,
    /// It was changed: told, as what follows, to those who come or may come.
    Changed,
    /// It was called off.
    Cancelled,
    /// It begins soon.
    Reminder,
}

impl News {
    fn kind(self) -> NotificationKind {
        match self {
            Self::Planned => NotificationKind::Happening,
            Self::Changed => NotificationKind::HappeningChanged,
            Self::Cancelled => NotificationKind::HappeningCancelled,
            Self::Reminder => NotificationKind::Reminder,
        }
    }
}

/// The job of telling news.
#[derive(Debug, Serialize, Deserialize)]
pub struct HappeningNews {
    happening: HappeningId,
    news: News,
    /// Tells this news from others of the same kind: the revision, or start and reminder.
    number: i64,
    /// Person who did it, and isn't told of it.
    by: Option<PersonId>,
}

impl Job for HappeningNews {
    const NAME: &'static str = "happening_news";
}

/// Asks for news to be told, in the transaction of what they are about.
pub(super) async fn request(
    write: &mut Write,
    happening: HappeningId,
    (news, number): (News, i64),
    by: Option<&PersonId>,
) -> Result<(), DatabaseError> {
    jobs::add(write, &HappeningNews { happening, news, number, by: by.cloned() }).await
}

/// Reminds those who come of what begins within a day and within an hour, once each.
///
/// # Errors
/// Returns an error when the database fails; what was begun before is done.
pub async fn remind(services: &Services, now: Millis) -> Result<(), DatabaseError> {
    for (happening, due) in store::to_remind(&services.database, now).await? {
        let mut write = services.database.begin().await?;
        let Some(starts_at) = store::note_reminded(&mut write, happening, due).await? else {
            continue;
        };
        // Moved, it is another start, of which is reminded anew.
        let number = starts_at.0 * 2 + due - 1;
        request(&mut write, happening, (News::Reminder, number), None).await?;
        write.commit_unrevised().await?;
        services.jobs.wake();
    }
    Ok(())
}

/// Tells news of happenings.
#[derive(Debug)]
pub struct HappeningNewsHandler {
    /// Services that the handler uses.
    pub services: Arc<Services>,
}

impl HappeningNewsHandler {
    /// By which name its jobs are kept.
    pub const JOB: &'static str = HappeningNews::NAME;
}

#[async_trait]
impl JobHandler for HappeningNewsHandler {
    async fn attempt(&self, attempt: Attempt) -> JobOutcome {
        let Ok(job) = serde_json::from_value(attempt.payload) else {
            return JobOutcome::unknown();
        };
        match tell(&self.services, &job).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Later(error.to_string()),
        }
    }
}

async fn tell(services: &Services, job: &HappeningNews) -> Result<(), DatabaseError> {
    let HappeningNews { happening: id, news, number, by } = job;
    let (id, news) = (*id, *news);
    let database = &services.database;
    let mut connection = database.read.acquire().await?;
    let found = store::find(&mut connection, id).await?;
    drop(connection);
    let Some(found) = found else { return Ok(()) };
    // Of what was called off since, only that is told.
    if found.card.cancelled && news != News::Cancelled {
        return Ok(());
    }
    let Some(room) = rooms::facts(&database.read, found.card.room).await? else { return Ok(()) };
    if room.deleted {
        return Ok(());
    }
    let name = match by {
        Some(person) => store::name_of(database, person).await?,
        None => String::new(),
    };
    let kind = news.kind();
    let new = NewNotification {
        kind,
        key: format!("{}:{id}:{number}", kind.name()),
        place: format!("/rooms/{}#happenings", room.address),
        room: Some(room.id),
        by: by.clone(),
        content: NotificationContent {
            name,
            title: found.card.title,
            text: found.card.place,
            when: Some(found.card.starts_at),
        },
    };
    let mut after = String::new();
    loop {
        let batch = match news {
            News::Planned => store::members(database, id, by.as_ref(), (&after, BATCH)).await?,
            _ => store::coming(database, id, by.as_ref(), (&after, BATCH)).await?,
        };
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.as_str().to_owned();
        let now = clock::now();
        let mut write = database.begin().await?;
        let mut topics = Vec::new();
        for account in &batch {
            topics.extend(notify(&mut write, account, &new, now).await?);
        }
        write.commit_unrevised().await?;
        notifications::announce(services, topics).await;
    }
}
