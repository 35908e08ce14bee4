//! Moments at which trying again is likely to help.

use leptos::prelude::document;

use crate::web;

/// Calls `act` whenever the machine is online again or the page is looked at again, for as long as the
/// page lives.
pub fn on_wake(act: impl Fn() + Clone + 'static) {
    for event in ["online", "visibilitychange"] {
        let act = act.clone();
        web::on_window(event, move |_| {
            if !document().hidden() {
                act();
            }
        });
    }
}
