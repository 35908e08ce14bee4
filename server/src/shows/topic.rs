//! The list of shows, as a topic.

use async_trait::async_trait;
use bandstand_domain::{
    channel::{Cursor, Snapshot, Topic},
    stage::StageError,
};

use crate::{
    channel::{
        event_log,
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    database::Database,
};

/// The source of the list, which is public.
#[derive(Clone, Debug)]
pub struct ShowListTopic {
    /// The database with the list's event log.
    pub database: Database,
}

#[async_trait]
impl TopicSource for ShowListTopic {
    async fn admit(&self, _: SubscriptionRequest<'_>) -> Result<Box<dyn Admitted>, StageError> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Admitted for ShowListTopic {
    async fn enter(&mut self, _: u64, _: &Outbox) -> Result<(), StageError> {
        Ok(())
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        Ok((event_log::latest(&self.database, Topic::Shows).await?, Snapshot::Shows))
    }
}
