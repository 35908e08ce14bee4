//! Files that people share in rooms.
//!
//! A file comes in piece by piece by the tus protocol ([`tus`]) into a folder of its own in the data folder, its
//! bytes reserved in the quotas from the beginning on. Once it is whole, it is looked at ([`sniff`]), loses what it
//! says of places ([`stripping`]), and goes into storage with the event that tells of it ([`finishing`]). One that a
//! message is to carry is told of with that ([`carrying`]). It is sent to members of its room alone, so that no browser
//! executes it ([`serving`]).

mod carrying;
mod checksum;
mod disposition;
mod finishing;
mod incoming;
mod metadata;
pub mod personal_data;
pub mod port;
mod preparing;
mod removing;
mod serving;
mod sniff;
mod store;
mod stripping;
mod sweep;
mod tus;

use axum::{Extension, Router};
use bandstand_domain::{RoomId, accounts::Viewer, uploads::RoomFileId};
use std::sync::Arc;

pub use carrying::{FileCarrier, fill_in, list, remove_carried, tie};
pub use removing::remove_all;
pub use sweep::sweep;

use crate::{
    config::Config,
    ids::AccountId,
    services::Services,
    storage::{FileOwner, NewFile},
};

/// Feature of files in storage.
const FOLDER: &str = "rooms";
/// Feature of reservations for what comes in.
const RESERVED: &str = "uploads";

/// Ways in, and ways out.
pub fn routes(config: &Config) -> Router<Arc<Services>> {
    tus::routes().merge(serving::routes()).layer(Extension(incoming::IncomingFiles::new(config)))
}

/// Name of a file in storage.
fn stored_name(id: RoomFileId) -> String {
    format!("{FOLDER}/{}", id.0.simple())
}

/// Name of the small version of a picture in storage.
fn small_name(id: RoomFileId) -> String {
    format!("{}-small", stored_name(id))
}

/// Name of the large version of a picture in storage.
fn large_name(id: RoomFileId) -> String {
    format!("{}-large", stored_name(id))
}

/// All names of a file in storage.
fn names(id: RoomFileId) -> [String; 3] {
    [stored_name(id), small_name(id), large_name(id)]
}

/// Name under which the bytes of an upload are reserved.
fn reserved_name(id: RoomFileId) -> String {
    format!("{RESERVED}/{}", id.0.simple())
}

/// Reservation of an upload.
fn reservation(id: RoomFileId, owner: FileOwner) -> NewFile {
    NewFile::new(reserved_name(id), "application/octet-stream", owner)
}

/// Place of a room's files, which has a quota.
fn place(room: RoomId) -> String {
    format!("room:{room}")
}

/// Owner of a file that somebody brings to `room`.
fn owner(account: Option<&AccountId>, viewer: &Viewer, room: RoomId) -> FileOwner {
    let owner = account.map(FileOwner::account);
    owner.unwrap_or_else(|| FileOwner::guest(viewer.person.as_str())).in_place(place(room))
}
