//! Rooms, for the person who makes the current request.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_app::rooms::port::Rooms;
use bandstand_domain::{
    FieldErrors, PersonId, Refusal, RoomId, Secret,
    accounts::{Role, Viewer},
    rooms::{
        Invitation, InvitationForm, InvitationId, InvitedTo, JoinedRoom, Knock, MemberPage,
        OwnRooms, Room, RoomAnswer, RoomBan, RoomDoor, RoomError, RoomForm, RoomList, RoomReason,
        RoomRole,
    },
    text,
};
use uuid::Uuid;

use super::{
    RoomFacts, RoomLog, access, addresses,
    entering::{self, newcomer},
    inviting, moderation, picture,
    store::{self, members::Joined},
};
use crate::{
    accounts::{Account, store::lock},
    caller::Caller,
    clock,
    http::limits::{Limit, by_address},
    rights::{Action, Relation, Resource, may},
};

/// Number of addresses that are drawn before the venue gives up.
const DRAWS: u32 = 20;
/// The most characters of words that are searched for.
const MAX_WORDS: usize = 80;

/// The port of rooms.
#[derive(Debug)]
pub struct RoomsPort {
    /// Caller of the request.
    pub caller: Caller,
    /// Log of what is done about members.
    pub log: Arc<dyn RoomLog>,
}

impl RoomsPort {
    /// The account that makes rooms, as the operator allows.
    async fn maker(&self) -> Result<Account, RoomError> {
        let account = self.caller.own_account().await?;
        if self.may_make(&account) {
            Ok(account)
        } else {
            Err(Refusal::Because(RoomReason::MayNotMake))
        }
    }

    fn may_make(&self, account: &Account) -> bool {
        let makers = self.caller.services.config.rooms.makers;
        makers.include(account.artist, account.operator)
    }

    /// The facts of a room, into which the caller may do `action`: as a member, or as who runs the venue.
    async fn room_to(&self, room: RoomId, action: Action) -> Result<RoomFacts, RoomError> {
        let viewer = self.caller.viewer().await?.ok_or(Refusal::NotLoggedIn)?;
        self.caller.limited(Limit::Rooms, &viewer.person)?;
        let entered = access::enter(&self.caller, room).await;
        if let Ok(entry) = &entered
            && entry.may(Resource::Room, action)
        {
            return Ok(entry.facts.clone());
        }
        let operates = self.caller.account().await?.is_some_and(|account| account.operator);
        if operates && may(&[Relation::Operator], Resource::Room, action) {
            let facts = store::facts::facts(&self.caller.services.database.read, room).await?;
            return facts.filter(|facts| !facts.deleted).ok_or(Refusal::NotFound);
        }
        // Who isn't a member can't tell whether there is such a room.
        entered.and(Err(Refusal::Forbidden))
    }
}

#[async_trait]
impl Rooms for RoomsPort {
    async fn make(&self, form: RoomForm) -> Result<JoinedRoom, RoomError> {
        let account = self.maker().await?;
        let mut form = form.settled();
        check(&form)?;
        self.caller.limited(Limit::Rooms, &account.person)?;
        let (services, now) = (&self.caller.services, clock::now());
        let drawn = form.address.is_empty();
        for _ in 0..if drawn { DRAWS } else { 1 } {
            if drawn {
                form.address = addresses::draw();
            }
            let mut write = services.database.begin().await?;
            lock(&mut write, &account.id).await?;
            let owned = store::members::owned(&mut write, &account.id).await?;
            if owned >= i64::from(services.config.rooms.max_owned) {
                return Err(Refusal::Because(RoomReason::TooManyRooms));
            }
            let id = RoomId(Uuid::new_v4());
            if !store::write::insert(&mut write, id, &form, now).await? {
                continue;
            }
            let newcomer = newcomer(&self.caller, &account.viewer(), Some(&account.id), id);
            match store::members::join(&mut write, id, &newcomer, RoomRole::Owner, now).await? {
                Joined::Now => {}
                Joined::Full => return Err(Refusal::Because(RoomReason::TooManyRooms)),
                Joined::Before | Joined::Banned | Joined::Closed => return Err(Refusal::Broken),
            }
            write.commit().await?;
            return Ok(JoinedRoom { id, address: form.address });
        }
        Err(taken())
    }

