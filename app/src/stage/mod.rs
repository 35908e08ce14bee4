//! What happens on a show's stage, and how one comes to it.

pub mod api;
pub(crate) mod join;
pub(crate) mod live_show;
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub mod port;
pub(crate) mod state;
