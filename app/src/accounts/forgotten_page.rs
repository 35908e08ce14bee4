//! The form by which one asks for a new password.

use bandstand_domain::{FieldErrors, field::length, text};
use leptos::prelude::*;

use super::api::ask_for_reset;
use crate::ui::{About, Form, FormState, Submit, TextField};

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
        <About title="Forgotten password" description="Get a link by which you choose a new password."/>
        <section class="page narrow door">
            <h1>"A new password"</h1>
            <div class="panel">
                <Show
                    when=move || asked.get()
                    fallback=move || view! {
                        <Form state on_send=Callback::new(send)>
                            <TextField state name="login" label="Handle or e-mail" value=login autocomplete="username" hint="We send you a link by which you choose a new password." exact=true/>
                            <Submit state label="Send me the link"/>
                        </Form>
                    }
                >
                    <p role="status">
                        "If there is an account with it, a mail is on its way. The link in it works once, for an hour."
                    </p>
                    <p class="soft">"Nothing there? Look into the folder for junk mail, or " <button class="link" type="button" on:click=move |_| asked.set(false)>"try again"</button> "."</p>
                </Show>
            </div>
            <p class="soft">"You know it again? " <a href="/log-in">"Log in"</a></p>
        </section>
    }
    .into_any()
}
