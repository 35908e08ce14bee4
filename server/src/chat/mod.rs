//! The chat feature's server side.

mod leaving;
pub mod port;
mod store;

pub use leaving::{export, forget_person};
pub use store::{is_muted, muted, page};
