//! The stage: who may go on it, what happens there, and the live channel that tells everybody.

pub mod log;

use bandstand_domain::{ShowId, live::Topic};

/// The stages of all shows, and everybody who follows something.
#[derive(Debug, Default)]
pub struct Live {}

impl Live {
    /// Wakes everybody who follows `topic`: its log has something new. Never waits.
    pub fn wake(&self, topic: Topic) {
        let _ = topic;
    }

    /// Takes everybody off the stage of `show` and out of its audience: it was deleted or is over.
    pub async fn close_show(&self, show: ShowId) {
        let _ = show;
    }
}
