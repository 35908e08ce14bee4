//! Section of personal data: export and deletion.

use bandstand_domain::{FieldErrors, Secret, accounts::given};
use leptos::prelude::*;

use crate::{
    accounts::api::delete_account,
    t,
    ui::{Form, FormState, PasswordField, Submit, secret},
};

/// One's data: taking it along, and leaving.
#[component]
pub(in crate::accounts) fn DataSection() -> impl IntoView {
    view! {
        <section id="data" class="panel" aria-labelledby="data-title">
            <h2 id="data-title">{t!(settings.data.title)}</h2>
            <p>{t!(settings.data.about)}</p>
            <p><a class="button" href="/settings/export" download rel="external">{t!(settings.data.download)}</a></p>
            <h3>{t!(settings.data.leave)}</h3>
            <p>{t!(settings.data.leave_about)}</p>
            <DeleteForm/>
        </section>
    }
    .into_any()
}

#[component]
fn DeleteForm() -> impl IntoView {
    let state = FormState::default();
    let password = RwSignal::new(String::new());
    let send = move |()| {
        let given_password: Secret = secret(password);
        let checked =
            FieldErrors::default().with("delete_password", given(&given_password)).into_result();
        state.send(checked, delete_account(given_password), |_| {
            // The session is over: everything begins anew.
            let _ = window().location().assign("/");
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <PasswordField state name="delete_password" label=t!(accounts.your_password) value=password autocomplete="current-password"/>
            <Submit state label=t!(settings.data.delete) class="button danger"/>
        </Form>
    }
    .into_any()
}