    async fn find(&self, address: String) -> Result<RoomAnswer, RoomError> {
        self.caller.limited(Limit::RoomLooks, by_address(self.caller.address))?;
        let services = &self.caller.services;
        let found = store::listed::at(&services.database, &address).await?;
        let (id, address) = found.ok_or(Refusal::NotFound)?;
        let viewer = self.caller.viewer().await?;
        if let Some(viewer) = &viewer
            && let Some(page) = store::facts::page(&services.database, id, &viewer.person).await?
        {
            let database = &services.database;
            if page.role == RoomRole::Guest && viewer.role != Role::Guest {
                entering::settle_in(&self.caller, id).await?;
                let page = store::facts::page(database, id, &viewer.person).await?;
                return page.map(RoomAnswer::Inside).ok_or(Refusal::NotFound);
            }
            store::members::note_guest(database, id, &viewer.person, clock::now()).await?;
            return Ok(RoomAnswer::Inside(page));
        }
        let facts = store::facts::facts(&services.database.read, id).await?;
        let facts = facts.ok_or(Refusal::NotFound)?;
        if facts.deleted {
            return Err(Refusal::Gone);
        }
        Ok(RoomAnswer::Outside(self.door(facts, address, viewer.as_ref()).await?))
    }

    async fn public(&self, words: String, skipped: u32) -> Result<RoomList, RoomError> {
        self.caller.limited(Limit::RoomLooks, by_address(self.caller.address))?;
        let words: String = words.trim().chars().take(MAX_WORDS).collect();
        Ok(store::listed::public(&self.caller.services.database, &words, skipped).await?)
    }

    async fn own(&self) -> Result<OwnRooms, RoomError> {
        let Some(viewer) = self.caller.viewer().await? else { return Ok(OwnRooms::default()) };
        let rooms = store::listed::own(&self.caller.services.database, &viewer.person).await?;
        let account = self.caller.account().await?;
        let may_make = account.is_some_and(|account| self.may_make(&account));
        Ok(OwnRooms { rooms, may_make })
    }

    async fn change(&self, room: RoomId, form: RoomForm) -> Result<Room, RoomError> {
        let facts = self.room_to(room, Action::Change).await?;
        let mut form = form.settled();
        if form.address.is_empty() {
            form.address.clone_from(&facts.address);
        }
        check(&form)?;
        let services = &self.caller.services;
        let mut write = services.database.begin().await?;
        if !store::write::change(&mut write, room, &form, clock::now()).await? {
            return Err(taken());
        }
        let changed = store::facts::room(&mut *write, room).await?.ok_or(Refusal::Gone)?;
        write.commit().await?;
        super::announce(services, room).await;
        Ok(changed)
    }

    async fn remove_picture(&self, room: RoomId) -> Result<(), RoomError> {
        self.room_to(room, Action::Change).await?;
        picture::remove(&self.caller, room).await
    }

    async fn archive(&self, room: RoomId, archived: bool) -> Result<(), RoomError> {
        let facts = self.room_to(room, Action::Change).await?;
        if facts.archived == archived {
            return Ok(());
        }
        let services = &self.caller.services;
        let mut write = services.database.begin().await?;
        if !archived {
            // It counts again.
            let account = self.caller.own_account().await?;
            lock(&mut write, &account.id).await?;
            let owned = store::members::owned(&mut write, &account.id).await?;
            if owned >= i64::from(services.config.rooms.max_owned) {
                return Err(Refusal::Because(RoomReason::TooManyRooms));
            }
        }
        store::write::archive(&mut write, room, archived, clock::now()).await?;
        write.commit().await?;
        super::announce(services, room).await;
        Ok(())
    }

    async fn delete(&self, room: RoomId) -> Result<(), RoomError> {
        self.room_to(room, Action::Delete).await?;
        let services = &self.caller.services;
        let mut write = services.database.begin().await?;
        let picture = store::write::delete(&mut write, room, clock::now()).await?;
        let gone = picture::discard(&mut write, picture.as_ref()).await?;
        write.commit().await?;
        super::announce(services, room).await;
        services.files.remove(&gone).await;
        Ok(())
    }

    async fn join(&self, room: RoomId) -> Result<JoinedRoom, RoomError> {
        entering::join(&self.caller, room).await
    }

    async fn leave(&self, room: RoomId) -> Result<(), RoomError> {
        entering::leave(&self.caller, room).await
    }

