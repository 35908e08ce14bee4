//! Stream keys: credentials by which programs publish to their artist's stage.

pub mod api;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;

pub(crate) use panel::StreamFromObs;
