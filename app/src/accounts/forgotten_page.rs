//! Page that asks for a new password.

use bandstand_domain::{FieldErrors, field::length, text};
use leptos::prelude::*;

use super::api::ask_for_reset;
use crate::{
    t,
    ui::{About, Form, FormState, Submit, TextField},
    weave,
};

/// The form by which one asks for a new password. What it answers is the same for everybody.
#[component]
pub fn ForgottenPage() -> impl IntoView {
    let state = FormState::default();
    let login = RwSignal::new(String::new());
    let asked = RwSignal::new(false);
    let send = move |()| {
        let login = login.get_untracked();
        let complaint = length(text!(complaint.what.login), &login, 1, 254);
        let checked = FieldErrors::default().with("login", complaint).into_result();
        state.send(checked, ask_for_reset(login), move |()| asked.set(true));
    };
    view! {
        <About title=t!(accounts.forgotten_page.about_title) description=t!(accounts.forgotten_page.about)/>
        <section class="page narrow door">
            <h1>{t!(accounts.a_new_password)}</h1>
            <div class="panel">
                <Show
                    when=move || asked.get()
                    fallback=move || view! {
                        <Form state on_send=Callback::new(send)>
                            <TextField state name="login" label=t!(accounts.login) value=login autocomplete="username" hint=t!(accounts.forgotten_page.hint) exact=true/>
                            <Submit state label=t!(accounts.forgotten_page.send)/>
                        </Form>
                    }
                >
                    <p role="status">{t!(accounts.forgotten_page.sent)}</p>
                    <p class="soft">
                        {weave!(
                            accounts.forgotten_page.nothing,
                            again = view! { <button class="link" type="button" on:click=move |_| asked.set(false)>{t!(accounts.forgotten_page.again)}</button> }
                        )}
                    </p>
                </Show>
            </div>
            <p class="soft">{weave!(accounts.forgotten_page.known, link = view! { <a href="/log-in">{t!(accounts.log_in)}</a> })}</p>
        </section>
    }
    .into_any()
}
