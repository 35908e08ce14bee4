//! Bandstand's server: it renders the pages, keeps what must last, and lets media through.
//!
//! One folder per feature, named as in `app`: `port.rs` implements the feature's port and asks who may,
//! `store.rs` holds its SQL. Below the features stand [`services::Services`], which every one of them may
//! use, and [`caller::Caller`], the client behind one request. Above them stands [`app`], which puts all
//! of it together and opens the venue. Folders import each other in one direction; what goes up goes over
//! the [`background::bus::Bus`].

pub mod accounts;
pub mod api;
pub mod api_tokens;
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
pub mod entity_tags;
pub mod factors;
pub mod happenings;
pub mod http;
pub mod ice_servers;
pub mod ids;
pub mod listening;
pub mod mail;
pub mod media;
pub mod notifications;
pub mod own_account;
pub mod people;
pub mod personal_data;
pub mod pictures;
pub mod quality;
pub mod radio;
pub mod recordings;
pub mod rights;
pub mod rooms;
pub mod services;
pub mod sessions;
pub mod shows;
pub mod stage;
pub mod storage;
pub mod stream_keys;
pub mod translation;
pub mod uploads;

pub use app::{Running, StartError, start};
