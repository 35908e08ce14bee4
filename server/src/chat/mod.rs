//! The chat feature's server side.
