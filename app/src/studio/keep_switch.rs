//! Switch that keeps the stage for what is on it.

use leptos::{prelude::*, task::spawn_local};

use super::session::Studio;
use crate::{stage::api::keep_stage, t, ui::Toaster};

/// Switch against newer programs and tabs of the artist; there while somebody is on stage.
#[component]
pub(super) fn KeepSwitch(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let on_air = Memo::new(move |_| studio.on_air());
    view! { <Show when=move || on_air.get()><Switch studio/></Show> }.into_any()
}

#[component]
fn Switch(studio: Studio) -> impl IntoView {
    let toaster = Toaster::expect();
    let (show, known) = studio.page.with_untracked(|page| (page.card.id, page.kept));
    let kept = RwSignal::new(known);
    // What is told counts, also where it is no news: a press may have come between.
    Effect::new(move || kept.set(studio.page.with(|page| page.kept)));
    let change = move |keep: bool| {
        kept.set(keep);
        spawn_local(async move {
            if let Err(refused) = keep_stage(show, keep).await {
                if let Some(known) = studio.page.try_with_untracked(|page| page.kept) {
                    kept.try_set(known);
                }
                toaster.say(refused.to_string());
            }
        });
    };
    let detail = move || if kept.get() { t!(studio.keep_on) } else { t!(studio.keep_off) };
    view! {
        <label class="switch">
            <span>{t!(studio.keep)} " " <small class="soft">{detail}</small></span>
            <input
                type="checkbox" role="switch" prop:checked=move || kept.get()
                on:change=move |event| change(event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
