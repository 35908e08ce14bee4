//! Button to log in with a passkey.

use bandstand_domain::accounts::Viewer;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{begin_log_in, log_in_with_passkey},
    webauthn,
};
use crate::{t, texts::say, viewer::CurrentViewer};

/// The button that logs in with a passkey, of whomever the device knows.
#[component]
pub fn PasskeyButton(
    /// Called with who came in.
    done: Callback<Viewer>,
) -> impl IntoView {
    let current = CurrentViewer::expect();
    let trouble = RwSignal::new(None::<String>);
    let pending = RwSignal::new(false);
    let log_in = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        trouble.set(None);
        spawn_local(async move {
            match come_in().await {
                Ok(viewer) => {
                    // Whoever has left the page meanwhile is logged in all the same.
                    if done.try_run(viewer.clone()).is_none() {
                        current.set(Some(viewer));
                    }
                }
                Err(words) => drop(trouble.try_set(words)),
            }
            pending.try_set(false);
        });
    };
    view! {
        <div class="stack">
            <button class="button wide" type="button" aria-busy=move || pending.get().then_some("true") on:click=log_in>
                {t!(factors.log_in)}
            </button>
            <p class="notice bad" role="alert" hidden=move || trouble.with(Option::is_none)>{move || trouble.get()}</p>
        </div>
    }
    .into_any()
}

async fn come_in() -> Result<Viewer, Option<String>> {
    let said = |refused: &dyn ToString| Some(refused.to_string());
    let challenge = begin_log_in().await.map_err(|refused| said(&refused))?;
    let answer = webauthn::take(&challenge.options).await;
    let answer = answer.map_err(|why| why.text().as_ref().map(say))?;
    log_in_with_passkey(challenge.ceremony, answer).await.map_err(|refused| said(&refused))
}
