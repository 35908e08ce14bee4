//! One's data: taking it along, and leaving.

use bandstand_domain::{FieldErrors, Secret, accounts::given};
use leptos::prelude::*;

use crate::{
    accounts::api::delete_account,
    ui::{Form, FormState, PasswordField, Submit, secret},
};

/// One's data: taking it along, and leaving.
#[component]
pub(in crate::accounts) fn DataSection() -> impl IntoView {
    view! {
        <section id="data" class="panel" aria-labelledby="data-title">
            <h2 id="data-title">"Your data"</h2>
            <p>"Everything that the venue keeps of you, as a file that programs and people can read."</p>
            <p><a class="button" href="/settings/export" download rel="external">"Download your data"</a></p>
            <h3>"Leave"</h3>
            <p>
                "Your account is closed at once: all sessions end, and shows that aren’t over are called off. For 14 days you can take it back by logging in. Then your name, your address and your words are erased; your handle stays taken, so that nobody can pass for you."
            </p>
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
            <PasswordField state name="delete_password" label="Your password" value=password autocomplete="current-password"/>
            <Submit state label="Delete my account"/>
        </Form>
    }
    .into_any()
}
