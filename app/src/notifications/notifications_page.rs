//! Page of notifications: what there is, and how one wants to be told.

use bandstand_domain::{
    accounts::Viewer,
    notifications::{InboxPage, NotificationSettings},
};
use leptos::prelude::*;

use super::{
    api::{load_notification_settings, load_notifications},
    list::InboxList,
    settings_form::NotificationForm,
};
use crate::{t, ui::About, viewer::AccountNeeded};

/// One's own notifications.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let page = |_: Viewer| view! { <OwnNotifications/> }.into_any();
    view! {
        <About title=t!(notifications.title) description=t!(notifications.about)/>
        <AccountNeeded children=Callback::new(page)/>
    }
    .into_any()
}

/// All that the page shows, in one resource, so that it is the same on both sides.
async fn load() -> Result<(InboxPage, NotificationSettings), String> {
    let (page, settings) = futures::join!(load_notifications(None), load_notification_settings());
    let told = |refused: String| refused;
    Ok((page.map_err(|it| told(it.to_string()))?, settings.map_err(|it| told(it.to_string()))?))
}

#[component]
fn OwnNotifications() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load());
    let shown = move || {
        Some(match loaded.get()? {
            Ok((page, settings)) => view! {
                <InboxList page/>
                <NotificationForm settings/>
            }
            .into_any(),
            Err(refused) => view! {
                <p class="notice bad">
                    {refused}
                    <button class="button" type="button" on:click=move |_| loaded.refetch()>{t!(ui.try_again)}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page narrow stack notifications">
            <h1>{t!(notifications.title)}</h1>
            <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{shown}</Transition>
        </section>
    }
    .into_any()
}
