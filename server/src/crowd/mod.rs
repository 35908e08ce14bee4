//! The crowd feature's server side.
