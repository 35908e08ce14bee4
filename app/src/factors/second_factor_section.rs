//! Section of the second factor: turning it on and off, recovery codes.

use bandstand_domain::{
    FieldErrors, Secret,
    factors::{SetUp, SignInMethods, check_code},
};
use leptos::prelude::*;

use super::{
    api::{begin_second_factor, disable_second_factor, enable_second_factor, new_recovery_codes},
    proof::{Proof, proof, proven},
    set_up::Picture,
};
use crate::{
    t,
    ui::{CopyButton, Form, FormState, Submit, TextField, Toaster},
    weave,
};

/// The second factor: turning it on and off, recovery codes.
#[component]
pub fn SecondFactorSection(
    /// Sign-in methods of the account.
    ways: RwSignal<SignInMethods>,
) -> impl IntoView {
    let set_up = RwSignal::new(None::<SetUp>);
    let codes = RwSignal::new(Vec::<Secret>::new());
    let on = Memo::new(move |_| ways.with(|ways| ways.second_factor));
    view! {
        <h3>{t!(factors.second.title)}</h3>
        <p class="soft">{t!(factors.second.about)}</p>
        {move || {
            let shown = codes.get();
            if !shown.is_empty() {
                view! { <Codes shown codes/> }.into_any()
            } else if on.get() {
                view! { <On ways codes/> }.into_any()
            } else if let Some(now) = set_up.get() {
                view! { <TurnOn now ways set_up codes/> }.into_any()
            } else {
                view! { <Off ways set_up/> }.into_any()
            }
        }}
    }
    .into_any()
}

#[component]
fn Off(ways: RwSignal<SignInMethods>, set_up: RwSignal<Option<SetUp>>) -> impl IntoView {
    let state = FormState::default();
    let password = RwSignal::new(String::new());
    let begin = move |()| {
        let request = proven(ways, "factor_proof", begin_second_factor(proof(password)));
        state.send(Ok(()), request, move |begun| set_up.set(Some(begun)));
    };
    view! {
        <Form state on_send=Callback::new(begin)>
            <Proof state ways value=password name="factor_proof"/>
            <Submit state label=t!(factors.second.set_up)/>
        </Form>
    }
    .into_any()
}

/// The secret for the app, and the first code that shows that it has it.
#[component]
fn TurnOn(
    now: SetUp,
    ways: RwSignal<SignInMethods>,
    set_up: RwSignal<Option<SetUp>>,
    codes: RwSignal<Vec<Secret>>,
) -> impl IntoView {
    let state = FormState::default();
    let code = RwSignal::new(String::new());
    let turn_on = move |()| {
        let mut errors = FieldErrors::default();
        errors.check("code", check_code(&code.get_untracked()));
        let request = proven(ways, "code", enable_second_factor(code.get_untracked()));
        state.send(errors.into_result(), request, move |shown| {
            codes.set(shown);
            set_up.set(None);
        });
    };
    let (secret, address) = (now.secret.reveal().to_owned(), now.address.reveal().to_owned());
    // In groups, as one types it.
    let grouped =
        secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    view! {
        <div class="set-up">
            <Picture size=now.size path=now.path.reveal().to_owned()/>
            <div class="stack">
                <p>{weave!(factors.second.scan, open = view! { <a href=address rel="external">{t!(factors.second.open)}</a> })}</p>
                <p class="row">
                    <code class="secret">{grouped}</code>
                    <CopyButton text=Signal::stored(secret) what=t!(factors.second.secret)/>
                </p>
            </div>
        </div>
        <Form state on_send=Callback::new(turn_on)>
            <TextField state name="code" label=t!(factors.second.code) value=code autocomplete="one-time-code" hint=t!(factors.second.code_hint) exact=true/>
            <div class="row">
                <Submit state label=t!(factors.second.turn_on)/>
                <button class="button quiet" type="button" on:click=move |_| set_up.set(None)>{t!(ui.cancel)}</button>
            </div>
        </Form>
    }
    .into_any()
}

/// The recovery codes, this once.
#[component]
fn Codes(shown: Vec<Secret>, codes: RwSignal<Vec<Secret>>) -> impl IntoView {
    let all = shown.iter().map(Secret::reveal).collect::<Vec<_>>().join("\n");
    let list = shown
        .iter()
        .map(|code| view! { <li><code>{code.reveal().to_owned()}</code></li> })
        .collect_view();
    view! {
        <div class="notice codes" role="status">
            <p>{weave!(factors.second.codes, title = view! { <strong>{t!(factors.second.codes_title)}</strong> })}</p>
            <ul role="list">{list}</ul>
            <p>{weave!(factors.second.sessions, link = view! { <a href="#sessions" rel="external">{t!(factors.second.sessions_link)}</a> })}</p>
            <div class="row">
                <button class="button primary" type="button" on:click=move |_| codes.set(Vec::new())>{t!(factors.second.kept)}</button>
                <CopyButton text=Signal::stored(all) what=t!(factors.second.codes_title)/>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn On(ways: RwSignal<SignInMethods>, codes: RwSignal<Vec<Secret>>) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    let password = RwSignal::new(String::new());
    let renew = move |_| {
        let request = proven(ways, "factor_proof", new_recovery_codes(proof(password)));
        state.send(Ok(()), request, move |shown| codes.set(shown));
    };
    let turn_off = move |()| {
        let request = proven(ways, "factor_proof", disable_second_factor(proof(password)));
        state.send(Ok(()), request, move |()| {
            toaster.say(t!(factors.second.is_off));
        });
    };
    let left = move || match ways.with(|ways| ways.recovery_codes) {
        0 => t!(factors.second.none_left).to_owned(),
        left => t!(factors.second.left, count = left),
    };
    view! {
        <p role="status">{left}</p>
        <Form state on_send=Callback::new(turn_off)>
            <Proof state ways value=password name="factor_proof"/>
            <div class="row">
                <button class="button" type="button" on:click=renew>{t!(factors.second.new_codes)}</button>
                <button class="button danger" type="submit" aria-busy=move || state.pending().then_some("true")>{t!(factors.second.turn_off)}</button>
            </div>
        </Form>
    }
    .into_any()
}
