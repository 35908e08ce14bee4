//! Quality of the media between artist, venue and audience.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
