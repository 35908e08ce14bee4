//! Follower of a topic, in the page.

use std::rc::Rc;

use bandstand_domain::channel::Topic;

use super::{Incoming, TokenSource, cursor::TopicCursor};

/// Called with all that comes for a follower.
pub type Handler = Rc<dyn Fn(Incoming)>;

/// One of those who follow a topic over the page's connection.
pub struct Follower {
    /// Its number in the connection.
    pub id: u32,
    /// Its topic.
    pub topic: Topic,
    /// The last that it has heard.
    pub cursor: TopicCursor,
    /// Source of its tokens, if the topic needs some.
    pub token: Option<TokenSource>,
    /// Refusals in a row.
    pub refusals: u8,
    /// Called with what comes.
    pub handler: Handler,
}
