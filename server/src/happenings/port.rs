//! Happenings, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::happenings::port::Happenings;
use bandstand_domain::{
    FieldErrors, Millis, Refusal, RoomId,
    channel::{Event, Topic},
    happenings::{
        HappeningAnswer, HappeningError, HappeningEvent, HappeningForm, HappeningId, HappeningList,
        HappeningReason, HappeningView, check_span,
    },
};
use uuid::Uuid;

use super::{
    news::{self, News},
    store::{self, Answering, HappeningRow},
};
use crate::{
    caller::Caller,
    channel::event_log,
    clock,
    database::{DatabaseError, Write},
    http::limits::Limit,
    rights::{Action, Resource},
    rooms::{self, RoomEntry, access},
    shows::times::{self, Times},
};

/// Lets the caller into the room of a happening; for who isn't in it there is no such happening.
pub(super) async fn enter(
    caller: &Caller,
    id: HappeningId,
) -> Result<(RoomEntry, HappeningRow), HappeningError> {
    let mut connection =
        caller.services.database.read.acquire().await.map_err(DatabaseError::from)?;
    let found = store::find(&mut connection, id).await?.ok_or(Refusal::NotFound)?;
    drop(connection);
    let entry = access::enter(caller, found.card.room).await?;
    Ok((entry, found))
}

/// Lets writing go on in a room that isn't archived.
fn writable(entry: &RoomEntry) -> Result<(), HappeningError> {
    match entry.facts.archived {
        true => Err(Refusal::Because(HappeningReason::Archived)),
        false => Ok(()),
    }
}

/// Tells whether who is in the room may change a happening: who planned it, and who keeps the room in order.
fn may_change(entry: &RoomEntry, happening: &HappeningRow) -> bool {
    entry.may(Resource::Happening, Action::Change)
        || entry.may(Resource::Happening, Action::Create) && happening.person == entry.viewer.person
}

/// Checks all of a form; answers the times that it means.
fn check(form: &HappeningForm, now: Millis, before: Option<Millis>) -> Result<Times, FieldErrors> {
    let mut errors = form.check().err().unwrap_or_default();
    let times = times::read_span(&form.starts, &form.ends, &form.time_zone)
        .and_then(|times| check_span(times.starts_at, times.ends_at, now, before).map(|()| times));
    match times {
        Ok(times) => errors.into_result().map(|()| times),
        Err(others) => {
            errors.merge(others);
            Err(errors)
        }
    }
}

/// Says in the room how a happening is now, within `write`.
async fn tell(write: &mut Write, id: HappeningId, now: Millis) -> Result<Topic, DatabaseError> {
    let found = store::find(write, id).await?.ok_or_else(DatabaseError::row_not_found)?;
    let topic = Topic::Room(found.card.room);
    let event = HappeningEvent::HappeningChanged { happening: found.card };
    event_log::append(write, topic, &Event::Happening(event), now).await?;
    Ok(topic)
}

#[async_trait]
impl Happenings for Caller {
    async fn list(&self, room: RoomId) -> Result<HappeningList, HappeningError> {
        let entry = access::enter(self, room).await?;
        let person = &entry.viewer.person;
        // First, so that what is newer comes as an event.
        let cursor = event_log::latest(&self.services.database, Topic::Room(room)).await?;
        let found = store::list(&self.services.database, room, person, clock::now()).await?;
        let open = !entry.facts.archived;
        let happenings = found.into_iter().map(|(row, answer)| HappeningView {
            may_change: open && !row.card.cancelled && may_change(&entry, &row),
            card: row.card,
            answer,
        });
        Ok(HappeningList {
            happenings: happenings.collect(),
            may_plan: open && entry.may(Resource::Happening, Action::Create),
            sees_names: entry.may(Resource::Happening, Action::Create),
            cursor,
        })
    }

    async fn draft(&self, id: HappeningId) -> Result<HappeningForm, HappeningError> {
        let (entry, found) = enter(self, id).await?;
        if !may_change(&entry, &found) {
            return Err(Refusal::Forbidden);
        }
        let card = found.card;
        Ok(HappeningForm {
            starts: times::local(card.starts_at, &card.time_zone),
            ends: times::local(card.ends_at, &card.time_zone),
            title: card.title,
            description: card.description,
            place: card.place,
            time_zone: card.time_zone,
        })
    }

