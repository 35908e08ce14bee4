//! Secrets: the venue's key and what is derived from it, random values, signed tokens, passwords.

pub mod key;
pub mod listening_token;
pub mod origin;
pub mod passwords;
pub mod random;
pub mod seal;
pub mod secret_hash;
pub mod token;
pub mod unsubscribe_token;
