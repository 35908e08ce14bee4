//! View of a part of the program that a page is alive without.

use std::{pin::Pin, sync::Arc};

use futures::{FutureExt, future::abortable};
use leptos::{
    __reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local_scoped,
    wasm_split::SplitLoaderError,
};

use crate::t;

/// A part's view, while it is loaded.
type Loading = Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// A view of a part that is loaded now: nothing until it is there, and words when it can't be loaded.
/// The server renders nothing of it.
pub(crate) fn later<F: Future<Output = Result<AnyView, SplitLoaderError>> + 'static>(
    load: impl Fn() -> F + Send + Sync + 'static,
) -> AnyView {
    shown_when_loaded(Arc::new(move || Box::pin(load())))
}

/// As [`later`], while it is wanted.
pub(crate) fn later_while<F: Future<Output = Result<AnyView, SplitLoaderError>> + 'static>(
    wanted: Memo<bool>,
    load: impl Fn() -> F + Send + Sync + 'static,
) -> AnyView {
    shown_while(wanted, Arc::new(move || Box::pin(load())))
}

fn shown_while(wanted: Memo<bool>, load: Arc<dyn Fn() -> Loading + Send + Sync>) -> AnyView {
    view! { <Show when=move || wanted.get()>{shown_when_loaded(load.clone())}</Show> }.into_any()
}

/// Compiled once, for pages have many parts.
fn shown_when_loaded(load: Arc<dyn Fn() -> Loading + Send + Sync>) -> AnyView {
    let loaded = StoredValue::new(None::<SendWrapper<AnyView>>);
    let changed = ArcTrigger::new();
    let owner = Owner::current().unwrap_or_default();
    let failed = RwSignal::new(false);
    let attempt = {
        let changed = changed.clone();
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
            // A part that comes when its page is gone would find nothing that it is about.
            let (show, shows) = abortable(show);
            owner.with(|| {
                spawn_local_scoped(show.map(drop));
                on_cleanup(move || shows.abort());
            });
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
