//! Stage of a show: tokens to join and to publish, its state, and what a show's page and its studio
//! share.

pub mod api;
pub(crate) mod encore;
pub(crate) mod join;
pub(crate) mod live_show;
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub mod port;
pub(crate) mod presence;
pub(crate) mod state;
