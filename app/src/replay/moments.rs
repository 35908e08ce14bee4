//! Moments of a show that is played again: what was said up to the time that plays, and the crowd at it.

mod buffer;
mod crowd;
mod loader;
mod said;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use self::{crowd::crowd_then, loader::ReplayedMoments, said::said};
use crate::player::WatchSession;

/// Chat and crowd as they were at the time that plays, in place of those that are. A part of its own, loaded once
/// something plays.
#[wasm_split(moments, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn as_it_was(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let moments = ReplayedMoments::of(session);
    let view = view! {
        {crowd_then(session, moments)}
        {said(session, moments)}
    };
    Ok(view.into_any())
}
