//! Quality of media: rates out of the media core's totals, for the artist, for a viewer whose picture is
//! bad, and for the operator's metrics.

mod advice;
mod explain;
mod monitor;
pub mod port;

pub use monitor::{Monitor, Sample};
