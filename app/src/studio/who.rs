//! List of all who are here, for those who can't point at them.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::session::Studio;
use crate::{t, ui::every};

/// The most names that are shown.
const MAX_NAMES: usize = 300;
/// Interval at which an open list is made anew.
const RENEWED: Duration = Duration::from_secs(3);

/// Names, helpers first.
#[component]
pub(super) fn WhoIsHere(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let names = RwSignal::new(Vec::<(String, bool)>::new());
    let renew = move || {
        if details.get_untracked().is_some_and(|details| details.open()) {
            let now = studio.crowd.names();
            names.maybe_update(|names| {
                let other = *names != now;
                *names = now;
                other
            });
        }
    };
    Effect::new(move || every(RENEWED, renew));
    let more = move || names.with(Vec::len).saturating_sub(MAX_NAMES);
    view! {
        <details class="panel studio-panel" node_ref=details on:toggle=move |_| renew()>
            <summary><h2>{t!(studio.house.who)}</h2></summary>
            <div class="studio-panel-body">
                <p class="soft" hidden=move || names.with(|names| !names.is_empty())>{t!(studio.house.empty)}</p>
                <ul class="names" role="list">
                    {move || names.with(|names| {
                        let shown = names.iter().take(MAX_NAMES).cloned();
                        shown.map(|(name, helper)| view! {
                            <li>
                                <bdi>{name}</bdi>
                                {helper.then(|| view! { " " <span class="chat-badge">{t!(studio.house.helper)}</span> })}
                            </li>
                        }).collect_view()
                    })}
                </ul>
                <p class="soft" hidden=move || more() == 0>{move || t!(studio.house.more, count = more())}</p>
            </div>
        </details>
    }
    .into_any()
}
