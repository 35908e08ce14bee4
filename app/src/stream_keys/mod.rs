//! Keys by which programs come on stage.

pub mod api;
mod panel;
#[cfg(feature = "ssr")]
pub mod port;

pub(crate) use panel::StreamFromObs;
