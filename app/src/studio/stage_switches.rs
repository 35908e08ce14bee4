//! Switches of the show: whether it is recorded, and whether the stage is kept for what is on it.

use bandstand_domain::{ShowId, shows::ShowPage, stage::StageReason};
use futures::{FutureExt, future::LocalBoxFuture};
use leptos::{prelude::*, task::spawn_local};

use super::{fold::Fold, session::Studio};
use crate::{
    failure::Failed,
    stage::api::{keep_stage, record_show},
    t,
    ui::Toaster,
};

/// The switches. That against newer programs and tabs of the artist is there while somebody is on stage.
#[component]
pub(super) fn StageSwitches(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let on_air = Memo::new(move |_| studio.on_air());
    view! {
        <Fold studio title=t!(studio.your_show)>
            <Switch
                studio label=t!(studio.record) details=[t!(studio.record_off), t!(studio.record_on)]
                told=|page| page.records ask=|show, on| record_show(show, on).boxed_local()
            />
            <Show when=move || on_air.get()>
                <Switch
                    studio label=t!(studio.keep) details=[t!(studio.keep_off), t!(studio.keep_on)]
                    told=|page| page.kept ask=|show, on| keep_stage(show, on).boxed_local()
                />
            </Show>
        </Fold>
    }
    .into_any()
}

/// Request to the venue that is under way.
type Asking = LocalBoxFuture<'static, Result<(), Failed<StageReason>>>;

#[component]
fn Switch(
    studio: Studio,
    label: &'static str,
    /// Meaning of off, and of on.
    details: [&'static str; 2],
    /// State that the venue tells.
    told: fn(&ShowPage) -> bool,
    /// Asks the venue for a change.
    ask: fn(ShowId, bool) -> Asking,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let (show, known) = studio.page.with_untracked(|page| (page.card.id, told(page)));
    let on = RwSignal::new(known);
    // What is told counts, also where it is no news: a press may have come between.
    Effect::new(move || on.set(studio.page.with(told)));
    let change = move |wanted: bool| {
        on.set(wanted);
        spawn_local(async move {
            if let Err(refused) = ask(show, wanted).await {
                if let Some(known) = studio.page.try_with_untracked(told) {
                    on.try_set(known);
                }
                toaster.say(refused.to_string());
            }
        });
    };
    view! {
        <label class="switch">
            <span>{label} " " <small class="soft">{move || details[usize::from(on.get())]}</small></span>
            <input
                type="checkbox" role="switch" prop:checked=move || on.get()
                on:change=move |event| change(event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
