//! Mails about notifications: what came within ten minutes in one, and nothing that was read meanwhile.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    Language, Millis, Text,
    notifications::{Delivery, Notification, NotificationSettings},
    text,
    texts::{Catalogue, Tell},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{quiet::quiet_until, store, unsubscribe};
use crate::{
    accounts::{
        emails::{LetterWords, letter},
        store::{contact, find},
    },
    background::jobs::{self, Attempt, Job, JobHandler, JobOutcome, Request},
    clock,
    database::{DatabaseError, Write},
    ids::AccountId,
    mail::{Letter, MailError},
    services::Services,
};

/// Time for which notifications are collected, in milliseconds: nobody gets more than one mail in it.
const COLLECTED: i64 = 10 * Millis::MINUTE;
/// The most notifications that a mail names; it says how many more there are.
const MAX_NAMED: usize = 20;

/// The job of a mail: composed when it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct NotificationMail {
    account: AccountId,
}

impl Job for NotificationMail {
    const NAME: &'static str = "notification_mail";
}

/// Asks for a mail to an account, when what comes until then is collected and its quiet hours are over. One that
/// waits already takes it along.
pub(super) async fn request(
    write: &mut Write,
    account: &AccountId,
    quiet_until: Option<Millis>,
    now: Millis,
) -> Result<(), DatabaseError> {
    let due_at = now.plus(COLLECTED).max(quiet_until.unwrap_or_default());
    let wanted = Request { due_at: Some(due_at), dedup_key: Some(account.as_str().to_owned()) };
    jobs::request(write, &NotificationMail { account: account.clone() }, wanted).await.map(drop)
}

/// Composes mails about notifications and sends them.
#[derive(Debug)]
pub struct NotificationMailHandler {
    /// Services that the handler uses.
    pub services: Arc<Services>,
}

impl NotificationMailHandler {
    /// By which name its jobs are kept.
    pub const JOB: &'static str = NotificationMail::NAME;
}

#[async_trait]
impl JobHandler for NotificationMailHandler {
    async fn attempt(&self, attempt: Attempt) -> JobOutcome {
        let Ok(NotificationMail { account }) = serde_json::from_value(attempt.payload) else {
            return JobOutcome::unknown();
        };
        let (letter, up_to) = match compose(&self.services, &account).await {
            Ok(Some(composed)) => composed,
            Ok(None) => return JobOutcome::Done,
            Err(error) => return JobOutcome::Later(error.to_string()),
        };
        if let Err(error) = self.services.mail.send(&attempt.id, &letter).await {
            return match error {
                MailError::Refused(_) => JobOutcome::Never(error.to_string()),
                _ => JobOutcome::Later(error.to_string()),
            };
        }
        match store::mailed(&self.services.database, &account, up_to).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Later(error.to_string()),
        }
    }
}

/// Composes the mail to an account, and tells up to which notification it goes; nothing when there is nothing to
/// tell, or not now.
async fn compose(
    services: &Services,
    account: &AccountId,
) -> Result<Option<(Letter, i64)>, DatabaseError> {
    let database = &services.database;
    let Some((inbox, settings)) = store::find(database, account).await? else { return Ok(None) };
    if !settings.mails {
        return Ok(None);
    }
    let mut pending = store::to_mail(database, account).await?;
    // The person may have chosen another way since.
    pending.retain(|notice| settings.delivery(notice.kind) == Delivery::PageAndMail);
    let Some(latest) = pending.first().map(|notice| notice.number) else { return Ok(None) };
    let now = clock::now();
    if let Some(end) = quiet_until(&settings, now) {
        // They began while this waited, or are others than they were.
        let mut write = database.begin().await?;
        request(&mut write, account, Some(end), now).await?;
        write.commit_unrevised().await?;
        return Ok(None);
    }
    // Who was shut out, or leaves, isn't written to.
    let is_there = find(database, account).await?.is_some();
    let contact = contact(database, account).await?.filter(|it| is_there && it.confirmed);
    let Some(contact) = contact else { return Ok(None) };
    let home = &services.config.public_url;
    let address = unsubscribe::address(services, inbox);
    let words = words(contact.language, &settings, &pending, home, &address);
    let letter = Letter { unsubscribe: Some(address), ..letter(&contact, &words) };
    Ok(Some((letter, latest)))
}

/// The words of a mail about `pending`, the latest first; at least one.
fn words(
    language: Language,
    settings: &NotificationSettings,
    pending: &[Notification],
    home: &str,
    unsubscribe: &str,
) -> LetterWords {
    let say = |text: Text| Catalogue::of(language).say(&text);
    let subject = match pending {
        [only] => only.text(),
        _ => text!(mail.notifications.subject, count = pending.len()),
    };
    let named = pending.iter().take(MAX_NAMED).rev();
    let mut before: Vec<_> =
        named.map(|notice| paragraph(language, &settings.time_zone, notice)).collect();
    if pending.len() > MAX_NAMED {
        before.push(say(text!(mail.notifications.more, count = pending.len() - MAX_NAMED)));
    }
    LetterWords {
        subject: say(subject),
        before,
        action: Some((say(text!(mail.notifications.action)), format!("{home}/notifications"))),
        after: vec![format!("{}\n{unsubscribe}", say(text!(mail.notifications.unsubscribe)))],
    }
}

/// One notification: what happened, when it is about a time that time, and what was written.
fn paragraph(language: Language, zone: &str, notice: &Notification) -> String {
    let mut said = Catalogue::of(language).say(&notice.text());
    if let Some(when) = notice.content.when {
        said = format!("{said} ({})", local_time(language, when, zone));
    }
    match notice.content.text.as_str() {
        "" => said,
        text => format!("{said}\n{text}"),
    }
}

/// An instant as the clock in `zone` shows it: `Sat 21 Nov, 21:00 (Lisbon)`.
fn local_time(language: Language, at: Millis, zone: &str) -> String {
    let catalogue = Catalogue::of(language);
    let tz = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let instant = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let there = instant.to_zoned_datetime(tz);
    let pick = |names: Text, at: i8| {
        let names = catalogue.say(&names);
        let name = usize::try_from(at).ok().and_then(|at| names.split(' ').nth(at));
        name.unwrap_or_default().to_owned()
    };
    let weekday = pick(text!(time.weekdays), there.date().weekday().to_monday_zero_offset());
    let month = pick(text!(time.months), there.date().month() - 1);
    let day = text!(time.day, day = i64::from(there.date().day()), month = month);
    let place = zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    let time = format!("{} ({place})", there.strftime("%H:%M"));
    catalogue.say(&text!(time.weekday_day_and_time, weekday = weekday, day = day, time = time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_said_in_the_readers_language_and_zone() {
        let at = Millis(1_795_294_800_000);
        let said = |language, zone| local_time(language, at, zone);
        assert_eq!(said(Language::English, "Europe/Lisbon"), "Sat 21 Nov, 21:00 (Lisbon)");
        assert_eq!(said(Language::German, "America/New_York"), "Sa, 21. Nov., 16:00 (New York)");
    }
}
