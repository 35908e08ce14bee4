//! Section of the viewer's passkeys.

use bandstand_domain::{
    FieldErrors, Refusal,
    factors::{FactorReason, Passkey, SignInMethods, check_passkey_name},
};
use leptos::prelude::*;

use super::{
    api::{add_passkey, begin_passkey, remove_passkey},
    proof::{Proof, proof, proven},
    webauthn,
};
use crate::{
    failure::Failed,
    t,
    texts::told,
    ui::{Form, FormState, LocalTime, Submit, TextField, TimeStyle, Toaster},
    weave,
};

/// One's passkeys: adding and removing them.
#[component]
pub fn PasskeysSection(
    /// Sign-in methods of the account.
    ways: RwSignal<SignInMethods>,
) -> impl IntoView {
    let passkeys = move || ways.with(|ways| ways.passkeys.clone());
    // Until the page is alive it doesn't know where it is; then, whether passkeys work there.
    let here = RwSignal::new(None::<String>);
    Effect::new(move || here.set(window().location().origin().ok()));
    // Memos, so that the form below outlasts every change of `ways` that doesn't concern it.
    let elsewhere = Memo::new(move |_| {
        let here = here.get()?;
        ways.with(|ways| ways.passkey_origin.clone()).filter(|origin| *origin != here)
    });
    let nowhere = Memo::new(move |_| ways.with(|ways| ways.passkey_origin.is_none()));
    view! {
        <h3>{t!(factors.passkeys)}</h3>
        <p class="soft">{t!(factors.passkeys_about)}</p>
        <ul role="list" class="passkeys">
            <For each=passkeys key=Clone::clone children=move |passkey| view! { <li><Row passkey ways/></li> }/>
        </ul>
        {move || {
            if nowhere.get() {
                view! { <p class="notice">{told(&FactorReason::NoName)}</p> }.into_any()
            } else if let Some(origin) = elsewhere.get() {
                let address = format!("{origin}/settings#security");
                view! { <p class="notice">{weave!(factors.elsewhere, address = view! { <a href=address rel="external">{origin}</a> })}</p> }.into_any()
            } else {
                view! { <Add ways/> }.into_any()
            }
        }}
    }
    .into_any()
}

#[component]
fn Row(passkey: Passkey, ways: RwSignal<SignInMethods>) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    let password = RwSignal::new(String::new());
    let asking = RwSignal::new(false);
    let id = StoredValue::new(passkey.id.clone());
    let name = passkey.name.clone();
    let remove = move |()| {
        // A click to begin with: the password is asked for only then.
        if !ways.with_untracked(|ways| ways.fresh) && !asking.get_untracked() {
            return asking.set(true);
        }
        let name = name.clone();
        let request = proven(ways, "remove_proof", remove_passkey(id.get_value(), proof(password)));
        state.send(Ok(()), request, move |()| toaster.say(t!(factors.removed, name = name)));
    };
    let used = passkey.used_at.map(|at| {
        weave!(
            factors.last_used,
            time = view! { <LocalTime at fallback="" style=TimeStyle::Full/> }
        )
    });
    let label = t!(factors.remove_label, name = &passkey.name);
    view! {
        <Form state on_send=Callback::new(remove)>
            <div class="row">
                <div class="grow">
                    <strong>{passkey.name.clone()}</strong>
                    <p class="soft small">{weave!(factors.added, time = view! { <LocalTime at=passkey.added_at fallback="" style=TimeStyle::Full/> })} {used}</p>
                </div>
                <button class="button danger" type="submit" aria-label=label aria-busy=move || state.pending().then_some("true")>{t!(ui.remove)}</button>
            </div>
            <Show when=move || asking.get()>
                <Proof state ways value=password name="remove_proof"/>
            </Show>
        </Form>
    }
    .into_any()
}

#[component]
fn Add(ways: RwSignal<SignInMethods>) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    // How it is called unless its person has another name for it.
    let device = t!(factors.this_device);
    let name = RwSignal::new(device.to_owned());
    let password = RwSignal::new(String::new());
    let add = move |()| {
        let mut errors = FieldErrors::default();
        errors.check("passkey_name", check_passkey_name(&name.get_untracked()));
        let request = proven(ways, "passkey_proof", make(name.get_untracked(), password));
        state.send(errors.into_result(), request, move |added: bool| {
            if added {
                password.set(String::new());
                name.set(device.to_owned());
                toaster.say(t!(factors.added_toast));
            }
        });
    };
    view! {
        <Form state on_send=Callback::new(add)>
            <TextField state name="passkey_name" label=t!(factors.new_passkey) value=name hint=t!(factors.new_passkey_hint) most=40/>
            <Proof state ways value=password name="passkey_proof"/>
            <Submit state label=t!(factors.add_passkey)/>
        </Form>
    }
    .into_any()
}

/// Returns whether a passkey was made and added; not, when its person changed their mind.
async fn make(name: String, password: RwSignal<String>) -> Result<bool, Failed<FactorReason>> {
    let challenge = begin_passkey(proof(password)).await?;
    match webauthn::make(&challenge.options).await {
        Ok(credential) => {
            add_passkey(challenge.ceremony, name, credential).await?;
            Ok(true)
        }
        Err(why) => match why.text() {
            Some(text) => Err(Failed(Refusal::Invalid(FieldErrors::one("passkey_name", text)))),
            None => Ok(false),
        },
    }
}
