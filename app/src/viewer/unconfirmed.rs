//! Reminder to confirm the e-mail address.

use bandstand_domain::accounts::Role;
use leptos::{prelude::*, task::spawn_local};

use super::{CurrentViewer, api::resend_confirmation};
use crate::{t, ui::Toaster};

/// A word to who has an account whose address isn't confirmed yet; nothing to others.
#[component]
pub fn Unconfirmed() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let again = move |_| {
        spawn_local(async move {
            match resend_confirmation().await {
                Ok(()) => toaster.say(t!(accounts.unconfirmed.on_its_way)),
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let word = move || {
        let person = viewer.get()?;
        (person.role != Role::Guest && !person.confirmed).then(|| {
            view! {
                <p class="notice">
                    <span>{t!(accounts.unconfirmed.please)}</span>
                    <button class="button" type="button" on:click=again>{t!(accounts.unconfirmed.again)}</button>
                </p>
            }
        })
    };
    view! { <Transition>{word}</Transition> }.into_any()
}
