//! The stage: who may go on it, what happens there, and the live channel that tells everybody.

pub mod log;
