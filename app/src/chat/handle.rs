//! The chat as the page that shows it holds it.

use bandstand_domain::{ShowId, chat::ChatPage, live::Event};

/// The chat of one show: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct Chat {
    show: ShowId,
}

impl Chat {
    /// A chat without a message yet.
    pub fn new(show: ShowId) -> Self {
        Self { show }
    }

    /// Takes the latest messages from `page` and forgets what was known before.
    pub fn reset(self, page: ChatPage) {
        let _ = (self.show, page);
    }

    /// Takes in what happened; events that are not about the chat change nothing.
    pub fn apply(self, event: &Event) {
        let _ = event;
    }
}
