//! The composition root: opens the venue, puts the features together, serves them. It imports everything
//! and is imported by nobody.

mod cleared_rooms;
mod dead_jobs;
mod metrics;
mod pages;
mod periodic;
pub mod personal_data;
#[cfg(debug_assertions)]
mod reload;
mod rendering;
mod router;
mod serve;
mod site;
mod texts;
pub mod venue;

pub use dead_jobs::dead_jobs;
pub use serve::{Running, StartError, start};
