//! A room, as a topic.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    PersonId, Refusal, RoomId,
    channel::{Cursor, Snapshot, Topic},
    chat::ChatPage,
    stage::StageError,
};

use super::{access, store};
use crate::{
    caller::Caller,
    channel::{
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    services::Services,
};

/// The source of rooms' topics, which members follow.
#[derive(Clone, Debug)]
pub struct RoomTopic {
    /// The services that the topic uses.
    pub services: Arc<Services>,
}

/// A member who follows a room.
#[derive(Debug)]
struct Follower {
    services: Arc<Services>,
    room: RoomId,
    person: PersonId,
}

#[async_trait]
impl TopicSource for RoomTopic {
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError> {
        let Topic::Room(room) = request.topic else { return Err(Refusal::NotFound) };
        let services = self.services.clone();
        let caller = Caller { services: services.clone(), client: request.client.clone() }.again();
        let entry = access::enter(&caller, room).await?;
        Ok(Box::new(Follower { services, room, person: entry.viewer.person }))
    }
}

#[async_trait]
impl Admitted for Follower {
    async fn enter(&mut self, _: u64, _: &Outbox) -> Result<(), StageError> {
        Ok(())
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        let page = store::facts::page(&self.services.database, self.room, &self.person).await?;
        let page = page.ok_or(Refusal::NotFound)?;
        let (cursor, chat) = (page.cursor, ChatPage::default());
        Ok((cursor, Snapshot::Room { page, chat, muted: Vec::new() }))
    }
}
