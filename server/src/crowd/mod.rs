//! The crowd feature's server side: who is present at which show.

mod port;
mod presence;
mod room;
mod store;

pub use presence::NoRoom;
pub use room::{Attendance, Crowds, NotEntered};
pub use store::{export, forget_person};
