//! Uploads that were interrupted when a page was left, as this browser remembers them.
//!
//! A page can't keep the files themselves: they have to be chosen again, and go on where they were.

use bandstand_domain::RoomId;
use serde::{Deserialize, Serialize};

use crate::web;

/// The most that are remembered.
const MAX_REMEMBERED: usize = 50;

/// Upload that isn't finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Interrupted {
    /// Its address.
    pub path: String,
    /// Name of the file.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When the file was changed last, in milliseconds.
    pub changed: f64,
}

impl Interrupted {
    /// Tells whether it is most likely the same file.
    pub fn is_of(&self, name: &str, bytes: u64, changed: f64) -> bool {
        self.name == name && self.bytes == bytes && (self.changed - changed).abs() < 1.0
    }
}

fn key(room: RoomId) -> String {
    format!("uploads:{room}")
}

/// What this browser remembers of a room.
pub(super) fn remembered(room: RoomId) -> Vec<Interrupted> {
    let text = web::remembered(&key(room)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn write(room: RoomId, all: &[Interrupted]) {
    if all.is_empty() {
        return web::forget(&key(room));
    }
    let newest = &all[all.len().saturating_sub(MAX_REMEMBERED)..];
    if let Ok(text) = serde_json::to_string(newest) {
        web::remember(&key(room), &text);
    }
}

/// Remembers an upload that began.
pub(super) fn remember(room: RoomId, upload: Interrupted) {
    let mut all = remembered(room);
    all.retain(|it| it.path != upload.path);
    all.push(upload);
    write(room, &all);
}

/// Forgets an upload that is over.
pub(super) fn forget(room: RoomId, path: &str) {
    let mut all = remembered(room);
    all.retain(|it| it.path != path);
    write(room, &all);
}
