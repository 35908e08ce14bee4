//! Switch that keeps the stage for what is on it.

use bandstand_domain::ShowId;
use leptos::{prelude::*, task::spawn_local};

use super::session::Studio;
use crate::{
    stage::api::{is_stage_kept, keep_stage},
    t,
    ui::Toaster,
};

/// Switch against newer programs and tabs of the artist; there while somebody is on stage.
#[component]
pub(super) fn KeepSwitch(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let show = studio.page.with_untracked(|page| page.card.id);
    let on_air = Memo::new(move |_| studio.on_air());
    view! { <Show when=move || on_air.get()><Switch show/></Show> }.into_any()
}

#[component]
fn Switch(show: ShowId) -> impl IntoView {
    let toaster = Toaster::expect();
    let kept = RwSignal::new(false);
    Effect::new(move || {
        spawn_local(async move {
            if let Ok(known) = is_stage_kept(show).await {
                kept.try_set(known);
            }
        });
    });
    let change = move |keep: bool| {
        kept.set(keep);
        spawn_local(async move {
            if let Err(refused) = keep_stage(show, keep).await {
                kept.try_set(!keep);
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
