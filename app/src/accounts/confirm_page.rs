//! Page that confirms an e-mail address by a link from a mail.

use bandstand_domain::accounts::Role;
use leptos::prelude::*;

use super::{
    api::confirm_email,
    link_in_mail::{LinkInMail, LostLink},
};
use crate::{
    t,
    ui::{About, Form, FormState, Submit},
    viewer::CurrentViewer,
    weave,
};

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
    // An artist goes to their shows, anybody else to those of others.
    let onward = move || {
        let artist = viewer.get().is_some_and(|viewer| viewer.role == Role::Artist);
        let (path, label) =
            if artist { ("/dashboard", t!(app.my_shows)) } else { ("/", t!(ui.see_whats_on)) };
        view! { <a class="button primary big" href=path>{label}</a> }
    };
    let is_done = move || email.with(Option::is_some);
    let title = move || {
        if is_done() {
            t!(accounts.confirm_page.done_title)
        } else {
            t!(accounts.confirm_page.title)
        }
    };
    let done = move || {
        email.get().map(|email| {
            view! {
                <p role="status">{weave!(accounts.confirm_page.done, email = view! { <strong>{email}</strong> })}</p>
                <Transition>{onward}</Transition>
            }
        })
    };
    let too_old = weave!(
        accounts.confirm_page.too_old,
        link = view! { <a href="/settings">{t!(accounts.confirm_page.too_old_link)}</a> }
    );
    view! {
        <About title=t!(accounts.confirm_page.about_title) description=t!(accounts.confirm_page.about)/>
        <section class="page narrow door">
            <h1>{title}</h1>
            <div class="panel">
                <Show
                    when=move || !is_done()
                    fallback=move || view! { <div class="form">{done}</div> }
                >
                    <Show when=move || !link.is_lost() fallback=move || view! { <LostLink link/> }>
                        <Form state on_send=Callback::new(send)>
                            <p>{t!(accounts.confirm_page.ask)}</p>
                            <Submit state label=t!(accounts.confirm_page.confirm)/>
                        </Form>
                    </Show>
                </Show>
            </div>
            <p class="soft" hidden=is_done>{too_old}</p>
        </section>
    }
    .into_any()
}
