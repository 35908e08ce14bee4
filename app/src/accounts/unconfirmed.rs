//! Being reminded to confirm one's address.

use bandstand_domain::accounts::Role;
use leptos::{prelude::*, task::spawn_local};

use super::{CurrentViewer, api::resend_confirmation};
use crate::ui::Toaster;

/// A word to who has an account whose address isn't confirmed yet; nothing to others.
#[component]
pub fn Unconfirmed() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let again = move |_| {
        spawn_local(async move {
            match resend_confirmation().await {
                Ok(()) => toaster.say("A mail is on its way."),
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let word = move || {
        let person = viewer.get()?;
        (person.role != Role::Guest && !person.confirmed).then(|| {
            view! {
                <p class="notice">
                    <span>"Please confirm your e-mail address: open the link in our mail. Until then you can prepare everything, but your shows stand on no list, and you can’t go on stage."</span>
                    <button class="button" type="button" on:click=again>"Send it again"</button>
                </p>
            }
        })
    };
    view! { <Transition>{word}</Transition> }.into_any()
}
