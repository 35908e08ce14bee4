//! View of a part of the program that a page is alive without.

use leptos::{
    __reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local_scoped,
    wasm_split::SplitLoaderError,
};

use crate::t;

/// A view of a part that is loaded now: nothing until it is there, and words when it can't be loaded.
/// The server renders nothing of it.
pub(crate) fn later<F: Future<Output = Result<AnyView, SplitLoaderError>> + 'static>(
    load: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> AnyView {
    let loaded = StoredValue::new(None::<SendWrapper<AnyView>>);
    let changed = ArcTrigger::new();
    let owner = Owner::current().unwrap_or_default();
    let failed = RwSignal::new(false);
    let attempt = {
        let (load, changed) = (load.clone(), changed.clone());
        move || {
            let (loading, changed) = (load(), changed.clone());
            failed.set(false);
            let show = async move {
                match loading.await {
                    Ok(view) => {
                        // The page may be another one by now.
                        if loaded.try_set_value(Some(SendWrapper::new(view))).is_none() {
                            changed.notify();
                        }
                    }
                    Err(_) => {
                        let _ = failed.try_set(true);
                    }
                }
            };
            owner.with(|| spawn_local_scoped(show));
        }
    };
    Effect::new(attempt.clone());
    (move || {
        changed.track();
        if failed.get() {
            let attempt = attempt.clone();
            return view! {
                <p class="notice" role="status">
                    {t!(ui.not_loaded)} " "
                    <button class="button" type="button" on:click=move |_| attempt()>{t!(ui.load_again)}</button>
                </p>
            }
            .into_any();
        }
        loaded.try_update_value(Option::take).flatten().map(SendWrapper::take).into_any()
    })
    .into_any()
}
