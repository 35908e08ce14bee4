//! A room, as a topic: its page and its chat.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    PersonId, Refusal, RoomId,
    channel::{Cursor, Snapshot, Topic},
    chat::ChatPlace,
    stage::StageError,
};
use tokio_util::sync::CancellationToken;

use super::{
    followers::{ChatFollower, ChatFollowers, ChatFollowing},
    store,
};
use crate::{
    caller::Caller,
    channel::{
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    rooms,
    services::Services,
    sessions::{self, open_sessions::SessionGuard},
};

/// The source of rooms' topics, which members follow by the session behind their connection.
#[derive(Clone, Debug)]
pub struct RoomTopic {
    /// The services that the topic uses.
    pub services: Arc<Services>,
    /// All who follow chats.
    pub followers: ChatFollowers,
}

/// A member who follows a room.
#[derive(Debug)]
struct Member {
    topic: RoomTopic,
    room: RoomId,
    person: PersonId,
    name: String,
    moderates: bool,
    cut: CancellationToken,
    /// A connection may be older than the session that is behind it now.
    guard: SessionGuard,
    following: Option<ChatFollowing>,
}

#[async_trait]
impl TopicSource for RoomTopic {
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError> {
        let Topic::Room(room) = request.topic else { return Err(Refusal::NotFound) };
        let services = &self.services;
        // A session is read once per request; a connection outlives what it read.
        let client = request.client.clone();
        let caller = Caller { services: services.clone(), client }.again();
        let entry = rooms::access::enter(&caller, room).await?;
        let name = sessions::name_of(&caller.session).await.map_err(|error| {
            tracing::error!(%error, "a session can't be read");
            Refusal::Broken
        })?;
        let name = name.ok_or(Refusal::NotLoggedIn)?;
        let guard = services.open_sessions.channel(name, request.ended.clone());
        // After it is noted: who ends it now finds it.
        if !sessions::is_open(&services.database, guard.name(), false).await? {
            return Err(Refusal::NotLoggedIn);
        }
        let moderates = entry.moderates();
        Ok(Box::new(Member {
            topic: self.clone(),
            room,
            person: entry.viewer.person,
            name: entry.viewer.name,
            moderates,
            cut: request.ended.clone(),
            guard,
            following: None,
        }))
    }
}

#[async_trait]
impl Admitted for Member {
    async fn enter(&mut self, number: u64, outbox: &Outbox) -> Result<(), StageError> {
        let (person, cut) = (self.person.clone(), self.cut.clone());
        let follower = ChatFollower {
            person,
            name: self.name.clone(),
            moderates: self.moderates,
            session: Some(self.guard.name().clone()),
            origin: None,
            cut,
        };
        let place = ChatPlace::Room(self.room);
        self.following = Some(self.topic.followers.follow(place, number, follower, outbox.clone()));
        // After it is noted: whoever removes this member now finds them.
        let database = &self.topic.services.database;
        let role = rooms::role(&database.read, self.room, &self.person).await?;
        role.map(drop).ok_or(Refusal::NotFound)
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        let (database, place) = (&self.topic.services.database, ChatPlace::Room(self.room));
        let page = rooms::page(database, self.room, &self.person).await?;
        let page = page.ok_or(Refusal::NotFound)?;
        let chat = store::present(database, place, page.cursor.0, Some(&self.person)).await?;
        let mut muted = store::muted(database, place).await?;
        if !self.moderates {
            muted.retain(|it| *it == self.person);
        }
        Ok((page.cursor, Snapshot::Room { page, chat, muted }))
    }
}
