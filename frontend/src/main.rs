//! Brings the page that the server rendered to life, once its texts are there.

use leptos::{logging::error, mount::hydrate_body};

fn main() {
    wasm_bindgen_futures::spawn_local(async {
        match bandstand_app::texts::load().await {
            Ok(()) => hydrate_body(bandstand_app::App),
            // The page stays as it was rendered.
            Err(why) => error!("the texts of this page can't be loaded: {why:?}"),
        }
    });
}
