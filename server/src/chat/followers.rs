//! People who follow the chats of places at present: those who are told things of the moment, and whose
//! connections are cut once they may be there no more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bandstand_domain::{PersonId, channel::ServerFrame, chat::ChatPlace};
use tokio_util::sync::CancellationToken;

use crate::{
    background::bus::{Bus, BusListener, BusMessage},
    channel::{encoded_frame::EncodedFrame, hub::Outbox},
    ids::SessionName,
};

/// One who follows a chat, by one connection.
#[derive(Clone, Debug)]
pub struct ChatFollower {
    /// The person.
    pub person: PersonId,
    /// Name at that time.
    pub name: String,
    /// True if they moderate there.
    pub moderates: bool,
    /// Session by which they are there.
    pub session: Option<SessionName>,
    /// From where they come, if they have no account.
    pub origin: Option<String>,
    /// Cancelled when they may be there no more.
    pub cut: CancellationToken,
}

/// All who follow chats, by place. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct ChatFollowers(Arc<Places>);

#[derive(Debug, Default)]
struct Places(Mutex<HashMap<ChatPlace, HashMap<u64, Present>>>);

#[derive(Debug)]
struct Present {
    follower: ChatFollower,
    outbox: Outbox,
}

/// One follower's entry; dropped, they follow no more.
#[derive(Debug)]
pub struct ChatFollowing {
    places: Arc<Places>,
    place: ChatPlace,
    number: u64,
}

impl ChatFollowers {
    /// Notes that somebody follows the chat of `place` as subscription `number`.
    pub fn follow(
        &self,
        place: ChatPlace,
        number: u64,
        follower: ChatFollower,
        outbox: Outbox,
    ) -> ChatFollowing {
        let present = Present { follower, outbox };
        self.0.lock().entry(place).or_default().insert(number, present);
        ChatFollowing { places: self.0.clone(), place, number }
    }

    /// Hears from `bus` who leaves rooms.
    pub fn subscribe(&self, bus: &Bus) {
        bus.subscribe(&self.0);
    }

    /// All entries of `person` among those who follow the chat of `place`.
    pub fn of(&self, place: ChatPlace, person: &PersonId) -> Vec<ChatFollower> {
        let places = self.0.lock();
        let present = places.get(&place).into_iter().flat_map(HashMap::values);
        let theirs = present.filter(|it| it.follower.person == *person);
        theirs.map(|it| it.follower.clone()).collect()
    }

    /// Cuts the connections by which `person` follows the chat of `place`.
    pub fn cut(&self, place: ChatPlace, person: &PersonId) {
        self.0.cut(place, person);
    }

    /// Tells something of the moment to those who follow the chat of `place` and whom `wanted` picks. Who has no
    /// room for it doesn't get it.
    pub fn tell(
        &self,
        place: ChatPlace,
        frame: &ServerFrame,
        wanted: impl Fn(&ChatFollower) -> bool,
    ) {
        let encoded = EncodedFrame::text(frame);
        if let Some(present) = self.0.lock().get(&place) {
            for (number, present) in present.iter().filter(|(_, it)| wanted(&it.follower)) {
                present.outbox.ephemeral(*number, encoded.clone());
            }
        }
    }
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, HashMap<ChatPlace, HashMap<u64, Present>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, place: ChatPlace, person: &PersonId) {
        if let Some(present) = self.lock().get(&place) {
            let theirs = present.values().filter(|it| it.follower.person == *person);
            theirs.for_each(|it| it.follower.cut.cancel());
        }
    }
}

#[async_trait]
impl BusListener for Places {
    async fn receive(&self, message: &BusMessage) {
        if let BusMessage::RoomLeft(room, person) = message {
            self.cut(ChatPlace::Room(*room), person);
        }
    }
}

impl Drop for ChatFollowing {
    fn drop(&mut self) {
        let mut places = self.places.lock();
        let Some(present) = places.get_mut(&self.place) else { return };
        present.remove(&self.number);
        if present.is_empty() {
            places.remove(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::RoomId;
    use uuid::Uuid;

    use super::*;
    use crate::channel::hub::Frame;

    #[tokio::test]
    async fn who_leaves_a_room_is_cut_there_alone_and_nobody_is_kept() {
        let followers = ChatFollowers::default();
        let [one, other] = [1, 2].map(|id| RoomId(Uuid::from_u128(id)));
        let mut guards = Vec::new();
        let mut follow = |number, room, person: &str| {
            let (outbox, frames) = Outbox::new(CancellationToken::new());
            let cut = CancellationToken::new();
            let person = PersonId::new(person);
            let follower = ChatFollower {
                name: person.to_string(),
                person,
                moderates: number == 1,
                session: None,
                origin: None,
                cut: cut.clone(),
            };
            guards.push(followers.follow(ChatPlace::Room(room), number, follower, outbox));
            (cut, frames)
        };
        let (ana, mut anas) = follow(1, one, "ana");
        let (elsewhere, _) = follow(2, other, "ana");
        let (ben, mut bens) = follow(3, one, "ben");
        followers.tell(one.into(), &ServerFrame::Bye { again: true }, |it| it.moderates);
        assert!(matches!(anas.recv().await, Some(Frame::Ephemeral { subscription: 1, .. })));
        assert!(bens.try_recv().is_err());
        followers.0.receive(&BusMessage::RoomLeft(one, PersonId::new("ana"))).await;
        assert!(ana.is_cancelled() && !elsewhere.is_cancelled() && !ben.is_cancelled());
        guards.clear();
        assert!(followers.0.lock().is_empty());
    }
}
