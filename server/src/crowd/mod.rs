//! The crowd feature's server side: who is present at which show.

mod channel;
pub mod door;
mod moments;
pub mod personal_data;
pub mod port;
mod presence;
mod sight;
mod store;

pub use channel::{Attendance, Crowds, NotEntered};
pub use presence::AttendanceRefused;
pub use sight::Sight;
pub use store::{forget_moments, forget_moments_of, moments};
