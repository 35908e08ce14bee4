//! Admission to a chat: of a show, to whoever may enter it; of a room, to its members.

use std::error::Error;

use bandstand_domain::{
    Millis, PersonId, Refusal, RoomId, ShowId,
    accounts::Viewer,
    chat::{ChatBadge, ChatPlace, ChatReason},
    rooms::RoomRole,
};

use super::store;
use crate::{
    caller::Caller,
    clock,
    crowd::Crowds,
    database::DatabaseError,
    ids::AccountId,
    rights::{Action, Resource},
    rooms,
    shows::access,
};

/// Somebody with a name, in a chat that there is.
#[derive(Clone, Debug)]
pub struct ChatEntry {
    /// The place.
    pub place: ChatPlace,
    /// The viewer who enters.
    pub viewer: Viewer,
    /// Badge of the viewer in a room.
    pub badge: Option<ChatBadge>,
    /// Reason for which nobody may write at present.
    pub closed: Option<ChatReason>,
    host: Host,
}

/// Who decides about a place.
#[derive(Clone, Debug)]
enum Host {
    /// The show's artist, with those who act for them.
    Artist(AccountId, PersonId),
    /// Members of the room by their role; the viewer has this one.
    Members(RoomId, RoomRole),
}

/// Lets the caller into the chat of `place`.
///
/// # Errors
/// `NotFound`, `Gone`, `NotLoggedIn` for who has no name, `Forbidden` for a guest where there are to
/// be none, `Broken`.
pub async fn enter<E: Error>(caller: &Caller, place: ChatPlace) -> Result<ChatEntry, Refusal<E>> {
    match place {
        ChatPlace::Show(show) => {
            let entry = access::enter(caller, show).await?;
            let closed = entry.facts.is_closed(clock::now()).then_some(ChatReason::Over);
            let host = Host::Artist(entry.facts.artist_account, entry.facts.artist_person);
            let origin = guest_origin(caller, place).await?;
            if is_banned(caller, place, &entry.viewer.person, origin.as_deref()).await? {
                return Ok(ChatEntry::banned(place, entry.viewer, host));
            }
            Ok(ChatEntry { place, viewer: entry.viewer, badge: None, closed, host })
        }
        ChatPlace::Room(room) => {
            let entry = rooms::access::enter(caller, room).await?;
            let closed = entry.facts.archived.then_some(ChatReason::Archived);
            let badge = match entry.role {
                RoomRole::Owner => Some(ChatBadge::Owner),
                RoomRole::Moderator => Some(ChatBadge::Moderator),
                RoomRole::Member | RoomRole::Guest => None,
            };
            let host = Host::Members(room, entry.role);
            Ok(ChatEntry { place, viewer: entry.viewer, badge, closed, host })
        }
    }
}

/// From where the caller comes to `place`, if they are there without an account.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn guest_origin(
    caller: &Caller,
    place: ChatPlace,
) -> Result<Option<String>, DatabaseError> {
    let guest = caller.account().await?.is_none();
    Ok(guest.then(|| caller.services.origins.of(caller.address, &place.to_string())))
}

/// Tells whether `person`, who comes from `origin` if they are a guest, is banned from `place`.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn is_banned(
    caller: &Caller,
    place: ChatPlace,
    person: &PersonId,
    origin: Option<&str>,
) -> Result<bool, DatabaseError> {
    store::is_banned(&caller.services.database, place, person, origin, clock::now()).await
}

/// Lets the caller read the chat of `place`; the person they are there, if they have a name. Once show and encore
/// are over, its chat is a part of its page, unless it was for members only.
///
/// # Errors
/// As [`enter`].
pub async fn read<E: Error>(
    caller: &Caller,
    place: ChatPlace,
) -> Result<Option<PersonId>, Refusal<E>> {
    if let ChatPlace::Show(show) = place
        && is_public(caller, show, clock::now()).await?
    {
        return Ok(caller.viewer().await?.map(|viewer| viewer.person));
    }
    Ok(Some(enter(caller, place).await?.viewer.person))
}

async fn is_public<E: Error>(
    caller: &Caller,
    show: ShowId,
    now: Millis,
) -> Result<bool, Refusal<E>> {
    let facts = access::facts(&caller.services.database, show).await?;
    Ok(!facts.members_only && facts.is_closed(now))
}

impl ChatEntry {
    /// Somebody who may do nothing there any more.
    fn banned(place: ChatPlace, viewer: Viewer, host: Host) -> Self {
        Self { place, viewer, badge: None, closed: Some(ChatReason::Banned), host }
    }

    /// Tells whether the viewer is the artist of the show.
    pub fn is_artist(&self) -> bool {
        matches!(&self.host, Host::Artist(_, artist) if *artist == self.viewer.person)
    }

    /// Lets writing go on.
    ///
    /// # Errors
    /// The reason for which nobody may write at present.
    pub fn writable(&self) -> Result<(), Refusal<ChatReason>> {
        self.closed.clone().map_or(Ok(()), |why| Err(Refusal::Because(why)))
    }

    /// Tells whether the viewer mutes people here, and deletes what others wrote.
    ///
    /// # Errors
    /// `Broken`.
    pub async fn moderates<E: Error>(&self, caller: &Caller) -> Result<bool, Refusal<E>> {
        match &self.host {
            Host::Artist(artist, _) => caller.may(artist, Resource::Chat, Action::Moderate).await,
            Host::Members(_, role) => Ok(role.moderates()),
        }
    }

    /// Tells whether the viewer, who moderates, may act against `person`: nobody against themselves or who
    /// decides about the place, and in a room only against those of a smaller role.
    ///
    /// # Errors
    /// `Broken`.
    pub async fn outranks<E: Error>(
        &self,
        caller: &Caller,
        person: &PersonId,
    ) -> Result<bool, Refusal<E>> {
        if *person == self.viewer.person {
            return Ok(false);
        }
        match &self.host {
            Host::Artist(_, artist) => Ok(person != artist),
            Host::Members(room, own) => {
                let role = rooms::role(&caller.services.database.read, *room, person).await?;
                Ok(role.is_none_or(|role| role < *own))
            }
        }
    }

    /// Tells whether `person` is in the place at present, or one of its members.
    ///
    /// # Errors
    /// `Broken`.
    pub async fn has<E: Error>(
        &self,
        caller: &Caller,
        crowds: &Crowds,
        person: &PersonId,
    ) -> Result<bool, Refusal<E>> {
        match self.place {
            ChatPlace::Show(show) => Ok(crowds.contains(show, person)),
            ChatPlace::Room(room) => {
                Ok(rooms::role(&caller.services.database.read, room, person).await?.is_some())
            }
        }
    }
}
