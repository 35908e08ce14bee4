//! The live channel: a log of events by topic, who follows it, and the WebSocket of each open page. What a
//! topic holds, its [`topic_source::TopicSource`] knows.

pub mod event_log;
pub mod hub;
mod missed;
pub mod socket;
mod subscription;
pub mod topic_source;
