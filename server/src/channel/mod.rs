//! The live channel: a log of events by topic, who follows it, and the WebSocket of each open page.

pub mod event_log;
pub mod hub;
mod missed;
pub mod socket;
mod subscription;
