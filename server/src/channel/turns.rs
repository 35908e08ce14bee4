//! Turns of those who write to one topic.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use bandstand_domain::channel::Topic;
use tokio::sync::{self, OwnedMutexGuard};

/// So many topics are kept until those are looked for to which nobody writes.
const KEPT: usize = 1_024;

/// Turns by topic. However many write to one, one of them at a time asks the database for a connection that writes:
/// a flood in one room makes another wait for one message, not for all of them.
#[derive(Debug, Default)]
pub struct TopicTurns(Mutex<HashMap<Topic, Weak<sync::Mutex<()>>>>);

impl TopicTurns {
    /// Waits for a turn at `topic`, which lasts until it is dropped. In the order of asking.
    pub async fn take(&self, topic: Topic) -> OwnedMutexGuard<()> {
        self.of(topic).lock_owned().await
    }

    fn of(&self, topic: Topic) -> Arc<sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&topic).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= KEPT {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(topic, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::RoomId;
    use futures::FutureExt;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_writes_to_a_topic_and_others_go_on() {
        let turns = TopicTurns::default();
        let [here, there] = [1, 2].map(|it| Topic::Room(RoomId(Uuid::from_u128(it))));
        let first = turns.take(here).await;
        assert!(turns.take(here).now_or_never().is_none());
        assert!(turns.take(there).now_or_never().is_some());
        drop(first);
        assert!(turns.take(here).now_or_never().is_some());
    }

    #[tokio::test]
    async fn topics_to_which_nobody_writes_are_forgotten() {
        let turns = TopicTurns::default();
        for it in 0..3 * KEPT as u128 {
            drop(turns.take(Topic::Room(RoomId(Uuid::from_u128(it)))).await);
        }
        assert!(turns.0.lock().unwrap().len() <= KEPT);
    }
}