    async fn mute(&self, room: RoomId, muted: bool) -> Result<(), RoomError> {
        let entry = access::enter(&self.caller, room).await?;
        self.caller.limited(Limit::Rooms, &entry.viewer.person)?;
        let mut write = self.caller.services.database.begin().await?;
        store::members::mute(&mut write, room, &entry.viewer.person, muted).await?;
        write.commit_unrevised().await?;
        Ok(())
    }

    async fn members(&self, room: RoomId, skipped: u32) -> Result<MemberPage, RoomError> {
        access::enter(&self.caller, room).await?;
        Ok(store::members::page(&self.caller.services.database, room, skipped).await?)
    }

    async fn give_role(
        &self,
        room: RoomId,
        person: PersonId,
        role: RoomRole,
    ) -> Result<(), RoomError> {
        moderation::give_role(&self.caller, room, person, role).await
    }

    async fn remove(&self, room: RoomId, person: PersonId, banned: bool) -> Result<(), RoomError> {
        moderation::remove(&self.caller, &*self.log, room, person, banned).await
    }

    async fn bans(&self, room: RoomId) -> Result<Vec<RoomBan>, RoomError> {
        moderation::bans(&self.caller, room).await
    }

    async fn lift_ban(&self, room: RoomId, person: PersonId) -> Result<(), RoomError> {
        moderation::lift_ban(&self.caller, &*self.log, room, person).await
    }

    async fn knock(&self, room: RoomId, waiting: bool) -> Result<(), RoomError> {
        entering::knock(&self.caller, room, waiting).await
    }

    async fn knocks(&self, room: RoomId) -> Result<Vec<Knock>, RoomError> {
        entering::knocks(&self.caller, room).await
    }

    async fn answer_knock(
        &self,
        room: RoomId,
        person: PersonId,
        admitted: bool,
    ) -> Result<(), RoomError> {
        entering::answer_knock(&self.caller, room, person, admitted).await
    }

    async fn invite(&self, room: RoomId, form: InvitationForm) -> Result<Invitation, RoomError> {
        inviting::invite(&self.caller, room, form).await
    }

    async fn invitations(&self, room: RoomId) -> Result<Vec<Invitation>, RoomError> {
        inviting::list(&self.caller, room).await
    }

    async fn revoke(&self, room: RoomId, invitation: InvitationId) -> Result<(), RoomError> {
        inviting::revoke(&self.caller, room, invitation).await
    }

    async fn invited_to(&self, invitation: Secret) -> Result<InvitedTo, RoomError> {
        inviting::invited_to(&self.caller, &invitation).await
    }

    async fn accept(&self, invitation: Secret) -> Result<JoinedRoom, RoomError> {
        inviting::accept(&self.caller, &invitation).await
    }
}

impl RoomsPort {
    /// The room as `viewer` sees it from outside.
    async fn door(
        &self,
        facts: RoomFacts,
        address: String,
        viewer: Option<&Viewer>,
    ) -> Result<RoomDoor, RoomError> {
        let database = &self.caller.services.database;
        let (mut has_knocked, mut banned) = (false, false);
        if let Some(viewer) = viewer {
            has_knocked = store::knocks::waits(database, facts.id, &viewer.person).await?;
            let account = self.caller.account().await?;
            let account = account.as_ref().map(|account| &account.id);
            let newcomer = newcomer(&self.caller, viewer, account, facts.id);
            banned =
                store::bans::is_banned(&database.read, facts.id, &newcomer, clock::now()).await?;
        }
        let is_guest = viewer.is_none_or(|viewer| viewer.role == Role::Guest);
        let about = if facts.public { store::listed::of(database, facts.id).await? } else { None };
        let open = !banned && !facts.archived;
        Ok(RoomDoor {
            id: facts.id,
            address,
            about,
            may_join: open && facts.public && !is_guest,
            may_knock: open && facts.knocking && (facts.guests || !is_guest),
            has_knocked,
            banned,
        })
    }
}

fn taken() -> RoomError {
    FieldErrors::one("address", text!(complaint.room_address_taken)).into()
}

/// Checks a tidied form, also for look-alikes of reserved words.
fn check(form: &RoomForm) -> Result<(), RoomError> {
    form.check()?;
    if addresses::is_reserved(&form.address) {
        return Err(FieldErrors::one("address", text!(complaint.room_address_reserved)).into());
    }
    Ok(())
}
