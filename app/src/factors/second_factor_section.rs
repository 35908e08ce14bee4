//! The second factor: turning it on and off, recovery codes.

use bandstand_domain::{
    FieldErrors, Secret,
    factors::{SetUp, Ways, check_code},
};
use leptos::prelude::*;

use super::{
    api::{begin_second_factor, disable_second_factor, enable_second_factor, new_recovery_codes},
    proof::{Proof, proof, proven},
    set_up::Picture,
};
use crate::ui::{Form, FormState, Submit, TextField, Toaster};

/// The second factor: turning it on and off, recovery codes.
#[component]
pub fn SecondFactorSection(
    /// How the account can be entered.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let set_up = RwSignal::new(None::<SetUp>);
    let codes = RwSignal::new(Vec::<Secret>::new());
    let on = Memo::new(move |_| ways.with(|ways| ways.second_factor));
    view! {
        <h3>"Second factor"</h3>
        <p class="soft">"After your password you are asked for six digits from an app on your phone. Who has only your password doesn’t come in."</p>
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
fn Off(ways: RwSignal<Ways>, set_up: RwSignal<Option<SetUp>>) -> impl IntoView {
    let state = FormState::default();
    let password = RwSignal::new(String::new());
    let begin = move |()| {
        let request = proven(ways, "factor_proof", begin_second_factor(proof(password)));
        state.send(Ok(()), request, move |begun| set_up.set(Some(begun)));
    };
    view! {
        <Form state on_send=Callback::new(begin)>
            <Proof state ways value=password name="factor_proof"/>
            <Submit state label="Set up a second factor"/>
        </Form>
    }
    .into_any()
}

/// The secret for the app, and the first code that shows that it has it.
#[component]
fn TurnOn(
    now: SetUp,
    ways: RwSignal<Ways>,
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
    view! {
        <div class="set-up">
            <Picture size=now.size path=now.path.reveal().to_owned()/>
            <div class="stack">
                <p>"Scan this with an authenticator app, " <a href=address rel="external">"open it in one"</a> " on this device, or type the secret into it:"</p>
                <p><code class="secret">{secret}</code></p>
            </div>
        </div>
        <Form state on_send=Callback::new(turn_on)>
            <TextField state name="code" label="The code that the app shows now" value=code autocomplete="one-time-code" hint="Six digits." exact=true/>
            <div class="row">
                <Submit state label="Turn it on"/>
                <button class="button quiet" type="button" on:click=move |_| set_up.set(None)>"Cancel"</button>
            </div>
        </Form>
    }
    .into_any()
}

/// The recovery codes, this once.
#[component]
fn Codes(shown: Vec<Secret>, codes: RwSignal<Vec<Secret>>) -> impl IntoView {
    let list = shown
        .iter()
        .map(|code| view! { <li><code>{code.reveal().to_owned()}</code></li> })
        .collect_view();
    view! {
        <div class="notice codes" role="status">
            <p><strong>"Your recovery codes"</strong> ". Each opens your account once, when your phone is not at hand. Write them down: they are never shown again."</p>
            <ul role="list">{list}</ul>
            <p>"Where you are logged in already, nobody is asked for a code. " <a href="#sessions">"End other sessions"</a> " if somebody else could be there."</p>
            <button class="button primary" type="button" on:click=move |_| codes.set(Vec::new())>"I have kept them"</button>
        </div>
    }
    .into_any()
}

#[component]
fn On(ways: RwSignal<Ways>, codes: RwSignal<Vec<Secret>>) -> impl IntoView {
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
            toaster.say("Your second factor is off. The password alone opens your account.");
        });
    };
    let left = move || match ways.with(|ways| ways.recovery_codes) {
        0 => "It is on. No recovery codes are left: make new ones.".to_owned(),
        1 => "It is on. 1 recovery code is left.".to_owned(),
        many => format!("It is on. {many} recovery codes are left."),
    };
    view! {
        <p role="status">{left}</p>
        <Form state on_send=Callback::new(turn_off)>
            <Proof state ways value=password name="factor_proof"/>
            <div class="row">
                <button class="button" type="button" on:click=renew>"New recovery codes"</button>
                <button class="button danger" type="submit" aria-busy=move || state.pending().then_some("true")>"Turn it off"</button>
            </div>
        </Form>
    }
    .into_any()
}
