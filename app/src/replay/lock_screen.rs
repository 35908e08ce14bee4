//! Lock screen and the keys of keyboards and headphones, for a recording.

use bandstand_domain::shows::ShowCard;
use js_sys::Function;
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::playback::Playback;
use crate::{
    player::{leave_lock_screen, metadata},
    web,
};

/// Action of a key, with the details that the system gives.
type KeyAction = fn(Playback, &JsValue);

/// Tells the system of what plays, and obeys it, once it is begun and for as long as the current owner lasts.
pub(super) fn on_lock_screen(playback: Playback, card: StoredValue<ShowCard>) {
    Effect::new(move || {
        if playback.started.get() {
            tell(playback, card);
        }
    });
}

fn tell(playback: Playback, card: StoredValue<ShowCard>) {
    let media = web::get(&window().navigator(), "mediaSession");
    if media.is_undefined() {
        return;
    }
    let told = card.with_value(|card| {
        let artwork = card.artwork.as_ref().map(|it| it.large());
        metadata(&card.title, &card.artist.stage_name, &card.title, artwork)
    });
    if let Some(told) = told {
        web::set(&media, "metadata", &told);
    }
    let handlers: [(_, KeyAction); 5] = [
        ("play", |it, _| it.play()),
        ("pause", |it, _| it.pause()),
        ("seekbackward", |it, _| it.seek_by(-10)),
        ("seekforward", |it, _| it.seek_by(10)),
        ("seekto", |it, details| {
            let second = web::get(details, "seekTime").as_f64().unwrap_or_default();
            it.seek((second * 1_000.0) as u64);
        }),
    ];
    let handlers = handlers.map(|(action, act)| {
        let act = Closure::<dyn FnMut(JsValue)>::new(move |details| act(playback, &details));
        handle(&media, action, act.as_ref().unchecked_ref::<Function>());
        (action, act)
    });
    let held = SendWrapper::new((media, handlers));
    on_cleanup(move || {
        let (media, handlers) = held.take();
        for (action, _) in &handlers {
            handle(&media, action, &JsValue::NULL);
        }
        leave_lock_screen();
    });
    let seconds = Memo::new(move |_| playback.time() / 1_000);
    Effect::new(move || {
        let state = if playback.playing.get() { "playing" } else { "paused" };
        let media = web::get(&window().navigator(), "mediaSession");
        web::set(&media, "playbackState", &state.into());
        let length = playback.length() as f64 / 1_000.0;
        let state = web::object([
            ("duration", length.into()),
            ("playbackRate", playback.rate.get().into()),
            ("position", (seconds.get() as f64).min(length).into()),
        ]);
        // Older browsers don't show it.
        let _ = web::call_now(&media, "setPositionState", &[state]);
    });
}

fn handle(media: &JsValue, action: &str, act: &JsValue) {
    // Older browsers know fewer keys.
    let _ = web::call_now(media, "setActionHandler", &[action.into(), act.clone()]);
}
