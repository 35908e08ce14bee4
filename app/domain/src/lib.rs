//! Domain model shared by client and server: the types of the product, and input validation, so that
//! a form and the server refuse the same things with the same words.
//!
//! No clock, no I/O, no framework: everything that depends on the time is told the time.

pub mod accounts;
pub mod api_tokens;
pub mod channel;
pub mod chat;
pub mod crowd;
pub mod factors;
pub mod field;
pub mod happenings;
pub mod listening;
pub mod notifications;
pub mod people;
pub mod person;
pub mod quality;
pub mod recordings;
pub mod refusal;
pub mod rooms;
pub mod secret;
pub mod shows;
pub mod stage;
pub mod stream_keys;
pub mod texts;
pub mod time;
pub mod translation;
pub mod uploads;
pub mod visible;

pub use field::{FieldError, FieldErrors};
pub use person::PersonId;
pub use refusal::Refusal;
pub use rooms::RoomId;
pub use secret::Secret;
pub use shows::ShowId;
pub use texts::{Language, Text};
pub use time::Millis;
