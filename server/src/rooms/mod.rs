//! Rooms: their addresses, their members, and who is let in.

pub mod access;
mod store;
pub mod topic;

pub use access::RoomEntry;
pub use store::facts::{RoomFacts, facts, role};
