//! Recordings of shows: their drafts, and what is played of them.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
