//! The chat feature's server side.

pub mod port;
mod store;

pub use store::{export, forget_person, is_muted, muted, page};
