//! Re-authentication by password, where the log-in isn't fresh.

use bandstand_domain::{
    FieldErrors, Refusal, Secret,
    factors::{FactorReason, SignInMethods},
    texts::Tell,
};
use leptos::prelude::*;

use super::api::load_sign_in_methods;
use crate::{
    failure::Failed,
    t,
    ui::{FormState, PasswordField, secret},
};

/// Name of the field in the server's complaints.
const ASKED: &str = "proof";

/// The password once more; nothing while the log-in is fresh.
#[component]
pub(super) fn Proof(
    /// The form that asks for it.
    state: FormState,
    /// Sign-in methods of the account.
    ways: RwSignal<SignInMethods>,
    /// Value of the field.
    value: RwSignal<String>,
    /// The name of the field, another one in each form of a page.
    name: &'static str,
) -> impl IntoView {
    view! {
        <Show when=move || !ways.with(|ways| ways.fresh)>
            <PasswordField state name=name label=t!(factors.proof) value autocomplete="current-password"/>
        </Show>
    }
    .into_any()
}

/// Password that was typed there, if any.
pub(super) fn proof(value: RwSignal<String>) -> Option<Secret> {
    let password = secret(value);
    (!password.reveal().is_empty()).then_some(password)
}

/// Waits for a request that takes a proof, from the field `name`. What it refuses is said at that field;
/// once it is done, `ways` are as they are then.
pub(super) async fn proven<T>(
    ways: RwSignal<SignInMethods>,
    name: &'static str,
    request: impl Future<Output = Result<T, Failed<FactorReason>>>,
) -> Result<T, Failed<FactorReason>> {
    match request.await {
        Ok(done) => {
            if let Ok(now) = load_sign_in_methods().await {
                ways.try_set(now);
            }
            Ok(done)
        }
        Err(Failed(Refusal::Because(FactorReason::ProofNeeded))) => {
            let _ = ways.try_update(|ways| ways.fresh = false);
            Err(Failed(FieldErrors::one(name, FactorReason::ProofNeeded.text()).into()))
        }
        Err(Failed(Refusal::Invalid(mut errors))) => {
            for error in errors.0.iter_mut().filter(|error| error.field == ASKED) {
                error.field = name.into();
            }
            Err(Failed(errors.into()))
        }
        Err(refused) => Err(refused),
    }
}
