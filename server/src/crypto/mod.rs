//! Secrets: random values, sealing, signed tokens.

pub mod random;
pub mod seal;
pub mod token;
