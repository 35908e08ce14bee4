//! Messages that others answer, as far as a page has asked for them.

use std::{collections::HashMap, sync::Arc};

use bandstand_domain::chat::{ChatMessage, MAX_QUOTES, MessageId};

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

/// Messages that others answer or that are pinned, and that aren't in the list.
#[derive(Clone, Debug, Default)]
pub struct Quotes {
    known: HashMap<MessageId, Quote>,
    wanted: Vec<MessageId>,
}

impl Quotes {
    /// Quote of this message; none if nobody has asked for it.
    pub fn get(&self, id: MessageId) -> Option<&Quote> {
        self.known.get(&id)
    }

    /// Wants to know a message; true when it is the first of those to be asked for together.
    pub fn want(&mut self, id: MessageId) -> bool {
        if self.known.contains_key(&id) {
            return false;
        }
        // What is asked for again comes again.
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert(id, Quote::Asked);
        self.wanted.push(id);
        self.wanted.len() == 1
    }

    /// Takes the messages whose quotes are asked for next.
    pub fn ask(&mut self) -> Vec<MessageId> {
        let rest = self.wanted.split_off(self.wanted.len().min(MAX_QUOTES));
        // So many at once are on no screen: they can be wanted again.
        for id in rest {
            self.known.remove(&id);
        }
        std::mem::take(&mut self.wanted)
    }

    /// Notes the answer to the question for messages; what isn't in it is gone.
    pub fn answer(&mut self, asked: &[MessageId], answer: Option<Vec<ChatMessage>>) {
        let Some(answer) = answer else {
            asked.iter().for_each(|id| drop(self.known.remove(id)));
            return;
        };
        for id in asked {
            if let Some(quote @ Quote::Asked) = self.known.get_mut(id) {
                *quote = Quote::Gone;
            }
        }
        for message in answer {
            // It may have been deleted since.
            if asked.contains(&message.id) {
                self.known.insert(message.id, Quote::There(Arc::new(message)));
            }
        }
    }

    /// Notes that a message was deleted: what it said stands in no quote any more.
    pub fn delete(&mut self, id: MessageId) {
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert(id, Quote::Gone);
    }

    /// Notes that a message was changed.
    pub fn change(&mut self, message: &ChatMessage) {
        if let Some(quote) = self.known.get_mut(&message.id) {
            *quote = Quote::There(Arc::new(message.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_wanted_is_asked_for_once_and_together() {
        let mut quotes = Quotes::default();
        let id = |i| MessageId(Uuid::from_u128(i));
        assert!(quotes.want(id(1)));
        assert!(!quotes.want(id(2)) && !quotes.want(id(1)));
        let asked = quotes.ask();
        assert_eq!(asked, [id(1), id(2)]);
        quotes.answer(&asked[..1], Some(vec![]));
        assert_eq!(quotes.get(id(1)), Some(&Quote::Gone));
        quotes.answer(&asked[1..], None);
        assert_eq!(quotes.get(id(2)), None, "it can be asked for again");
        for i in 0..200 {
            quotes.want(id(i));
        }
        assert_eq!(quotes.ask().len(), MAX_QUOTES);
    }
}
