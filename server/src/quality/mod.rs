//! Quality of media: rates out of the media core's totals, for the artist, for a viewer whose picture is
//! bad, and for the operator's metrics; and the count of those who listen.

mod advice;
mod explain;
pub mod listening;
mod monitor;
pub mod port;

pub use monitor::{Monitor, Sample};