    async fn plan(&self, room: RoomId, form: HappeningForm) -> Result<HappeningId, HappeningError> {
        let entry = access::enter(self, room).await?;
        if !entry.may(Resource::Happening, Action::Create) {
            return Err(Refusal::Forbidden);
        }
        writable(&entry)?;
        self.limited(Limit::Happenings, &entry.viewer.person)?;
        let now = clock::now();
        let (times, form) = (check(&form, now, None)?, form.tidy());
        let id = HappeningId(Uuid::new_v4());
        let mut write = self.services.database.begin().await?;
        let person = &entry.viewer.person;
        if !rooms::may_write_still(&mut write, room, person).await? {
            return Err(Refusal::NotFound);
        }
        if !store::insert(&mut write, (id, room), person, &form, &times, now).await? {
            return Err(Refusal::Because(HappeningReason::TooMany));
        }
        let topic = tell(&mut write, id, now).await?;
        news::request(&mut write, id, (News::Planned, 0), Some(person)).await?;
        write.commit_unrevised().await?;
        self.services.announce([topic]).await;
        self.services.jobs.wake();
        Ok(id)
    }

    async fn change(&self, id: HappeningId, form: HappeningForm) -> Result<(), HappeningError> {
        let (entry, found) = enter(self, id).await?;
        if !may_change(&entry, &found) {
            return Err(Refusal::Forbidden);
        }
        writable(&entry)?;
        self.limited(Limit::Happenings, &entry.viewer.person)?;
        let now = clock::now();
        if found.card.cancelled || found.card.ends_at <= now {
            return Err(Refusal::Because(HappeningReason::Over));
        }
        let times = check(&form, now, Some(found.card.starts_at))?;
        let mut write = self.services.database.begin().await?;
        if !store::update(&mut write, &found.card, &form.tidy(), &times, now).await? {
            return Err(Refusal::Because(HappeningReason::Over));
        }
        let topic = tell(&mut write, id, now).await?;
        let news = (News::Changed, found.card.revision + 1);
        news::request(&mut write, id, news, Some(&entry.viewer.person)).await?;
        write.commit_unrevised().await?;
        self.services.announce([topic]).await;
        self.services.jobs.wake();
        Ok(())
    }

    async fn cancel(&self, id: HappeningId) -> Result<(), HappeningError> {
        let (entry, found) = enter(self, id).await?;
        if !may_change(&entry, &found) {
            return Err(Refusal::Forbidden);
        }
        writable(&entry)?;
        self.limited(Limit::Happenings, &entry.viewer.person)?;
        let now = clock::now();
        let mut write = self.services.database.begin().await?;
        if !store::cancel(&mut write, id, now).await? {
            return Ok(());
        }
        let topic = Topic::Room(found.card.room);
        let event = Event::Happening(HappeningEvent::HappeningCancelled { happening: id });
        event_log::append(&mut write, topic, &event, now).await?;
        news::request(&mut write, id, (News::Cancelled, 0), Some(&entry.viewer.person)).await?;
        write.commit_unrevised().await?;
        self.services.announce([topic]).await;
        self.services.jobs.wake();
        Ok(())
    }

    async fn answer(&self, id: HappeningId, answer: HappeningAnswer) -> Result<(), HappeningError> {
        let (entry, found) = enter(self, id).await?;
        writable(&entry)?;
        self.limited(Limit::HappeningAnswers, &entry.viewer.person)?;
        let now = clock::now();
        if found.card.cancelled || found.card.ends_at <= now {
            return Err(Refusal::Because(HappeningReason::Over));
        }
        let account = self.account().await?.map(|account| account.id);
        let answering = Answering {
            person: &entry.viewer.person,
            account: account.as_ref(),
            name: &entry.viewer.name,
        };
        let mut write = self.services.database.begin().await?;
        if !rooms::may_write_still(&mut write, entry.facts.id, answering.person).await? {
            return Err(Refusal::NotFound);
        }
        if store::answer(&mut write, id, answering, answer, now).await? {
            let topic = tell(&mut write, id, now).await?;
            write.commit_unrevised().await?;
            self.services.announce([topic]).await;
        }
        Ok(())
    }

    async fn who(
        &self,
        id: HappeningId,
    ) -> Result<Vec<(HappeningAnswer, Vec<String>)>, HappeningError> {
        let (entry, _) = enter(self, id).await?;
        // Guests see how many.
        if !entry.may(Resource::Happening, Action::Create) {
            return Err(Refusal::Forbidden);
        }
        let mut all = Vec::new();
        for answer in HappeningAnswer::ALL {
            all.push((answer, store::names(&self.services.database, id, answer).await?));
        }
        Ok(all)
    }
}
