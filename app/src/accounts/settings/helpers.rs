//! Section of helpers: people who look after an artist's shows beside the artist.

use bandstand_domain::{FieldErrors, accounts::Helper, field::length, text};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    accounts::api::{add_helper, remove_helper},
    t,
    ui::{Form, FormState, Submit, TextField, Toaster},
};

/// Helpers of an artist.
#[component]
pub(in crate::accounts) fn HelpersSection(
    /// Helpers so far.
    helpers: Vec<Helper>,
) -> impl IntoView {
    view! {
        <section id="helpers" class="panel" aria-labelledby="helpers-title">
            <h2 id="helpers-title">{t!(settings.helpers.title)}</h2>
            <p class="soft">{t!(settings.helpers.about)}</p>
            <People helpers=RwSignal::new(helpers)/>
        </section>
    }
    .into_any()
}

#[component]
fn People(helpers: RwSignal<Vec<Helper>>) -> impl IntoView {
    let state = FormState::default();
    let handle = RwSignal::new(String::new());
    let send = move |()| {
        let wanted = handle.get_untracked();
        let checked = FieldErrors::default()
            .with("helper", length(text!(complaint.what.helper), &wanted, 1, 17))
            .into_result();
        state.send(checked, add_helper(wanted), move |now| {
            handle.set(String::new());
            helpers.set(now);
        });
    };
    view! {
        <ul role="list" class="sessions">
            <For
                each=move || helpers.get()
                key=|helper| helper.handle.clone()
                children=move |helper| view! { <Person helper helpers/> }
            />
        </ul>
        <Form state on_send=Callback::new(send)>
            <TextField state name="helper" label=t!(settings.helpers.handle) value=handle autocomplete="off" exact=true/>
            <Submit state label=t!(settings.helpers.add)/>
        </Form>
    }
    .into_any()
}

#[component]
fn Person(helper: Helper, helpers: RwSignal<Vec<Helper>>) -> impl IntoView {
    let toaster = Toaster::expect();
    let label = t!(settings.helpers.remove_label, name = &helper.name);
    let handle = helper.handle.clone();
    let remove = move |_| {
        let handle = handle.clone();
        spawn_local(async move {
            match remove_helper(handle).await {
                Ok(now) => helpers.set(now),
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    view! {
        <li>
            <div><strong>{helper.name}</strong>" "<span class="soft">{format!("@{}", helper.handle)}</span></div>
            <button class="button" type="button" aria-label=label on:click=remove>{t!(ui.remove)}</button>
        </li>
    }
    .into_any()
}
