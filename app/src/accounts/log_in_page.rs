//! Page to log in.

use bandstand_domain::{
    Refusal,
    accounts::{AccountReason, Credentials, Role, Viewer},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::api::{log_in, restore_account};
use crate::{
    factors::PasskeyButton,
    failure::Failed,
    t,
    ui::{About, Form, FormState, PasswordField, Submit, TextField, secret},
    viewer::{CurrentViewer, Onward, address_with_next, next_in_query},
    weave,
};

/// The form by which one comes back. Who has an account is led on to where they wanted to go.
#[component]
pub fn LogInPage() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let onward = move || {
        let known = viewer.get().is_some_and(|viewer| viewer.role != Role::Guest);
        known.then(|| view! { <Onward to=next_in_query().unwrap_or_else(|| "/".into())/> })
    };
    let state = FormState::default();
    let login = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let leaving = RwSignal::new(false);
    let code_asked = RwSignal::new(false);
    let form = move || Credentials {
        login: login.get_untracked(),
        password: secret(password),
        code: secret(code),
    };
    let send = move |()| {
        let form = form();
        let checked = form.check();
        let request = async move {
            let answer = log_in(form).await;
            if let Err(Failed(Refusal::Because(AccountReason::Leaving { .. }))) = &answer {
                leaving.set(true);
            }
            unless_code_needed(answer)
        };
        state.send(checked, request, move |person| come_in(viewer, code_asked, person));
    };
    let restore = move |_| {
        let form = form();
        let checked = form.check();
        let request = async move { unless_code_needed(restore_account(form).await) };
        state.send(checked, request, move |person| come_in(viewer, code_asked, person));
    };
    // The question stands while what was typed does.
    Effect::new(move || {
        login.track();
        password.track();
        leaving.set(false);
    });
    let join = move || match next_in_query() {
        Some(next) => address_with_next("/join", &next),
        None => "/join".into(),
    };
    let forgotten = weave!(
        accounts.log_in_page.forgotten,
        link = view! { <a href="/forgotten">{t!(accounts.log_in_page.forgotten_link)}</a> }
    );
    let new = weave!(
        accounts.log_in_page.new,
        link = view! { <a href=join>{t!(accounts.log_in_page.new_link)}</a> }
    );
    view! {
        <About title=t!(accounts.log_in) description=t!(accounts.log_in_page.about)/>
        <Transition>{onward}</Transition>
        <section class="page narrow door">
            <h1>{t!(accounts.log_in_page.title)}</h1>
            <div class="panel">
                <Form state on_send=Callback::new(send)>
                    <TextField state name="login" label=t!(accounts.login) value=login autocomplete="username" exact=true/>
                    <PasswordField state value=password autocomplete="current-password"/>
                    <Show when=move || code_asked.get()>
                        <TextField state name="code" label=t!(accounts.log_in_page.code) value=code autocomplete="one-time-code" hint=t!(accounts.log_in_page.code_hint) exact=true/>
                    </Show>
                    <Submit state label=t!(accounts.log_in)/>
                    <button class="button" type="button" hidden=move || !leaving.get() on:click=restore>{t!(accounts.log_in_page.restore)}</button>
                </Form>
                <p class="or">{t!(accounts.log_in_page.or)}</p>
                <PasskeyButton done=Callback::new(move |person| viewer.set(Some(person)))/>
            </div>
            <p class="soft">{forgotten}</p>
            <p class="soft">{new}</p>
        </section>
    }
    .into_any()
}

/// That a code is needed is the next question, not a mistake: nobody is in yet.
fn unless_code_needed(
    answer: Result<Viewer, Failed<AccountReason>>,
) -> Result<Option<Viewer>, Failed<AccountReason>> {
    match answer {
        Err(Failed(Refusal::Because(AccountReason::CodeNeeded))) => Ok(None),
        other => other.map(Some),
    }
}

fn come_in(viewer: CurrentViewer, code_asked: RwSignal<bool>, person: Option<Viewer>) {
    if person.is_some() {
        return viewer.set(person);
    }
    code_asked.set(true);
    request_animation_frame(|| {
        let field = document().get_element_by_id("code");
        if let Some(field) = field.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A field that can't be focused can still be clicked.
            let _ = field.focus();
        }
    });
}
