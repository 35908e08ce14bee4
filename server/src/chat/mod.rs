//! The chat feature's server side: chats of shows and rooms.

mod access;
pub mod followers;
pub mod personal_data;
pub mod port;
pub mod room_topic;
mod store;

pub use store::{is_muted, muted, page, said_by_second, said_from};
