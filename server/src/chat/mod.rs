//! The chat feature's server side: chats of shows and rooms.

mod access;
pub mod followers;
pub mod personal_data;
pub mod port;
pub mod room_topic;
mod store;

pub use port::tell_reactions;
pub use store::{
    Mentioned, Posted, PostedMessage, is_muted, muted, page, present, said_by_second, said_from,
};
