//! The shows feature's server side.
