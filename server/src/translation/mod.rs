//! Translation of messages by a server that speaks LibreTranslate's API, which the operator names.
//!
//! Nothing is sent there unless a reader asks, and who asks is not told to it. Readers name messages, not
//! texts, so that nobody has other things translated by this way.

mod client;
pub mod port;
mod remembered;

pub use client::Translator;
