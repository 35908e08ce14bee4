//! Panel "Listen with a radio": the personal address of a show, to be copied and renewed.

use bandstand_domain::{ShowId, listening::PersonalAddress, shows::ShowReason};
use leptos::{html, prelude::*, task::spawn_local};

use super::api::{load_personal_address, renew_personal_addresses};
use crate::{
    failure::Failed,
    t,
    ui::{Confirm, Copied, TimeStyle, Toaster, local_text},
};

type Address = RwSignal<Option<Result<PersonalAddress, Failed<ShowReason>>>>;

/// One's own address of a show's sound, asked for when the panel is opened.
#[component]
pub fn ListenElsewhere(
    /// The show.
    show: ShowId,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let address: Address = RwSignal::new(None);
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|it| it.open()) {
            spawn_local(async move {
                address.try_set(Some(load_personal_address(show).await));
            });
        }
    };
    view! {
        <details class="panel listen-elsewhere" node_ref=details on:toggle=toggled>
            <summary><h2>{t!(listening.elsewhere)}</h2></summary>
            <p class="hint">{t!(listening.how)}</p>
            {move || match address.get() {
                None => view! { <p class="waiting">{t!(listening.looking)}</p> }.into_any(),
                Some(Err(why)) => view! { <p class="notice bad">{why.to_string()}</p> }.into_any(),
                Some(Ok(it)) => view! { <Addresses show it address/> }.into_any(),
            }}
        </details>
    }
    .into_any()
}

/// Sound and playlist, and the way to others.
#[component]
fn Addresses(show: ShowId, it: PersonalAddress, address: Address) -> impl IntoView {
    let asking = RwSignal::new(false);
    let toaster = Toaster::expect();
    let renew = Callback::new(move |()| {
        spawn_local(async move {
            match renew_personal_addresses(show).await {
                Ok(renewed) => {
                    address.try_set(Some(Ok(renewed)));
                    toaster.say(t!(listening.renewed));
                }
                Err(why) => toaster.say(why.to_string()),
            }
        });
    });
    let field = |it: &bandstand_domain::Secret| Signal::stored(it.reveal().to_owned());
    let since = local_text(it.renewed_at, TimeStyle::Poster);
    view! {
        <Copied id="personal-sound" label=t!(listening.sound) value=field(&it.sound)/>
        <Copied id="personal-playlist" label=t!(listening.playlist) value=field(&it.playlist)/>
        <p class="hint small">{t!(listening.personal)}</p>
        <div class="row">
            <button class="button" type="button" on:click=move |_| asking.set(true)>{t!(listening.renew)}</button>
            <span class="soft small">{t!(listening.since, when = since)}</span>
        </div>
        <Confirm open=asking question=t!(listening.renew_question) yes=t!(listening.renew) on_yes=renew>
            <p>{t!(listening.renew_means)}</p>
        </Confirm>
    }
    .into_any()
}
