//! Leaving a page on which something would be lost, such as the stage: it is asked about, wherever the
//! person goes.
//!
//! Loading another page is asked about by the browser (`beforeunload`). Within the app it is on us: links
//! are followed by a click, which can be held, and "back" is told when it has happened, so that it has to
//! be undone.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, HtmlAnchorElement, MouseEvent};

use super::path_of;
use crate::web;

/// Destination of somebody who was about to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An address of this venue, without its origin.
    Address(String),
    /// The entry of the history below the one that this page has now.
    Back,
}

/// The question that is asked before a page is left.
#[derive(Clone)]
struct Guard {
    /// The page's address, to which "back" is undone.
    address: String,
    ask: Callback<Destination>,
}

/// Holder of the question before the page is left; in the context of every page.
#[derive(Clone, Copy)]
pub struct Leaving(StoredValue<Option<Guard>>);

impl Leaving {
    /// Puts it into the context. Before the router, whose listeners have to come later.
    pub fn provide() {
        let leaving = Self(StoredValue::new(None));
        provide_context(leaving);
        if cfg!(feature = "ssr") {
            return;
        }
        let click = Closure::<dyn FnMut(Event)>::new(move |event: Event| leaving.click(&event));
        let listener = click.as_ref().unchecked_ref();
        let _ = window().add_event_listener_with_callback_and_bool("click", listener, true);
        // As long as the document.
        click.forget();
        web::on_window("popstate", move |event| leaving.popstate(&event));
    }

    /// The context's.
    ///
    /// # Panics
    /// Outside of the app.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Calls `ask` instead of leaving the page, until the current owner is cleaned up.
    pub fn ask_before(self, ask: Callback<Destination>) {
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let address = path + &location.search().unwrap_or_default();
        self.0.set_value(Some(Guard { address, ask }));
        on_cleanup(move || drop(self.0.try_set_value(None)));
    }

    /// Goes there, unasked. Within the router only.
    pub fn goer(self) -> impl Fn(Destination) + Clone {
        let navigate = use_navigate();
        move |destination| {
            self.0.set_value(None);
            match destination {
                Destination::Address(address) => navigate(&address, Default::default()),
                // A browser that doesn't go back stays here.
                Destination::Back => drop(window().history().map(|history| history.back())),
            }
        }
    }

    fn guard(self) -> Option<Guard> {
        self.0.try_get_value().flatten()
    }

    fn click(self, event: &Event) {
        let Some(guard) = self.guard() else { return };
        let Some(address) = event.dyn_ref().and_then(followed) else { return };
        if path_of(&address) == path_of(&guard.address) {
            return;
        }
        event.prevent_default();
        event.stop_immediate_propagation();
        guard.ask.run(Destination::Address(address));
    }

    fn popstate(self, event: &Event) {
        let Some(guard) = self.guard() else { return };
        if window().location().pathname().is_ok_and(|path| path == path_of(&guard.address)) {
            return;
        }
        event.stop_immediate_propagation();
        let history = window().history();
        let _ = history.and_then(|history| {
            history.push_state_with_url(&JsValue::NULL, "", Some(&guard.address))
        });
        guard.ask.run(Destination::Back);
    }
}

/// Address in this venue to which a click leads that the router would follow.
fn followed(click: &MouseEvent) -> Option<String> {
    let plain = click.button() == 0
        && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key());
    let target = click.target()?.dyn_into::<web_sys::Element>().ok().filter(|_| plain)?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let leaves = !link.target().is_empty()
        || link.has_attribute("download")
        || link.rel().split_ascii_whitespace().any(|rel| rel == "external")
        || link.origin() != window().location().origin().ok()?;
    (!leaves).then(|| link.pathname() + &link.search() + &link.hash())
}
