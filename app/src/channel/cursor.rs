//! Cursor of a page in a topic: every durable event is applied once and in order.

use bandstand_domain::channel::Cursor;

/// Events are missing between the last one that the page heard and those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

/// The last event of a topic that the page has heard; nothing before the topic is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicCursor(Option<Cursor>);

impl TopicCursor {
    /// The place after an event that the page already knows of.
    pub fn after(cursor: Option<Cursor>) -> Self {
        Self(cursor)
    }

    /// Cursor to subscribe from.
    pub fn get(self) -> Option<Cursor> {
        self.0
    }

    /// The topic is followed from `cursor` on. Without a `reset` the page keeps its own place: it
    /// knows better what it has heard.
    pub fn subscribed(&mut self, cursor: Cursor, reset: bool) {
        if reset || self.0.is_none() {
            self.0 = Some(cursor);
        }
    }

    /// Takes the events up to `cursor` and keeps those that are new.
    ///
    /// # Errors
    /// [`Gap`] when events before them are missing; the place stays, and the topic has to be
    /// followed anew from there.
    pub fn take<T>(&mut self, cursor: Cursor, mut events: Vec<T>) -> Result<Vec<T>, Gap> {
        let Some(Cursor(mine)) = self.0 else { return Ok(Vec::new()) };
        let before = cursor.0 - events.len() as i64;
        if cursor.0 <= mine {
            return Ok(Vec::new());
        }
        if before > mine {
            return Err(Gap);
        }
        events.drain(..(mine - before) as usize);
        self.0 = Some(cursor);
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cursor: i64) -> TopicCursor {
        TopicCursor::after(Some(Cursor(cursor)))
    }

    #[test]
    fn events_come_once() {
        let mut cursor = at(5);
        assert_eq!(cursor.take(Cursor(7), vec![6, 7]), Ok(vec![6, 7]));
        assert_eq!(cursor.take(Cursor(7), vec![6, 7]), Ok(vec![]));
        assert_eq!(cursor.take(Cursor(8), vec![6, 7, 8]), Ok(vec![8]));
        assert_eq!(cursor.get(), Some(Cursor(8)));
    }

    #[test]
    fn a_gap_is_seen_and_changes_nothing() {
        let mut cursor = at(5);
        assert_eq!(cursor.take(Cursor(8), vec![7, 8]), Err(Gap));
        assert_eq!(cursor, at(5));
    }

    #[test]
    fn a_reset_moves_the_place_and_a_resumption_keeps_it() {
        let mut cursor = TopicCursor::default();
        cursor.subscribed(Cursor(3), true);
        assert_eq!(cursor, at(3));
        cursor.subscribed(Cursor(9), false);
        assert_eq!(cursor, at(3));
        cursor.subscribed(Cursor(1), true);
        assert_eq!(cursor, at(1));
    }

    #[test]
    fn nothing_is_heard_before_the_topic_is_followed() {
        assert_eq!(TopicCursor::default().take(Cursor(2), vec![1, 2]), Ok(vec![]));
    }
}
