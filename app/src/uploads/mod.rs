//! Files that people share in rooms.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
