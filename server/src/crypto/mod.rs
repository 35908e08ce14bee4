//! Secrets: random values, sealing, signed tokens.

pub mod passwords;
pub mod random;
pub mod seal;
pub mod token;
