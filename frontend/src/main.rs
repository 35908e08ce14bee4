//! Brings the page that the server rendered to life, once its texts and its part of the program are
//! there.

use leptos::{logging::error, mount::hydrate_body, prelude::*};
use web_sys::Event;

fn main() {
    wasm_bindgen_futures::spawn_local(async {
        let path = window().location().pathname().unwrap_or_default();
        let (part, texts) =
            futures::join!(bandstand_app::parts::load(&path), bandstand_app::texts::load());
        if let Err(why) = &texts {
            error!("the texts of this page can't be loaded: {why:?}");
        }
        if part.is_err() || texts.is_err() {
            // The page stays as it was rendered; `shell.js` says so.
            if let Ok(event) = Event::new("notloaded") {
                let _ = window().dispatch_event(&event);
            }
            return;
        }
        // The page is read while it comes to life.
        bandstand_app::painted().await;
        hydrate_body(bandstand_app::App);
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-alive", "");
        }
    });
}
