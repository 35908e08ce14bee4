//! Rooms: places with an address of their own, where friends write and share.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
