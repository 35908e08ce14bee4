//! The end of the show's time, and some more of it.

use bandstand_domain::{Millis, shows::Medium};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::session::Studio;
use crate::{
    shows::api::extend_show,
    t,
    ui::{TimeStyle, Toaster, local_text},
};

/// Time before the end from which on it is told, in milliseconds.
const SOON: i64 = 5 * Millis::MINUTE;

/// The end of the show's time. A part of its own: a studio is alive without it.
#[wasm_split(playing, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn overtime(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Overtime studio/> }.into_any())
}

/// Says that the show's time is nearly over, or over, and offers a quarter of an hour more.
#[component]
fn Overtime(studio: Studio) -> impl IntoView {
    let toaster = Toaster::expect();
    let pending = RwSignal::new(false);
    // What was pressed stays, so that the focus does.
    let extended = RwSignal::new(false);
    let ends = Memo::new(move |_| studio.page.with(|page| page.card.ends_at));
    let near = Memo::new(move |_| {
        let left = ends.get().since(studio.now.get());
        studio.on_air() && (extended.get() || left < SOON)
    });
    let extend = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let show = studio.page.with_untracked(|page| page.card.id);
        spawn_local(async move {
            match extend_show(show).await {
                Ok(()) => {
                    extended.try_set(true);
                    toaster.say(t!(studio.extended));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
            pending.try_set(false);
        });
    };
    let fate = match studio.medium() {
        Medium::Audio => t!(studio.ends_by_itself),
        Medium::Video => t!(studio.ends_for_programs),
    };
    view! {
        <div role="status">
            <Show when=move || near.get()>
                <div class="notice">
                    <p>{t!(studio.ends_at)} " " {move || local_text(ends.get(), TimeStyle::Time)} ". " {fate}</p>
                    <button class="button" type="button" aria-busy=move || pending.get().then_some("true") on:click=extend>{t!(studio.extend)}</button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}
