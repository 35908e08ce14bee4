//! What tests share: a venue, the people in it, and what they come with.

pub mod app;
pub mod authenticator;
pub mod channel;
pub mod factors;
pub mod mails;
pub mod media;
pub mod media_sessions;
pub mod postgres;
pub mod raw;
pub mod rooms;
pub mod s3;
pub mod smtp;
