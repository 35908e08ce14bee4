//! Question before the stage is left by mistake.

use leptos::prelude::*;

use super::session::Studio;
use crate::{
    navigation::{Destination, Leaving},
    t,
    ui::Confirm,
};

/// Asks who is on stage, and follows a link or "back", whether they mean it.
#[component]
pub(super) fn LeaveQuestion(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let leaving = Leaving::expect();
    let go = leaving.goer();
    let asking = RwSignal::new(false);
    let destination = StoredValue::new(None::<Destination>);
    let on_stage = Memo::new(move |_| studio.on_stage());
    Effect::new(move || {
        if on_stage.get() {
            leaving.ask_before(Callback::new(move |to| {
                destination.set_value(Some(to));
                asking.set(true);
            }));
        }
    });
    let leave = move |()| {
        if let Some(to) = destination.try_update_value(Option::take).flatten() {
            go(to);
        }
    };
    view! {
        <Confirm
            open=asking question=t!(studio.leave_question) yes=t!(studio.leave) no=t!(studio.keep_playing)
            on_yes=Callback::new(leave)
        >
            <p>{t!(studio.leave_why)}</p>
        </Confirm>
    }
    .into_any()
}
