//! Links that lead into rooms.

use bandstand_domain::{
    Refusal, RoomId, Secret,
    rooms::{
        Invitation, InvitationForm, InvitationId, InvitedTo, JoinedRoom, RoomError, RoomReason,
    },
};
use uuid::Uuid;

use super::{
    RoomEntry, access, entering,
    store::{
        facts,
        invitations::{self, NewInvitation},
        listed,
        members::{self, Joined},
    },
};
use crate::{
    accounts::Account,
    caller::Caller,
    clock,
    crypto::random,
    http::limits::{Limit, by_address},
    ids::AccountId,
    rights::{Action, Resource},
};

/// The caller, who may invite into the room.
async fn host(caller: &Caller, room: RoomId) -> Result<(RoomEntry, Account), RoomError> {
    let entry = access::enter(caller, room).await?;
    if !entry.may(Resource::Invitations, Action::Create) {
        return Err(Refusal::Forbidden);
    }
    Ok((entry, caller.own_account().await?))
}

/// Makes an invitation.
pub(super) async fn invite(
    caller: &Caller,
    room: RoomId,
    form: InvitationForm,
) -> Result<Invitation, RoomError> {
    let (entry, account) = host(caller, room).await?;
    form.check()?;
    entry.writable()?;
    caller.limited(Limit::Rooms, &account.person)?;
    let (services, now) = (&caller.services, clock::now());
    let (id, secret) = (InvitationId(Uuid::new_v4()), random::secret());
    let sealed = services.seal.seal(secret.as_bytes(), &id.to_string());
    let sealed = sealed.map_err(|_| Refusal::Broken)?;
    let new = NewInvitation { id, secret: secret.clone(), sealed };
    let mut write = services.database.begin().await?;
    if !invitations::insert(&mut write, room, &account.id, &new, form, now).await? {
        return Err(Refusal::Because(RoomReason::TooManyInvitations));
    }
    write.commit().await?;
    let made = open_ones(caller, room, (None, Some(id))).await?;
    made.into_iter().next().ok_or(Refusal::Broken)
}

/// Open invitations: all for who keeps the room in order, else one's own.
pub(super) async fn list(caller: &Caller, room: RoomId) -> Result<Vec<Invitation>, RoomError> {
    let (entry, account) = host(caller, room).await?;
    let by = (!entry.moderates()).then_some(&account.id);
    open_ones(caller, room, (by, None)).await
}

async fn open_ones(
    caller: &Caller,
    room: RoomId,
    chosen: (Option<&AccountId>, Option<InvitationId>),
) -> Result<Vec<Invitation>, RoomError> {
    let services = &caller.services;
    let reading = (&services.seal, services.config.public_url.as_str());
    Ok(invitations::list(&services.database, reading, room, chosen, clock::now()).await?)
}

/// Revokes an invitation: one's own, or any for who keeps the room in order.
pub(super) async fn revoke(
    caller: &Caller,
    room: RoomId,
    invitation: InvitationId,
) -> Result<(), RoomError> {
    let (entry, account) = host(caller, room).await?;
    let by = (!entry.moderates()).then_some(&account.id);
    caller.limited(Limit::Rooms, &account.person)?;
    let mut write = caller.services.database.begin().await?;
    if !invitations::revoke(&mut write, room, invitation, by).await? {
        return Err(Refusal::NotFound);
    }
    write.commit().await?;
    Ok(())
}

/// The room to which a good invitation leads, for who has its link.
pub(super) async fn invited_to(caller: &Caller, secret: &Secret) -> Result<InvitedTo, RoomError> {
    caller.limited(Limit::RoomLooks, by_address(caller.address))?;
    let database = &caller.services.database;
    let hash = random::hash(secret.reveal());
    let room = invitations::find(database, &hash, clock::now()).await?;
    let room = room.ok_or(Refusal::Because(RoomReason::InvitationOver))?;
    let facts = entering::open(caller, room).await?;
    let inside = match caller.viewer().await? {
        Some(viewer) => facts::role(&database.read, room, &viewer.person).await?.is_some(),
        None => false,
    };
    let room = listed::of(database, room).await?.ok_or(Refusal::Gone)?;
    Ok(InvitedTo { room, inside, guests: facts.guests })
}

/// Joins the room to which an invitation leads. Who is a member already uses nothing up.
pub(super) async fn accept(caller: &Caller, secret: &Secret) -> Result<JoinedRoom, RoomError> {
    caller.limited(Limit::RoomJoins, by_address(caller.address))?;
    let (services, now) = (&caller.services, clock::now());
    let hash = random::hash(secret.reveal());
    // Looked at before anything is written: nobody keeps the only writer busy with what isn't theirs.
    let room = invitations::find(&services.database, &hash, now).await?;
    let room = room.ok_or(Refusal::Because(RoomReason::InvitationOver))?;
    let facts = entering::open(caller, room).await?;
    let (newcomer, role) = entering::entrant(caller, &facts).await?;
    let mut write = services.database.begin().await?;
    // The room's turn first, as with all that changes it.
    let joined = members::join(&mut write, room, &newcomer, role, now).await?;
    if joined == Joined::Now && invitations::redeem(&mut write, &hash, now).await?.is_none() {
        return Err(Refusal::Because(RoomReason::InvitationOver));
    }
    entering::commit_joined(caller, write, room, joined).await?;
    Ok(JoinedRoom { id: room, address: facts.address })
}
