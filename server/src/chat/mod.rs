//! The chat feature's server side.

mod port;
mod store;

pub use store::{is_muted, muted, page};
