//! The server as a whole, over real HTTP. Each test has a venue of its own, on a port and in a data
//! folder of its own.
//!
//! The databases are SQLite; `postgres` runs everything once more with PostgreSQL, each venue in a
//! database of its own.

// Arguments that fit any server function are one JSON literal.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod accounts;
mod api;
mod artwork;
mod channel;
mod channel_memory;
mod chat;
mod chat_answers;
mod chat_moderation;
mod chat_reading;
mod chat_rooms;
mod connections;
mod cookies;
mod crowd;
mod data_folders;
mod door;
mod epochs;
mod factors;
mod happenings;
mod kills;
mod languages;
mod limits;
mod mailbox;
mod media;
mod notifications;
mod operator;
mod page_cache;
mod pages;
mod people;
mod personal_data;
mod pictures;
mod postgres;
mod privacy;
mod quality;
mod radio;
mod recordings;
mod rehearsal;
mod rights;
mod rooms;
mod security;
mod sessions;
mod settings;
mod show_times;
mod shows;
mod sign_in;
mod smtp;
mod stage;
mod storage;
mod stream_keys;
mod support;
mod takeovers;
mod timing;
mod translation;
mod uploads;
