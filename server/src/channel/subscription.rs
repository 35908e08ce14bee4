//! A subscription: one topic, as one connection follows it, from catching up to what is new.

use bandstand_domain::{
    channel::{Cursor, ServerFrame, Topic},
    crowd::Gesture,
    stage::StageError,
};

use super::{
    encoded_frame::EncodedFrame,
    event_log::After,
    hub::{EventsFrame, Hub, Outbox, Subscriber},
    missed::Missed,
    topic_source::{Admitted, SubscriptionRequest, TopicSource},
};
use crate::database::DatabaseError;

/// Position of a connection in a topic: it was sent everything up to this cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub Cursor);

/// Action to take on a stretch of events that comes through the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was sent before.
    Skip,
    /// It follows: send it.
    Send,
    /// A part was sent before, or something before it is missing: read the log from here.
    Read,
}

impl Position {
    /// Decides whether a stretch from `first` to `last` continues here.
    ///
    /// **Invariant:** what is sent begins right after the position, and moves it. So, whatever comes
    /// through the queue, nothing is sent twice and nothing is left out.
    pub fn step(self, first: Cursor, last: Cursor) -> Step {
        if last <= self.0 {
            Step::Skip
        } else if first.0 == self.0.0 + 1 {
            Step::Send
        } else {
            Step::Read
        }
    }
}

/// A topic that a connection follows; dropped, it doesn't any more.
#[derive(Debug)]
pub struct Subscription {
    topic: Topic,
    position: Position,
    subscriber: Subscriber,
    admitted: Box<dyn Admitted>,
}

/// Beginning of a subscription, as its connection gets it.
#[derive(Debug)]
pub struct Beginning {
    /// The topic from now on.
    pub subscription: Subscription,
    /// To be sent, in this order, before anything from the queue.
    pub frames: Vec<EncodedFrame>,
}

impl Subscription {
    /// Follows a topic, from `after` on or with the present.
    ///
    /// # Errors
    /// For a show: `Forbidden` when the token isn't good for it and this person, `Gone`, `Full`,
    /// `TooMany`. For any: `Broken`.
    pub async fn begin(
        hub: &Hub,
        source: &dyn TopicSource,
        request: SubscriptionRequest<'_>,
        after: Option<Cursor>,
        outbox: &Outbox,
    ) -> Result<Beginning, StageError> {
        let topic = request.topic;
        let mut admitted = source.admit(request).await?;
        // Before anything is read, so that whatever is newer comes through the queue.
        let subscriber = hub.follow(topic, outbox.clone()).await?;
        admitted.enter(subscriber.number(), outbox).await?;
        let (position, frames) = start(hub, &*admitted, topic, after).await?;
        Ok(Beginning { subscription: Self { topic, position, subscriber, admitted }, frames })
    }

    /// Unique among all subscriptions of the venue.
    pub fn number(&self) -> u64 {
        self.subscriber.number()
    }

    /// Passes on that the client types.
    pub fn typing(&self) {
        self.admitted.typing();
    }

    /// Passes a gesture on.
    pub fn gesture(&self, gesture: Gesture) {
        self.admitted.gesture(gesture);
    }

    /// Decides what to do with events that come through the queue. [`Step::Send`] says that they are
    /// sent, [`Step::Read`] that [`Self::read`] has to follow.
    pub fn step(&mut self, events: &EventsFrame) -> Step {
        let step = self.position.step(events.first, events.last);
        if step == Step::Send {
            self.position = Position(events.last);
        }
        step
    }

    /// The events up to `last`, out of the log.
    ///
    /// # Errors
    /// Returns an error when the log can't be read.
    pub async fn read(
        &mut self,
        hub: &Hub,
        last: Cursor,
    ) -> Result<Vec<EncodedFrame>, DatabaseError> {
        let mut frames = Vec::new();
        while self.position.0 < last {
            let After::Events(stretch) = hub.after(self.topic, self.position.0).await? else {
                // Pruned behind our back: the page must begin anew.
                return Err(DatabaseError::row_not_found());
            };
            self.position = Position(stretch.last);
            frames.push(EventsFrame::new(self.topic, stretch, false).encoded);
        }
        Ok(frames)
    }
}

/// `Subscribed`, and what was missed or the present; and up to which event that is.
async fn start(
    hub: &Hub,
    admitted: &dyn Admitted,
    topic: Topic,
    after: Option<Cursor>,
) -> Result<(Position, Vec<EncodedFrame>), StageError> {
    if let Some(cursor) = after {
        let missed = hub.missed(topic, cursor).await?;
        let subscribed =
            EncodedFrame::text(&ServerFrame::Subscribed { topic, cursor, reset: None });
        match missed {
            Missed::Nothing => return Ok((Position(cursor), vec![subscribed])),
            Missed::Events { last, encoded } => {
                return Ok((Position(last), vec![subscribed, encoded]));
            }
            Missed::TooMuch => {}
        }
    }
    let (cursor, present) = admitted.snapshot().await?;
    let frame = ServerFrame::Subscribed { topic, cursor, reset: Some(Box::new(present)) };
    Ok((Position(cursor), vec![EncodedFrame::text(&frame)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_continues_is_sent() {
        let at = Position(Cursor(5));
        let step = |first, last| at.step(Cursor(first), Cursor(last));
        assert_eq!(step(4, 5), Step::Skip);
        assert_eq!(step(6, 6), Step::Send);
        assert_eq!(step(6, 9), Step::Send);
        assert_eq!(step(4, 6), Step::Read);
        assert_eq!(step(7, 7), Step::Read);
    }
}
