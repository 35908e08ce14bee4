//! An inbox, as a topic: for its owner alone.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    Refusal,
    channel::{Cursor, Snapshot, Topic},
    notifications::{Inbox, InboxId},
    stage::StageError,
};

use super::store;
use crate::{
    caller::Caller,
    channel::{
        event_log,
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    database::{Database, DatabaseError},
    ids::AccountId,
    services::Services,
    sessions::{self, open_sessions::SessionGuard},
};

/// The source of inboxes' topics.
#[derive(Clone, Debug)]
pub struct InboxTopic {
    /// The services that the topic uses.
    pub services: Arc<Services>,
}

/// The owner of an inbox, who follows it until the session ends.
#[derive(Debug)]
struct InboxOwner {
    services: Arc<Services>,
    account: AccountId,
    inbox: InboxId,
    _guard: SessionGuard,
}

#[async_trait]
impl TopicSource for InboxTopic {
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError> {
        let SubscriptionRequest { client, topic, ended, .. } = request;
        let Topic::Inbox(inbox) = topic else { return Err(Refusal::NotFound) };
        let services = self.services.clone();
        // Read anew: a connection outlives what it knew of its session.
        let caller = Caller { services: services.clone(), client: client.clone() }.again();
        let account = caller.own_account().await?.id;
        let name = sessions::name_of(&caller.session).await.map_err(DatabaseError::from)?;
        let guard =
            services.open_sessions.channel(name.ok_or(Refusal::NotLoggedIn)?, ended.clone());
        // After it is noted: who ends the session now finds it.
        if !sessions::is_open(&services.database, guard.name(), true).await? {
            return Err(Refusal::NotLoggedIn);
        }
        let own = store::find(&services.database, &account).await?;
        if own.is_none_or(|(own, _)| own != inbox) {
            return Err(Refusal::Forbidden);
        }
        Ok(Box::new(InboxOwner { services, account, inbox, _guard: guard }))
    }
}

#[async_trait]
impl Admitted for InboxOwner {
    async fn enter(&mut self, _: u64, _: &Outbox) -> Result<(), StageError> {
        Ok(())
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        let inbox = state(&self.services.database, &self.account, self.inbox).await?;
        Ok((inbox.cursor, Snapshot::Inbox(inbox)))
    }
}

/// The state of an account's inbox.
pub(super) async fn state(
    database: &Database,
    account: &AccountId,
    id: InboxId,
) -> Result<Inbox, DatabaseError> {
    // Before the number: an event in between is then sent once more than needed, never lost.
    let cursor = event_log::latest(database, Topic::Inbox(id)).await?;
    let mut connection = database.read.acquire().await?;
    let unread = store::unread(&mut connection, account).await?;
    Ok(Inbox { id, unread, cursor })
}
