//! What both sides of Bandstand share: the words of the product as types, and the checks on what
//! people type in, so that a form and the server refuse the same things with the same words.
//!
//! No clock, no I/O, no framework: everything that depends on the time is told the time.

pub mod accounts;
pub mod chat;
pub mod crowd;
pub mod factors;
pub mod field;
pub mod figures;
pub mod live;
pub mod people;
pub mod person;
pub mod refusal;
pub mod shows;
pub mod stream_keys;
pub mod time;
pub mod visible;

pub use field::{FieldError, FieldErrors};
pub use person::PersonId;
pub use refusal::Refusal;
pub use shows::ShowId;
pub use time::Millis;
