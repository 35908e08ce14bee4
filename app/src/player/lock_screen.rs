//! Lock screen and the keys of keyboards and headphones (Media Session): what plays is told there, and paused
//! from there.

use js_sys::{Array, Function, Reflect};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::session::WatchSession;
use crate::web;

/// Tells the system of the session, and obeys it, for as long as the current owner lasts; what does that is
/// loaded first.
pub(crate) fn on_lock_screen(session: WatchSession) {
    let owner = Owner::current().unwrap_or_default();
    spawn_local(async move {
        // Who can't load it has the page's own buttons.
        let _ = lock_screen(session, owner).await;
    });
}

/// A part of its own: a player is alive without it.
#[wasm_split(lock, wasm_split_path = ::leptos::wasm_split, fallible)]
fn lock_screen(session: WatchSession, owner: Owner) -> Result<(), SplitLoaderError> {
    owner.with(|| tell(session));
    Ok(())
}

fn tell(session: WatchSession) {
    let media = web::get(&window().navigator(), "mediaSession");
    if media.is_undefined() {
        return;
    }
    let player = session.player;
    for (action, pauses) in [("play", false), ("pause", true), ("stop", true)] {
        let act = move || if pauses { player.pause() } else { player.resume() };
        let act = Closure::<dyn FnMut()>::new(act).into_js_value();
        // Older browsers know fewer keys.
        let _ = web::call_now(&media, "setActionHandler", &[action.into(), act]);
    }
    let told = Memo::new(move |_| {
        let playing = session.title.get();
        session.page.with(|page| {
            let (show, artist) = (page.card.title.clone(), page.card.artist.stage_name.clone());
            let title = if playing.is_empty() { show.clone() } else { playing };
            (title, artist, show, page.card.artwork.as_ref().map(|it| it.large()))
        })
    });
    Effect::new(move || {
        let (title, artist, album, artwork) = told.get();
        if let Some(told) = metadata(&title, &artist, &album, artwork) {
            web::set(&web::get(&window().navigator(), "mediaSession"), "metadata", &told);
        }
    });
    Effect::new(move || {
        let state = if player.paused().get() { "paused" } else { "playing" };
        let media = web::get(&window().navigator(), "mediaSession");
        web::set(&media, "playbackState", &JsValue::from_str(state));
    });
}

/// Description of what plays, for the system; none where it shows nothing of that.
pub(crate) fn metadata(
    title: &str,
    artist: &str,
    album: &str,
    artwork: Option<String>,
) -> Option<JsValue> {
    let kind = web::get(&window(), "MediaMetadata").dyn_into::<Function>().ok()?;
    let artwork =
        artwork.map(|source| web::object([("src", source.into()), ("type", "image/jpeg".into())]));
    let told = web::object([
        ("title", title.into()),
        ("artist", artist.into()),
        ("album", album.into()),
        ("artwork", artwork.into_iter().collect::<Array>().into()),
    ]);
    Reflect::construct(&kind, &Array::of1(&told)).ok()
}

/// Tells the system that nothing plays any more.
pub(crate) fn leave_lock_screen() {
    if cfg!(feature = "ssr") {
        return;
    }
    let media = web::get(&window().navigator(), "mediaSession");
    if !media.is_undefined() {
        web::set(&media, "metadata", &JsValue::NULL);
        web::set(&media, "playbackState", &"none".into());
    }
}
