//! Person who looks at a chat.

use bandstand_domain::{PersonId, stage::JoinToken};

/// Person who looks at a chat, with what they may do in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatViewer {
    /// Public identity.
    pub person: PersonId,
    /// True if they may delete any message and mute people.
    pub moderates: bool,
    /// True if they were muted when they came in.
    pub muted: bool,
}

impl From<JoinToken> for ChatViewer {
    fn from(token: JoinToken) -> Self {
        Self { person: token.person, moderates: token.moderates, muted: token.muted }
    }
}
