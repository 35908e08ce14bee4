//! Reactions to messages, as a page knows them.

use std::collections::HashMap;

use bandstand_domain::chat::{ChatMessage, MessageId, Reaction, ReactionCount};

/// Reactions to the messages of a chat.
///
/// Invariant: no message has two counts of one kind, or one of 0.
#[derive(Clone, Debug, Default)]
pub struct Reactions(HashMap<MessageId, Vec<ReactionCount>>);

impl Reactions {
    /// Takes what the venue says of these messages.
    pub fn take<'a>(&mut self, messages: impl IntoIterator<Item = &'a ChatMessage>) {
        for message in messages {
            self.forget(message.id);
            if !message.reactions.is_empty() {
                self.0.insert(message.id, message.reactions.clone());
            }
        }
    }

    /// Notes that `count` persons have reacted so.
    pub fn count(&mut self, id: MessageId, reaction: Reaction, count: u32) {
        let mine = self.mine(id, reaction);
        self.set(id, ReactionCount { reaction, count, mine });
    }

    /// Notes that one has reacted so oneself, or has taken it back; the venue's count comes later.
    pub fn press(&mut self, id: MessageId, reaction: Reaction, on: bool) {
        if self.mine(id, reaction) == on {
            return;
        }
        let before = self.of(id).iter().find(|it| it.reaction == reaction).map_or(0, |it| it.count);
        let count = if on { before + 1 } else { before.saturating_sub(1) };
        self.set(id, ReactionCount { reaction, count, mine: on });
    }

    /// Returns whether one has reacted so oneself.
    pub fn mine(&self, id: MessageId, reaction: Reaction) -> bool {
        self.of(id).iter().any(|it| it.reaction == reaction && it.mine)
    }

    /// Reactions to a message, in the order of their kinds.
    pub fn of(&self, id: MessageId) -> &[ReactionCount] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Forgets a message.
    pub fn forget(&mut self, id: MessageId) {
        self.0.remove(&id);
    }

    /// Forgets all messages.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn set(&mut self, id: MessageId, new: ReactionCount) {
        let all = self.0.entry(id).or_default();
        all.retain(|it| it.reaction != new.reaction);
        if new.count > 0 {
            all.push(new);
            all.sort_by_key(|it| it.reaction);
        }
        if all.is_empty() {
            self.0.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn counts_follow_the_venue_and_ones_own_stays() {
        let id = MessageId(Uuid::from_u128(1));
        let mut reactions = Reactions::default();
        let told = |reactions: &Reactions| {
            reactions.of(id).iter().map(|it| (it.reaction, it.count, it.mine)).collect::<Vec<_>>()
        };
        reactions.count(id, Reaction::Heart, 2);
        reactions.press(id, Reaction::Heart, true);
        reactions.press(id, Reaction::Heart, true);
        reactions.count(id, Reaction::Thumb, 1);
        assert_eq!(told(&reactions), [(Reaction::Thumb, 1, false), (Reaction::Heart, 3, true)]);
        // Somebody else was faster: the venue's number holds.
        reactions.count(id, Reaction::Heart, 4);
        reactions.count(id, Reaction::Thumb, 0);
        assert_eq!(told(&reactions), [(Reaction::Heart, 4, true)]);
        reactions.press(id, Reaction::Heart, false);
        assert_eq!(told(&reactions), [(Reaction::Heart, 3, false)]);
        reactions.count(id, Reaction::Heart, 0);
        assert!(reactions.0.is_empty(), "what nobody reacts to takes no room");
    }
}
