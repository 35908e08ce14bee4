//! The stage of a show: who is on it, what happens there, and what its artist is told.

pub mod access;
pub mod notices;
pub mod performers;
pub mod port;
mod state;
mod store;
