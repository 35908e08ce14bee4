//! Link to a show that was just announced, to be sent round.

use bandstand_domain::{ShowId, shows::ShowCard};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsValue;

use crate::{t, ui, ui::Copied, web};

/// Says that a show hangs on the wall, and gives its address away.
#[component]
pub(super) fn Announced(
    /// The show.
    show: ShowCard,
) -> impl IntoView {
    ui::later(move || notice(show.id, show.title.clone()))
}

/// Comes with what the editor is alive without.
#[wasm_split(editing, wasm_split_path = ::leptos::wasm_split, fallible)]
fn notice(show: ShowId, title: String) -> Result<AnyView, SplitLoaderError> {
    let origin = window().location().origin().unwrap_or_default();
    let address = format!("{origin}/shows/{show}");
    let shares = web::get(&window().navigator(), "share").is_function();
    let what =
        web::object([("title", JsValue::from_str(&title)), ("url", JsValue::from_str(&address))]);
    let share = move |_| {
        let what = what.clone();
        spawn_local(async move {
            // The address can be copied beside it.
            let _ = web::share(&what).await;
        });
    };
    let view = view! {
        <section class="notice announced" aria-labelledby="announced-title">
            <h2 id="announced-title" tabindex="-1">{t!(shows.announced.title)}</h2>
            <p>{t!(shows.announced.why)}</p>
            <div class="row">
                <Copied id="announced-link" label=t!(shows.announced.link) value=Signal::stored(address)/>
                {shares.then(|| view! { <button class="button" type="button" on:click=share>{t!(watch.share)}</button> })}
                <a class="button" href=format!("/shows/{show}/edit#artwork")>{t!(shows.announced.artwork)}</a>
            </div>
        </section>
    };
    Ok(view.into_any())
}
