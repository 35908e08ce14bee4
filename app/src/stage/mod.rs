//! What happens on a show's stage, and how one comes to it.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
