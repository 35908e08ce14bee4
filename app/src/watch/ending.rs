//! The end of a show: thanks, the encore, and the way onward.

use leptos::prelude::*;

use super::farewell::Farewell;
use crate::{player::WatchSession, stage::encore::EncoreEnd, t, weave, web};

/// Thanks, and until when hands and chat stay open.
#[component]
pub(super) fn ThankYou(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let artist = session.page.with_untracked(|page| page.card.artist.stage_name.clone());
    // Who was there finds it again, in this browser.
    let key = format!("bandstand.there.{}", session.show);
    let there = RwSignal::new(false);
    Effect::new(move || {
        if session.inside() {
            web::remember_whether(&key, true);
        }
        there.set(session.inside() || web::is_remembered(&key));
    });
    let lights = move || match session.encore.get() {
        None => t!(watch.lights_on).into_any(),
        Some(until) => {
            weave!(watch.encore, artist = artist.clone(), time = view! { <EncoreEnd until/> })
                .into_any()
        }
    };
    view! {
        <div class="thank-you">
            <h2>{t!(watch.good_night)}</h2>
            <p role="status">{lights}</p>
            <p class="sum">{move || t!(watch.fullest, count = session.peak())} " · " {move || t!(watch.hearts, count = session.likes())}</p>
            <div class="row">
                <Show when=move || there.get()><Farewell session/></Show>
                <a class="button" href="/">{t!(ui.see_whats_on)}</a>
            </div>
        </div>
    }
    .into_any()
}

/// A show whose artist never came.
#[component]
pub(super) fn StayedDown(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    view! {
        <div class="thank-you">
            <p class="stage-word" role="status">
                <strong>{t!(watch.stayed_down)}</strong>
                <span>{move || t!(watch.did_not_come, artist = artist())}</span>
            </p>
            <a class="button" href="/">{t!(ui.see_whats_on)}</a>
        </div>
    }
    .into_any()
}
