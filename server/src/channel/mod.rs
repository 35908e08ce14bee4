//! The live channel: a log of events by topic, who follows it, and the WebSocket of each open page. What a
//! topic holds, its [`topic_source::TopicSource`] knows.

pub mod channels;
pub mod encoded_frame;
pub mod event_log;
mod frame_writer;
pub mod hub;
mod missed;
mod socket;
mod subscription;
pub mod topic_source;
pub mod turns;
mod websocket;
