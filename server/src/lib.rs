//! Bandstand's server: it renders the pages, keeps what must last, and lets media through.
//!
//! One folder per feature, named as in `app`: it implements the feature's port, asks who may, and
//! keeps all its SQL in its `store.rs`. [`app::venue::Venue`] holds what lives as long as the program,
//! [`caller::Caller`] is the person behind one request, [`start`] opens the venue.

pub mod accounts;
pub mod app;
pub mod background;
pub mod caller;
pub mod channel;
pub mod chat;
pub mod clock;
pub mod config;
pub mod crowd;
pub mod crypto;
pub mod database;
pub mod factors;
pub mod http;
pub mod ice_servers;
pub mod mail;
pub mod media;
pub mod own_account;
pub mod people;
pub mod quality;
pub mod rights;
pub mod services;
pub mod sessions;
pub mod shows;
pub mod stage;
pub mod storage;
pub mod stream_keys;

pub use app::{Running, StartError, start};
