//! Roles of members, their removal, and bans.

use bandstand_domain::{
    PersonId, Refusal, RoomId,
    channel::Topic,
    chat::ModerationAct,
    rooms::{RoomBan, RoomError, RoomReason, RoomRole},
};

use super::{
    RoomEntry, RoomLog, access, entering,
    store::{bans, members},
};
use crate::{
    caller::Caller,
    channel::event_log,
    clock,
    http::limits::Limit,
    notifications,
    rights::{Action, Resource},
};

/// The caller, who keeps the room in order.
async fn moderator(caller: &Caller, room: RoomId) -> Result<RoomEntry, RoomError> {
    let entry = access::enter(caller, room).await?;
    if !entry.may(Resource::Members, Action::Moderate) {
        return Err(Refusal::Forbidden);
    }
    Ok(entry)
}

/// Gives a member another role. Owners give any, moderators none; a guest becomes nothing else without an account.
pub(super) async fn give_role(
    caller: &Caller,
    room: RoomId,
    person: PersonId,
    role: RoomRole,
) -> Result<(), RoomError> {
    let entry = access::enter(caller, room).await?;
    if !entry.may(Resource::Room, Action::Change) {
        return Err(Refusal::Forbidden);
    }
    caller.limited(Limit::Moderation, (room, &entry.viewer.person))?;
    let mut write = caller.services.database.begin().await?;
    event_log::lock(&mut write, Topic::Room(room)).await?;
    let before = members::find(&mut write, room, &person).await?.ok_or(Refusal::NotFound)?;
    if before.account.is_none() || role == RoomRole::Guest {
        return Err(Refusal::Forbidden);
    }
    if before.role == role {
        return Ok(());
    }
    members::give_role(&mut write, room, &person, role, clock::now()).await?;
    if members::owners(&mut write, room).await? == 0 {
        return Err(Refusal::Because(RoomReason::LastOwner));
    }
    write.commit().await?;
    // Who follows the room does so by the role that they had: they come in anew.
    entering::left(caller, room, person).await;
    Ok(())
}

/// Removes a member of a smaller role than one's own, and bans them when `banned`.
pub(super) async fn remove(
    caller: &Caller,
    log: &dyn RoomLog,
    room: RoomId,
    person: PersonId,
    banned: bool,
) -> Result<(), RoomError> {
    let entry = moderator(caller, room).await?;
    caller.limited(Limit::Moderation, (room, &entry.viewer.person))?;
    let (services, now) = (&caller.services, clock::now());
    let mut write = services.database.begin().await?;
    // What is found then holds until the end.
    event_log::lock(&mut write, Topic::Room(room)).await?;
    let member = members::find(&mut write, room, &person).await?.ok_or(Refusal::NotFound)?;
    if member.role >= entry.role {
        return Err(Refusal::Forbidden);
    }
    members::leave(&mut write, room, &person, now).await?;
    if banned {
        bans::ban(&mut write, room, &person, &member, now).await?;
    }
    let act = if banned { ModerationAct::Banned } else { ModerationAct::Removed };
    let by = (&entry.viewer.person, entry.viewer.name.as_str());
    log.note(&mut write, room, by, act, (&person, &member.name)).await?;
    let told = entering::forget_notices(&mut write, room, member.account.as_ref(), now).await?;
    write.commit().await?;
    entering::left(caller, room, person).await;
    notifications::announce(services, told).await;
    Ok(())
}

/// Bans from the room.
pub(super) async fn bans(caller: &Caller, room: RoomId) -> Result<Vec<RoomBan>, RoomError> {
    moderator(caller, room).await?;
    Ok(bans::list(&caller.services.database, room).await?)
}

/// Lifts a ban.
pub(super) async fn lift_ban(
    caller: &Caller,
    log: &dyn RoomLog,
    room: RoomId,
    person: PersonId,
) -> Result<(), RoomError> {
    let entry = moderator(caller, room).await?;
    caller.limited(Limit::Moderation, (room, &entry.viewer.person))?;
    let mut write = caller.services.database.begin().await?;
    event_log::lock(&mut write, Topic::Room(room)).await?;
    let name = bans::lift(&mut write, room, &person).await?.ok_or(Refusal::NotFound)?;
    let by = (&entry.viewer.person, entry.viewer.name.as_str());
    log.note(&mut write, room, by, ModerationAct::Unbanned, (&person, &name)).await?;
    write.commit().await?;
    Ok(())
}
