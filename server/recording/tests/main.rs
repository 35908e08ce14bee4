//! Recordings of streams that other programs encoded, held against what other programs make of them: FFmpeg.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod codecs;
mod corpus;
mod cuts;
mod networks;
mod plain_sound;
mod sessions;
mod sounds;
mod support;
mod times;
