//! Rooms: their addresses, their members, and who is let in.

pub mod access;
mod store;

pub use access::RoomEntry;
pub use store::facts::{RoomFacts, facts, page, role};
