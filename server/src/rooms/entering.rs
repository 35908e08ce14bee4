//! Joining and leaving rooms, and waiting at their doors.

use bandstand_domain::{
    Millis, PersonId, Refusal, RoomId,
    accounts::{Role, Viewer},
    channel::Topic,
    notifications::{NotificationContent, NotificationKind},
    rooms::{JoinedRoom, Knock, RoomError, RoomReason, RoomRole},
};

use super::{
    RoomFacts, access, announce,
    store::{
        self, knocks,
        members::{self, Joined, RoomEntrant},
    },
};
use crate::{
    background::bus::BusMessage,
    caller::Caller,
    channel::event_log,
    clock,
    database::{DatabaseError, Write},
    http::limits::{Limit, by_address},
    ids::AccountId,
    notifications::{self, NewNotification, notify},
    rights::{Action, Resource},
};

/// `viewer`, who wants to come into `room`.
pub(super) fn newcomer(
    caller: &Caller,
    viewer: &Viewer,
    account: Option<&AccountId>,
    room: RoomId,
) -> RoomEntrant {
    let origin = || caller.services.origins.of(caller.address, &room.to_string());
    RoomEntrant {
        person: viewer.person.clone(),
        account: account.cloned(),
        name: viewer.name.clone(),
        origin: account.is_none().then(origin),
    }
}

/// The caller, who wants to come into the room with these `facts`, and the role that they would have there.
pub(super) async fn entrant(
    caller: &Caller,
    facts: &RoomFacts,
) -> Result<(RoomEntrant, RoomRole), RoomError> {
    let viewer = caller.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
    let account = caller.account().await?.map(|account| account.id);
    let is_guest = viewer.role == Role::Guest;
    if is_guest && !facts.guests {
        return Err(Refusal::Because(RoomReason::NoGuests));
    }
    let role = if is_guest { RoomRole::Guest } else { RoomRole::Member };
    Ok((newcomer(caller, &viewer, account.as_ref(), facts.id), role))
}

/// The facts of a room that is there and open to newcomers.
pub(super) async fn open(caller: &Caller, room: RoomId) -> Result<RoomFacts, RoomError> {
    let facts = store::facts::facts(&caller.services.database.read, room).await?;
    let facts = facts.ok_or(Refusal::NotFound)?;
    if facts.deleted {
        return Err(Refusal::Gone);
    }
    if facts.archived {
        return Err(Refusal::Because(RoomReason::Archived));
    }
    Ok(facts)
}

/// Commits what [`members::join`] has done, if it has made a member.
pub(super) async fn commit_joined(
    caller: &Caller,
    write: Write,
    room: RoomId,
    joined: Joined,
) -> Result<(), RoomError> {
    match joined {
        Joined::Now => {
            write.commit().await?;
            announce(&caller.services, room).await;
            Ok(())
        }
        Joined::Before => Ok(()),
        Joined::Banned => Err(Refusal::Because(RoomReason::Banned)),
        Joined::Full => Err(Refusal::Because(RoomReason::Full)),
        Joined::Closed => Err(Refusal::Gone),
    }
}

/// Joins a public room.
pub(super) async fn join(caller: &Caller, room: RoomId) -> Result<JoinedRoom, RoomError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::RoomJoins, &account.id)?;
    let facts = open(caller, room).await?;
    if !facts.public {
        return Err(Refusal::NotFound);
    }
    let newcomer = newcomer(caller, &account.viewer(), Some(&account.id), room);
    let mut write = caller.services.database.begin().await?;
    let joined = members::join(&mut write, room, &newcomer, RoomRole::Member, clock::now()).await?;
    commit_joined(caller, write, room, joined).await?;
    Ok(JoinedRoom { id: room, address: facts.address })
}

/// Makes a member of the caller, who has made an account since they came as a guest.
pub(super) async fn settle_in(caller: &Caller, room: RoomId) -> Result<(), RoomError> {
    let account = caller.own_account().await?;
    let entrant = newcomer(caller, &account.viewer(), Some(&account.id), room);
    let mut write = caller.services.database.begin().await?;
    let joined = members::join(&mut write, room, &entrant, RoomRole::Member, clock::now()).await?;
    match joined {
        // As a guest they stay where nobody changes anything any more.
        Joined::Closed => Ok(()),
        joined => commit_joined(caller, write, room, joined).await,
    }
}

/// Leaves a room. Its last owner can't, unless nobody else is there: then the room is to be deleted.
pub(super) async fn leave(caller: &Caller, room: RoomId) -> Result<(), RoomError> {
    let entry = access::enter(caller, room).await?;
    let person = entry.viewer.person;
    caller.limited(Limit::RoomJoins, &person)?;
    let (account, now) = (caller.account().await?, clock::now());
    let mut write = caller.services.database.begin().await?;
    if !members::leave(&mut write, room, &person, now).await? {
        return Ok(());
    }
    // Counted after, within the room's turn: two owners who leave at once can't both.
    if members::owners(&mut write, room).await? == 0 {
        return Err(Refusal::Because(RoomReason::LastOwner));
    }
    let account = account.map(|account| account.id);
    let told = forget_notices(&mut write, room, account.as_ref(), now).await?;
    write.commit().await?;
    left(caller, room, person).await;
    notifications::announce(&caller.services, told).await;
    Ok(())
}

