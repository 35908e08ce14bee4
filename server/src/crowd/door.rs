//! The crowd as it is seen from the door, as a topic.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    Refusal, ShowId,
    channel::{Cursor, Snapshot, Topic},
    stage::{StageError, StageReason},
};

use super::{Attendance, Crowds, NotEntered, Sight};
use crate::{
    channel::{
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    clock,
    services::Services,
    shows::access,
};

/// The source of the doors' topics, which are open to all: to figures without names where guests may come in,
/// to their number elsewhere.
#[derive(Clone, Debug)]
pub struct DoorTopic {
    /// The services that the topic uses.
    pub services: Arc<Services>,
    /// The viewers present at each show.
    pub crowds: Crowds,
}

/// Somebody who looks in.
#[derive(Debug)]
struct Passer {
    topic: DoorTopic,
    show: ShowId,
    attendance: Option<Attendance>,
}

#[async_trait]
impl TopicSource for DoorTopic {
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError> {
        let Topic::Door(show) = request.topic else { return Err(Refusal::NotFound) };
        self.sight(show).await?;
        Ok(Box::new(Passer { topic: self.clone(), show, attendance: None }))
    }
}

impl DoorTopic {
    /// As much of a show's crowd as everybody may see.
    async fn sight(&self, show: ShowId) -> Result<Sight, StageError> {
        let facts = access::facts(&self.services.database, show).await?;
        if facts.is_closed(clock::now()) {
            return Err(Refusal::Because(StageReason::Over));
        }
        Ok(if facts.members_only { Sight::Count } else { Sight::Nameless })
    }
}

#[async_trait]
impl Admitted for Passer {
    async fn enter(&mut self, number: u64, outbox: &Outbox) -> Result<(), StageError> {
        let (crowds, place) = (&self.topic.crowds, (number, outbox.clone()));
        let entered = crowds.enter(self.show, None, Sight::Undecided, place).await;
        let attendance = entered.map_err(|error| match error {
            NotEntered::Refused(_) => Refusal::Because(StageReason::Full),
            NotEntered::Database(error) => error.into(),
        })?;
        // After it is noted: who closes the show to guests now finds it.
        attendance.decide(self.topic.sight(self.show).await?);
        self.attendance = Some(attendance);
        Ok(())
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        Ok((Cursor(0), Snapshot::Door))
    }
}
