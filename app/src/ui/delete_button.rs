//! Button that deletes something for good, after asking.

use futures::future::LocalBoxFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{Confirm, Toaster};

/// Words of a [`DeleteButton`].
#[derive(Clone, Copy, Debug)]
pub struct DeleteWords {
    /// On the button.
    pub button: &'static str,
    /// The question.
    pub question: &'static str,
    /// Consequences.
    pub why: &'static str,
    /// The answer that deletes it.
    pub yes: &'static str,
    /// The answer that doesn't.
    pub no: &'static str,
    /// Said when it is deleted.
    pub deleted: &'static str,
}

/// A button that deletes something for good, after asking.
#[component]
pub fn DeleteButton(
    /// Its words.
    words: DeleteWords,
    /// Deletes it, or returns words for why not.
    delete: Callback<(), LocalBoxFuture<'static, Result<(), String>>>,
    /// Called when it is deleted, if the page is still the same.
    on_deleted: Callback<()>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let asking = RwSignal::new(false);
    let pending = RwSignal::new(false);
    let act = move |()| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let deleting = delete.run(());
        spawn_local(async move {
            match deleting.await {
                Ok(()) => {
                    toaster.say(words.deleted);
                    on_deleted.try_run(());
                }
                Err(why) => toaster.say(why),
            }
            pending.try_set(false);
        });
    };
    view! {
        <button
            class="button danger" type="button" aria-busy=move || pending.get().then_some("true")
            on:click=move |_| asking.set(true)
        >
            {words.button}
        </button>
        <Confirm open=asking question=words.question yes=words.yes no=words.no on_yes=Callback::new(act)>
            <p>{words.why}</p>
        </Confirm>
    }
    .into_any()
}
