//! The chat feature's server side: chats of shows and rooms.

mod access;
mod carrying;
mod checks;
mod expiry;
pub mod followers;
mod moderation;
mod news;
pub mod personal_data;
pub mod port;
mod readable;
mod reading;
pub mod room_topic;
mod store;
mod words;

pub use access::{guest_origin, is_banned};
pub use carrying::MessageFiles;
pub use expiry::{delete_expired, forget_old};
pub use moderation::ChatLog;
pub use port::tell_reactions;
pub use readable::readable;
pub use store::{
    Mentioned, Posted, PostedMessage, forget_room, is_muted, muted, page, present, said_by_second,
    said_from,
};
