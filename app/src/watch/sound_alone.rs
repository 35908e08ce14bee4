//! Stage of which nothing is seen: artwork, what plays, and a level that lives.

use std::time::Duration;

use leptos::{
    html,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsValue;

use crate::{player::WatchSession, t, ui::every, web};

/// Interval at which the level moves.
const MOVES: Duration = Duration::from_millis(80);

/// Sound without a picture: a part that is loaded when that is so.
#[wasm_split(radio, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn sound_alone(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let place = NodeRef::<html::Div>::new();
    Effect::new(move || {
        let Some(place) = place.get() else { return };
        let style = web::get(&place, "style");
        // Where there is none, as of what comes by HTTP, the style sheet moves the bars by itself.
        every(MOVES, move || {
            let level = session.player.level();
            let _ = place.toggle_attribute_with_force("data-measured", level.is_some());
            let level = JsValue::from_f64(level.unwrap_or_default().into());
            let _ = web::call_now(&style, "setProperty", &["--level".into(), level]);
        });
    });
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    // A word for a stage without a picture, where nobody says what plays.
    let playing = move || {
        let title = session.title.get();
        if title.is_empty() { t!(watch.sound_only).into() } else { title }
    };
    let view = view! {
        <div class="sound-only" node_ref=place>
            <div class="bars" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
            <p class="stage-word"><strong>{artist}</strong><span class="playing" dir="auto" aria-live="polite">{playing}</span></p>
        </div>
    };
    Ok(view.into_any())
}
