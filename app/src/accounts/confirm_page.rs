//! Confirming an e-mail address by a link from a mail.

use leptos::prelude::*;

use super::{
    CurrentViewer,
    api::confirm_email,
    link_in_mail::{LinkInMail, LostLink},
};
use crate::ui::{About, Form, FormState, Submit};

/// Confirming an e-mail address. It takes a press of a button, because programs that look at mails open
/// their links, too.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let state = FormState::default();
    let email = RwSignal::new(None::<String>);
    let link = LinkInMail::take(move || email.set(None));
    let send = move |()| {
        state.send(Ok(()), confirm_email(link.get()), move |confirmed| {
            email.set(Some(confirmed));
            viewer.refetch();
        });
    };
    let done = move || {
        email.get().map(|email| {
            view! {
                <p role="status"><strong>{email}</strong> " is confirmed. Thank you!"</p>
                <a class="button primary big" href="/">"See what’s on"</a>
            }
        })
    };
    view! {
        <About title="Confirm your e-mail" description="Confirm that an e-mail address is yours."/>
        <section class="page narrow door">
            <h1>"Is it you?"</h1>
            <div class="panel">
                <Show
                    when=move || email.with(Option::is_none)
                    fallback=move || view! { <div class="form">{done}</div> }
                >
                    <Show when=move || !link.is_lost() fallback=move || view! { <LostLink link/> }>
                        <Form state on_send=Callback::new(send)>
                            <p>"Confirm that the e-mail address to which we wrote is yours."</p>
                            <Submit state label="Confirm"/>
                        </Form>
                    </Show>
                </Show>
            </div>
            <p class="soft">"The link is too old? " <a href="/settings">"Get another one in your settings"</a></p>
        </section>
    }
    .into_any()
}
