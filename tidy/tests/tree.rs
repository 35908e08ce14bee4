//! The rules of `bandstand_tidy` on this repository.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

use std::path::Path;

use bandstand_tidy::{
    Complaint, Tree, files,
    imports::{self, Layers},
    names, sql, texts,
};

/// Tables, and the folders that own columns of them. Accounts forget the sessions of whom they erase.
const TABLES: [(&str, &[&str]); 51] = [
    ("accounts", &["accounts", "people"]),
    ("api_tokens", &["api_tokens"]),
    ("bookmarks", &["recordings"]),
    ("ceremonies", &["factors"]),
    ("chat_bans", &["chat"]),
    ("chat_held", &["chat"]),
    ("chat_hidden", &["chat"]),
    ("chat_mentions", &["chat"]),
    ("chat_pins", &["chat"]),
    ("chat_reactions", &["chat"]),
    ("chat_rules", &["chat"]),
    ("crowd_moments", &["crowd"]),
    ("device_logins", &["api_tokens"]),
    ("devices", &["accounts"]),
    ("ended_sessions", &["sessions"]),
    ("events", &["channel"]),
    ("files", &["storage"]),
    ("follows", &["people"]),
    ("former_handles", &["people"]),
    ("happening_answers", &["happenings"]),
    ("happenings", &["happenings"]),
    ("helpers", &["accounts"]),
    ("inboxes", &["notifications"]),
    ("jobs", &["background"]),
    ("likes", &["crowd"]),
    ("links", &["accounts"]),
    ("messages", &["chat"]),
    ("moderation_log", &["chat"]),
    ("mutes", &["chat"]),
    ("notices", &["notifications"]),
    ("passkeys", &["factors"]),
    ("player_sessions", &["sessions"]),
    ("recording_files", &["recordings"]),
    ("recording_mp3s", &["recordings"]),
    ("recordings", &["recordings"]),
    ("recovery_codes", &["factors"]),
    ("room_addresses", &["rooms"]),
    ("room_bans", &["rooms"]),
    ("room_files", &["uploads"]),
    ("room_invitations", &["rooms"]),
    ("room_knocks", &["rooms"]),
    ("room_members", &["rooms"]),
    ("rooms", &["rooms"]),
    ("second_factors", &["factors"]),
    ("sessions", &["sessions", "accounts"]),
    ("shows", &["shows", "stage", "crowd"]),
    ("storage_usage", &["storage"]),
    ("stream_keys", &["stream_keys"]),
    ("topics", &["channel"]),
    ("tracks", &["shows"]),
    ("uploads", &["uploads"]),
];

/// Folders of the server, from below. Features begin with `accounts`.
const SERVER: Layers = &[
    &["clock", "database", "entity_tags", "ids", "rights"],
    &["background", "config", "crypto", "personal_data"],
    &["http", "ice_servers", "sessions", "storage"],
    &["channel", "mail", "pictures"],
    &["services"],
    &["caller"],
    &["accounts"],
    &["api_tokens", "factors", "notifications"],
    &["shows"],
    &["crowd", "listening", "people", "rooms", "stream_keys"],
    &["happenings", "uploads"],
    &["chat"],
    &["own_account", "stage", "translation"],
    &["media"],
    &["radio"],
    &["recordings"],
    &["api", "quality"],
    &["app"],
];

/// Folders of the pages, from below. Features begin with `chat`.
const APP: Layers = &[
    &["json", "texts", "web"],
    &["failure"],
    &["port"],
    &["navigation"],
    &["ui"],
    &["pictures", "translation"],
    &["channel", "viewer"],
    &["chat", "crowd", "listening", "quality", "recordings", "stream_keys", "webrtc"],
    &["api_tokens", "happenings", "notifications"],
    &["factors", "shows"],
    &["people", "recordings", "stage", "uploads"],
    &["player"],
    &["accounts", "replay"],
    &["archive", "rooms", "studio", "watch"],
    &["parts"],
    &["app"],
];

fn tree() -> Tree {
    Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

#[track_caller]
fn holds(complaints: Vec<Complaint>) {
    let lines: Vec<_> = complaints.iter().map(|it| format!("{it}\n")).collect();
    assert!(lines.is_empty(), "{} complaints:\n{}", lines.len(), lines.concat());
}

#[test]
fn server_folders_import_from_below() {
    holds(imports::check(&tree(), "server/src/", SERVER));
}

#[test]
fn app_folders_import_from_below() {
    holds(imports::check(&tree(), "app/src/", APP));
}

#[test]
fn no_file_is_too_long() {
    holds(files::check_lengths(&tree()));
}

#[test]
fn every_file_is_declared() {
    holds(files::check_declared(&tree()));
}

#[test]
fn public_types_have_names_of_their_own() {
    holds(names::check_unique(&tree()));
}

#[test]
fn words_of_the_product_name_nothing_else() {
    holds(names::check_reserved(&tree()));
}

#[test]
fn sql_stands_in_stores() {
    holds(sql::check_places(&tree(), &["server/src/channel/event_log.rs"]));
}

#[test]
fn foreign_tables_are_only_read() {
    holds(sql::check_tables(&tree(), &TABLES));
}

#[test]
fn catalogues_have_the_same_keys_and_gaps() {
    holds(texts::check_catalogues(&tree()));
}

#[test]
fn every_text_is_said() {
    holds(texts::check_used(&tree(), &["language"]));
}

#[test]
fn what_people_read_stands_in_catalogues() {
    holds(texts::check_literals(&tree()));
}
