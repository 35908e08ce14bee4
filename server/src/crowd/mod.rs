//! The crowd feature's server side: who is present at which show.

mod channel;
pub mod port;
mod presence;
mod store;

pub use channel::{Attendance, Crowds, NotEntered};
pub use presence::AttendanceRefused;
pub use store::{export, forget_person};