/// Takes what tells of the room out of the inbox of who is no member any more: it holds what members say. Returns the
/// topics to announce after the commit.
pub(super) async fn forget_notices(
    write: &mut Write,
    room: RoomId,
    account: Option<&AccountId>,
    now: Millis,
) -> Result<Vec<Topic>, DatabaseError> {
    match account {
        Some(account) => notifications::withdraw_room_of(write, room, account, now).await,
        None => Ok(Vec::new()),
    }
}

/// Tells that `person` is no member any more.
pub(super) async fn left(caller: &Caller, room: RoomId, person: PersonId) {
    announce(&caller.services, room).await;
    caller.services.bus.publish(BusMessage::RoomLeft(room, person)).await;
}

/// Asks to be let in, or asks no more.
pub(super) async fn knock(caller: &Caller, room: RoomId, waiting: bool) -> Result<(), RoomError> {
    let facts = open(caller, room).await?;
    let (newcomer, _) = entrant(caller, &facts).await?;
    // By address: guests cost nothing to make.
    caller.limited(Limit::Knocks, by_address(caller.address))?;
    let (services, now) = (&caller.services, clock::now());
    if !waiting {
        let mut write = services.database.begin().await?;
        event_log::lock(&mut write, Topic::Room(room)).await?;
        if knocks::remove(&mut write, room, &newcomer.person).await? {
            knocks::tell(&mut write, room, now).await?;
            let key = knock_key(room, &newcomer.person);
            let told = notifications::withdraw(&mut write, &key, now).await?;
            write.commit().await?;
            announce(services, room).await;
            notifications::announce(services, told).await;
        }
        return Ok(());
    }
    if !facts.knocking {
        return Err(Refusal::Forbidden);
    }
    if store::bans::is_banned(&services.database.read, room, &newcomer, now).await? {
        return Err(Refusal::Because(RoomReason::Banned));
    }
    if store::facts::role(&services.database.read, room, &newcomer.person).await?.is_some()
        || knocks::waits(&services.database, room, &newcomer.person).await?
    {
        return Ok(());
    }
    let mut write = services.database.begin().await?;
    if !knocks::add(&mut write, room, &newcomer, now).await? {
        return Err(Refusal::Because(RoomReason::Full));
    }
    let told = tell_knock(&mut write, &facts, &newcomer, now).await?;
    write.commit().await?;
    announce(services, room).await;
    notifications::announce(services, told).await;
    Ok(())
}

/// Name of what is told of a knock, by which it is withdrawn.
fn knock_key(room: RoomId, person: &PersonId) -> String {
    format!("knock:{room}:{person}")
}

/// Tells those who look after the room that somebody waits. Returns the topics to announce after the commit.
async fn tell_knock(
    write: &mut Write,
    facts: &RoomFacts,
    newcomer: &RoomEntrant,
    now: Millis,
) -> Result<Vec<Topic>, RoomError> {
    let new = NewNotification {
        kind: NotificationKind::Knock,
        key: knock_key(facts.id, &newcomer.person),
        place: format!("/rooms/{}", facts.address),
        room: Some(facts.id),
        by: Some(newcomer.person.clone()),
        content: NotificationContent {
            name: newcomer.name.clone(),
            title: facts.title.clone(),
            text: String::new(),
            when: None,
        },
    };
    let mut topics = Vec::new();
    for account in members::caretakers(write, facts.id).await? {
        topics.extend(notify(write, &account, &new, now).await?);
    }
    Ok(topics)
}

/// Those who ask to be let in.
pub(super) async fn knocks(caller: &Caller, room: RoomId) -> Result<Vec<Knock>, RoomError> {
    let entry = access::enter(caller, room).await?;
    if !entry.may(Resource::Members, Action::Create) {
        return Err(Refusal::Forbidden);
    }
    Ok(knocks::list(&caller.services.database, room).await?)
}

/// Lets somebody in who asks, or sends them away.
pub(super) async fn answer_knock(
    caller: &Caller,
    room: RoomId,
    person: PersonId,
    admitted: bool,
) -> Result<(), RoomError> {
    let entry = access::enter(caller, room).await?;
    if !entry.may(Resource::Members, Action::Create) {
        return Err(Refusal::Forbidden);
    }
    entry.writable()?;
    caller.limited(Limit::Moderation, (room, &entry.viewer.person))?;
    let (services, now) = (&caller.services, clock::now());
    let mut write = services.database.begin().await?;
    // First, as with all that changes the room.
    event_log::lock(&mut write, Topic::Room(room)).await?;
    let newcomer = knocks::find(&mut write, room, &person).await?.ok_or(Refusal::NotFound)?;
    if admitted {
        let guest = newcomer.account.is_none();
        let role = if guest { RoomRole::Guest } else { RoomRole::Member };
        let joined = members::join(&mut write, room, &newcomer, role, now).await?;
        if joined != Joined::Now {
            return commit_joined(caller, write, room, joined).await;
        }
    } else {
        knocks::remove(&mut write, room, &person).await?;
        knocks::tell(&mut write, room, now).await?;
    }
    // Nobody else needs to come for them.
    let told = notifications::withdraw(&mut write, &knock_key(room, &person), now).await?;
    write.commit().await?;
    announce(services, room).await;
    notifications::announce(services, told).await;
    Ok(())
}
