//! The server as a whole, over real HTTP. Each test has a venue of its own, on a port and in a data
//! folder of its own.
//!
//! With `BANDSTAND_TEST_POSTGRES=postgres://user@host` each venue gets a database of its own there
//! instead of SQLite.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod accounts;
mod app;
mod channel;
mod chat;
mod crowd;
mod limits;
mod live;
mod media;
mod security;
mod sessions;
mod shows;
