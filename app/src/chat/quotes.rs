//! Messages that others answer, as far as a page has asked for them.

use std::{collections::HashMap, sync::Arc};

use bandstand_domain::chat::{ChatMessage, MessageId};

/// The most messages that are kept for the sake of their answers.
const KEPT: usize = 500;

/// Message that another answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Quote {
    /// It is being asked for.
    Asked,
    /// It is there.
    There(Arc<ChatMessage>),
    /// It was deleted.
    Gone,
}

/// Messages that others answer.
#[derive(Clone, Debug, Default)]
pub struct Quotes(HashMap<MessageId, Quote>);

impl Quotes {
    /// Quote of this message; none if nobody has asked for it.
    pub fn get(&self, id: MessageId) -> Option<&Quote> {
        self.0.get(&id)
    }

    /// Keeps what is known of a message.
    pub fn set(&mut self, id: MessageId, quote: Quote) {
        // What is asked for again comes again.
        if self.0.len() >= KEPT && !self.0.contains_key(&id) {
            self.0.clear();
        }
        self.0.insert(id, quote);
    }

    /// Notes that a message was deleted: what it said stands in no quote any more.
    pub fn delete(&mut self, id: MessageId) {
        if let Some(quote) = self.0.get_mut(&id) {
            *quote = Quote::Gone;
        }
    }
}
