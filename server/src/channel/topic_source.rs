//! The source of a topic: who may follow it, and where following it begins.

use std::fmt;

use async_trait::async_trait;
use bandstand_domain::{
    Secret,
    channel::{Cursor, Snapshot, Topic},
    crowd::Gesture,
    stage::StageError,
};
use tokio_util::sync::CancellationToken;

use super::hub::Outbox;
use crate::http::client::Client;

/// A client that asks to follow a topic.
#[derive(Debug)]
pub struct SubscriptionRequest<'a> {
    /// The client that subscribes.
    pub client: &'a Client,
    /// The topic to subscribe to.
    pub topic: Topic,
    /// The token that opens it, where one is needed.
    pub token: Option<Secret>,
    /// Cancelled by the source when what the subscription rests on has ended.
    pub ended: &'a CancellationToken,
}

/// A kind of topic. Features implement it; the composition root hands it to the channel.
#[async_trait]
pub trait TopicSource: Send + Sync + fmt::Debug {
    /// Admits a client to a topic of this kind.
    ///
    /// # Errors
    /// The reason for the refusal, for the client.
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError>;
}

/// A client that was admitted to a topic. Dropped, it has left.
#[async_trait]
pub trait Admitted: Send + Sync + fmt::Debug {
    /// Comes in as subscription `number`: from now on, what happens is sent to `outbox`. Called after the
    /// hub knows the subscription and before anything is read, so that nothing is missed in between.
    ///
    /// # Errors
    /// The reason for the refusal, for the client.
    async fn enter(&mut self, number: u64, outbox: &Outbox) -> Result<(), StageError>;

    /// The topic as it is, and the event up to which that holds.
    ///
    /// # Errors
    /// The reason for the refusal, for the client.
    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError>;

    /// The client types there.
    fn typing(&self) {}

    /// The client makes a gesture there.
    fn gesture(&self, _gesture: Gesture) {}
}

/// The sources of all kinds of topics.
#[derive(Debug)]
pub struct TopicSources {
    /// Of [`Topic::Shows`].
    pub shows: Box<dyn TopicSource>,
    /// Of [`Topic::Show`].
    pub show: Box<dyn TopicSource>,
    /// Of [`Topic::Door`].
    pub door: Box<dyn TopicSource>,
    /// Of [`Topic::Room`].
    pub room: Box<dyn TopicSource>,
    /// Of [`Topic::Inbox`].
    pub inbox: Box<dyn TopicSource>,
}

impl TopicSources {
    /// The source of `topic`.
    pub fn of(&self, topic: Topic) -> &dyn TopicSource {
        match topic {
            Topic::Shows => &*self.shows,
            Topic::Show(_) => &*self.show,
            Topic::Door(_) => &*self.door,
            Topic::Room(_) => &*self.room,
            Topic::Inbox(_) => &*self.inbox,
        }
    }
}
