//! Keys by which programs come on stage.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
