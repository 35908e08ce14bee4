//! API tokens: the programs that somebody has let in, and the page on which they are.

pub mod api;
mod device_page;
#[cfg(feature = "ssr")]
pub mod port;

pub use device_page::DevicePage;
