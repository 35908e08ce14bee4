//! Page that sets a new password by a link from a mail.

use bandstand_domain::accounts::Reset;
use leptos::prelude::*;

use super::{
    api::reset_password,
    link_in_mail::{LinkInMail, LostLink},
};
use crate::{
    t,
    ui::{About, Form, FormState, PasswordField, Submit, secret},
    weave,
};

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
                <p role="status">{t!(accounts.reset_page.done, handle = handle)}</p>
                <a class="button primary big" href="/log-in">{t!(accounts.log_in)}</a>
            }
        })
    };
    view! {
        <About title=t!(accounts.a_new_password) description=t!(accounts.reset_page.about)/>
        <section class="page narrow door">
            <h1>{t!(accounts.a_new_password)}</h1>
            <div class="panel">
                <Show
                    when=move || handle.with(Option::is_none)
                    fallback=move || view! { <div class="form">{done}</div> }
                >
                    <Show when=move || !link.is_lost() fallback=move || view! { <LostLink link/> }>
                        <Form state on_send=Callback::new(send)>
                            <PasswordField state name="new" label=t!(accounts.new_password) value=new autocomplete="new-password" hint=t!(accounts.password_hint)/>
                            <Submit state label=t!(accounts.reset_page.take)/>
                        </Form>
                    </Show>
                </Show>
            </div>
            <p class="soft" hidden=move || handle.with(Option::is_some)>{weave!(accounts.reset_page.too_old, link = view! { <a href="/forgotten">{t!(accounts.reset_page.too_old_link)}</a> })}</p>
        </section>
    }
    .into_any()
}
