//! Choosing a new password by a link from a mail.

use bandstand_domain::accounts::Reset;
use leptos::prelude::*;

use super::{
    api::reset_password,
    link_in_mail::{LinkInMail, LostLink},
};
use crate::ui::{About, Form, FormState, PasswordField, Submit, secret};

/// Choosing a new password by a link from a mail.
#[component]
pub fn ResetPage() -> impl IntoView {
    let state = FormState::default();
    let new = RwSignal::new(String::new());
    let handle = RwSignal::new(None::<String>);
    let link = LinkInMail::take(move || handle.set(None));
    let send = move |()| {
        let form = Reset { link: link.get(), new: secret(new) };
        state.send(form.check(), reset_password(form), move |whose| handle.set(Some(whose)));
    };
    let done = move || {
        handle.get().map(|handle| {
            view! {
                <p role="status">"@" {handle} " has a new password. All sessions have ended."</p>
                <a class="button primary big" href="/log-in">"Log in"</a>
            }
        })
    };
    view! {
        <About title="A new password" description="Choose a new password."/>
        <section class="page narrow door">
            <h1>"A new password"</h1>
            <div class="panel">
                <Show
                    when=move || handle.with(Option::is_none)
                    fallback=move || view! { <div class="form">{done}</div> }
                >
                    <Show when=move || !link.is_lost() fallback=move || view! { <LostLink link/> }>
                        <Form state on_send=Callback::new(send)>
                            <PasswordField state name="new" label="New password" value=new autocomplete="new-password" hint="At least 8 characters. A sentence is fine."/>
                            <Submit state label="Take this password"/>
                        </Form>
                    </Show>
                </Show>
            </div>
            <p class="soft">"The link is too old? " <a href="/forgotten">"Get another one"</a></p>
        </section>
    }
    .into_any()
}
