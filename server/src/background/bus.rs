//! The bus: small messages by which one part of the venue tells the others what has happened.
//!
//! It is within this process. Whoever publishes waits until every listener has done its part, so nothing
//! is queued and nothing is lost. A listener must not publish what it listens to.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use async_trait::async_trait;
use bandstand_domain::{
    Millis, PersonId, RoomId, ShowId, channel::Topic, stage::StageState, stream_keys::StreamKeyId,
};

use crate::ids::SessionName;

/// Something that has happened, told after it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusMessage {
    /// The log of this topic has something new.
    TopicNews(Topic),
    /// The sessions with these names have ended: what they hold open is to be cut.
    SessionsEnded(Vec<SessionName>),
    /// The stage of the show is in this state now; its artist ended it at this time, or hasn't.
    StageChanged(ShowId, StageState, Option<Millis>),
    /// The show was deleted: nobody sends or gets its media any more.
    ShowDeleted(ShowId),
    /// Guests may no longer be at the show.
    ShowClosedToGuests(ShowId),
    /// Nobody may be on stage with this stream key any more.
    StreamKeyRevoked(StreamKeyId),
    /// This person is no member of the room any more, or has another role: what they hold open of it is to be cut.
    RoomLeft(RoomId, PersonId),
}

/// A listener of the bus. It gets every message, and ignores what is none of its business.
#[async_trait]
pub trait BusListener: Send + Sync {
    /// Does what follows from `message`.
    async fn receive(&self, message: &BusMessage);
}

/// The bus. Cloning gives another handle to the same.
#[derive(Clone, Default)]
pub struct Bus(Arc<RwLock<Vec<Weak<dyn BusListener>>>>);

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bus(…)")
    }
}

impl Bus {
    /// Lets `listener` hear all messages from now on, for as long as its owner keeps it.
    pub fn subscribe(&self, listener: &Arc<impl BusListener + 'static>) {
        let listener: Arc<dyn BusListener> = listener.clone();
        let listener = Arc::downgrade(&listener);
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Tells all listeners, one after the other, in the order in which they subscribed.
    pub async fn publish(&self, message: BusMessage) {
        let listeners: Vec<_> = {
            let listeners = self.0.read().unwrap_or_else(PoisonError::into_inner);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            listener.receive(&message).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<BusMessage>>);

    #[async_trait]
    impl BusListener for Heard {
        async fn receive(&self, message: &BusMessage) {
            self.0.lock().unwrap().push(message.clone());
        }
    }

    #[tokio::test]
    async fn a_listener_hears_everything_until_its_owner_drops_it() {
        let bus = Bus::default();
        let (one, other) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
        bus.subscribe(&one);
        bus.subscribe(&other);
        bus.publish(BusMessage::TopicNews(Topic::Shows)).await;
        drop(other);
        bus.publish(BusMessage::SessionsEnded(vec![SessionName::new("ana")])).await;
        assert_eq!(one.0.lock().unwrap().len(), 2);
    }
}
