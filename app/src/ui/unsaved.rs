//! Question before what was typed is lost.

use leptos::{ev, prelude::*};

use super::{Confirm, FormState};
use crate::{
    navigation::{Destination, Leaving},
    t,
};

/// Asks before the page is left while a form has what wasn't saved; where another document is loaded, the
/// browser does.
#[component]
pub fn Unsaved(
    /// The form's state.
    state: FormState,
) -> impl IntoView {
    let leaving = Leaving::expect();
    let go = leaving.goer();
    let asking = RwSignal::new(false);
    let destination = StoredValue::new(None::<Destination>);
    Effect::new(move || {
        if !state.is_touched() {
            return;
        }
        leaving.ask_before(Callback::new(move |to| {
            destination.set_value(Some(to));
            asking.set(true);
        }));
        let warning = window_event_listener(ev::beforeunload, |event| event.prevent_default());
        on_cleanup(move || warning.remove());
    });
    let leave = move |()| {
        if let Some(to) = destination.try_update_value(Option::take).flatten() {
            go(to);
        }
    };
    view! {
        <Confirm
            open=asking question=t!(ui.unsaved_question) yes=t!(ui.unsaved_leave) no=t!(ui.unsaved_stay)
            on_yes=Callback::new(leave)
        >
            <p>{t!(ui.unsaved_why)}</p>
        </Confirm>
    }
    .into_any()
}
