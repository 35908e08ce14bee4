//! The browser's own translator and language detector: nothing leaves the machine.

use js_sys::Array;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use crate::web;

/// Reason that the browser has no translator, or no detector, at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    /// It fetches what it needs when the reader presses something.
    Press,
    /// It can't.
    Unable,
}

/// Makes the detector of languages; `fetching` is told how many percent of it are there while it is fetched.
pub(super) async fn detector(fetching: impl Fn(u32) + 'static) -> Result<JsValue, Lacking> {
    make("LanguageDetector", [], fetching).await
}

/// Makes a translator; `fetching` is told how many percent of it are there while it is fetched.
pub(super) async fn translator(
    from: &str,
    to: &str,
    fetching: impl Fn(u32) + 'static,
) -> Result<JsValue, Lacking> {
    let languages = [("sourceLanguage", from.into()), ("targetLanguage", to.into())];
    make("Translator", languages, fetching).await
}

async fn make<const N: usize>(
    kind: &str,
    options: [(&str, JsValue); N],
    fetching: impl Fn(u32) + 'static,
) -> Result<JsValue, Lacking> {
    let maker = web::get(&window(), kind);
    let options = web::object(options);
    let there = web::call(&maker, "availability", std::slice::from_ref(&options)).await;
    let there = there.ok().and_then(|it| it.as_string()).ok_or(Lacking::Unable)?;
    match there.as_str() {
        "unavailable" => return Err(Lacking::Unable),
        "available" => {}
        _ => web::set(&options, "monitor", &monitor(fetching)),
    }
    web::call(&maker, "create", &[options]).await.map_err(|error| {
        if web::error_name(&error) == "NotAllowedError" { Lacking::Press } else { Lacking::Unable }
    })
}

/// What a browser calls with the events of a download before it begins.
fn monitor(fetching: impl Fn(u32) + 'static) -> JsValue {
    let heard = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let part = web::get(&event, "loaded").as_f64().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        fetching((part.clamp(0.0, 1.0) * 100.0) as u32);
    });
    let heard = heard.into_js_value();
    Closure::once_into_js(move |download: JsValue| {
        // Without it one doesn't see how far it is, nothing else.
        let _ = web::call_now(&download, "addEventListener", &["downloadprogress".into(), heard]);
    })
}

/// Language of a text, if the detector can tell.
pub(super) async fn detect(detector: &JsValue, text: &str) -> Option<String> {
    let found = web::call(detector, "detect", &[text.into()]).await.ok()?;
    // The likeliest comes first.
    let best = found.dyn_into::<Array>().ok()?.get(0);
    let language = web::get_in(&best, "detectedLanguage")?.as_string()?;
    // Undetermined.
    (language != "und").then_some(language)
}

/// Translation of a text, if the translator has one.
pub(super) async fn translate(translator: &JsValue, text: &str) -> Option<String> {
    web::call(translator, "translate", &[text.into()]).await.ok()?.as_string()
}
