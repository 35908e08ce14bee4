//! The events that a follower missed, as the frame that tells them.

use std::collections::HashMap;

use bandstand_domain::channel::{Cursor, Topic};
use tokio::sync::Mutex;

use super::{
    encoded_frame::EncodedFrame,
    event_log::{self, After},
    hub::EventsFrame,
};
use crate::database::{Database, DatabaseError};

/// The most events that a page catches up with; one that missed more begins with the present.
const MAX_MISSED: u32 = 500;
/// The most answers that are kept; beyond them, all are forgotten.
const MAX_ANSWERS: usize = 16;

/// Events that a subscriber missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nothing.
    Nothing,
    /// These events.
    Events {
        /// The cursor of the last.
        last: Cursor,
        /// The frame.
        encoded: EncodedFrame,
    },
    /// More than is kept, or than is told one by one.
    TooMuch,
}

/// Reads the events of `topic` after `cursor`.
pub async fn read(
    database: &Database,
    topic: Topic,
    cursor: Cursor,
) -> Result<Missed, DatabaseError> {
    let most = usize::try_from(MAX_MISSED).unwrap_or_default();
    Ok(match event_log::after(database, topic, cursor, MAX_MISSED + 1).await? {
        After::Nothing => Missed::Nothing,
        After::Events(stretch) if stretch.events.len() <= most => {
            let EventsFrame { last, encoded, .. } = EventsFrame::new(topic, stretch, false);
            Missed::Events { last, encoded }
        }
        After::Events(_) | After::Lost => Missed::TooMuch,
    })
}

/// Answers to who catches up with the list of shows. They are the same for all, so each is read and
/// encoded once for everybody until something is new.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Encoded>);

#[derive(Debug, Default)]
struct Encoded {
    /// The latest event when they were made.
    latest: Cursor,
    answers: HashMap<Cursor, Missed>,
}

impl Answers {
    /// Returns the events of the list of shows after `cursor`. Asks for the latest event each time:
    /// whoever has begun to follow before is told everything up to now.
    pub async fn after(
        &self,
        database: &Database,
        cursor: Cursor,
    ) -> Result<Missed, DatabaseError> {
        // Held while it is read, so that of many who come at once one makes the answer for all.
        let mut encoded = self.0.lock().await;
        let latest = event_log::latest(database, Topic::Shows).await?;
        if latest == cursor {
            return Ok(Missed::Nothing);
        }
        if encoded.latest != latest || encoded.answers.len() >= MAX_ANSWERS {
            encoded.answers.clear();
            encoded.latest = latest;
        }
        if let Some(answer) = encoded.answers.get(&cursor) {
            return Ok(answer.clone());
        }
        let answer = read(database, Topic::Shows, cursor).await?;
        encoded.answers.insert(cursor, answer.clone());
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{Millis, ShowId, channel::Event, shows::ShowEvent};

    use super::*;

    #[tokio::test]
    async fn an_answer_is_encoded_once_until_something_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.db"));
        let database = Database::open(&url).await.unwrap();
        let add = async || {
            let event = Event::Show(ShowEvent::Deleted { show: ShowId(uuid::Uuid::nil()) });
            let mut write = database.begin().await.unwrap();
            event_log::append(&mut write, Topic::Shows, &event, Millis(0)).await.unwrap();
            write.commit().await.unwrap();
        };
        let answers = Answers::default();
        let after = async |cursor| answers.after(&database, Cursor(cursor)).await.unwrap();
        let told = |missed| match missed {
            Missed::Events { last, encoded } => (last.0, encoded),
            other => panic!("{other:?}"),
        };
        add().await;
        add().await;
        assert_eq!(after(2).await, Missed::Nothing);
        assert_eq!(after(3).await, Missed::TooMuch, "a cursor that was never given");
        let (first, second) = (told(after(0).await), told(after(0).await));
        assert_eq!(first, second);
        let bytes = [&first.1, &second.1].map(|it| it.bytes().as_ptr());
        assert_eq!(bytes[0], bytes[1], "the same bytes for both");
        add().await;
        assert_eq!(told(after(0).await).0, 3);
        assert_eq!(told(after(2).await).0, 3);
        for cursor in -30..0 {
            after(cursor).await;
        }
        assert!(answers.0.lock().await.answers.len() <= MAX_ANSWERS);
        database.close().await;
    }
}
