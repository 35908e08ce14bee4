//! The accounts feature's server side.
