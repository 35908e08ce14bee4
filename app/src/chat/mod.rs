//! Chat at a show.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
