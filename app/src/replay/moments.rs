//! Moments of a show that is played again: what was said up to the time that plays.

mod buffer;
mod loader;
mod said;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use self::{loader::ReplayedMoments, said::said};
use crate::player::WatchSession;

/// The chat as it was at the time that plays, in place of the chat as it is. A part of its own, loaded once
/// something plays.
#[wasm_split(moments, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn as_it_was(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let moments = ReplayedMoments::of(session);
    Ok(said(session, moments))
}
