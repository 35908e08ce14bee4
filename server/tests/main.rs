//! The server as a whole, over real HTTP. Each test has a venue of its own, on a port and in a data
//! folder of its own.
//!
//! The databases are SQLite; `postgres` runs everything once more with PostgreSQL, each venue in a
//! database of its own.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod accounts;
mod app;
mod channel;
mod chat;
mod coming_in;
mod connections;
mod crowd;
mod data_folders;
mod device;
mod epochs;
mod factors;
mod figures;
mod limits;
mod live;
mod mailbox;
mod mails;
mod media;
mod operator;
mod own_sessions;
mod pages;
mod people;
mod pictures;
mod postgres;
mod privacy;
mod raw;
mod rights;
mod security;
mod sessions;
mod settings;
mod shows;
mod smtp;
mod stream_keys;
mod timing;
mod whip;
