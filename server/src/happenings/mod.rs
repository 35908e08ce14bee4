//! Happenings of rooms: planning, answers, reminders, calendar files.

mod ical;
pub mod news;
pub mod personal_data;
mod port;
mod store;

pub use ical::routes;
pub use store::forget_room;
