//! Form by which a happening is planned and changed.

use bandstand_domain::{
    RoomId,
    happenings::{HappeningForm, HappeningId, MAX_DESCRIPTION, MAX_PLACE, MAX_TITLE},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::{change_happening, load_happening_draft, plan_happening};
use crate::{
    t,
    ui::{
        Form, FormState, Submit, TextArea, TextField, TimeZoneField, Toaster, two_hours_after,
        wall_clock_soon,
    },
};

/// The form of a new happening, or of one that there is. Only in the browser.
#[component]
pub(super) fn HappeningEditor(
    /// The room.
    room: RoomId,
    /// The happening to be changed; none plans one.
    id: Option<HappeningId>,
    /// Called when it is saved, or not to be.
    done: Callback<()>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let draft = RwSignal::new(id.is_none().then(HappeningForm::default));
    if let Some(id) = id {
        spawn_local(async move {
            match load_happening_draft(id).await {
                Ok(form) => {
                    draft.try_set(Some(form));
                }
                Err(refused) => {
                    toaster.say(refused.to_string());
                    done.try_run(());
                }
            }
        });
    }
    (move || draft.get().map(|draft| view! { <Fields room id draft done/> })).into_any()
}

#[component]
fn Fields(
    room: RoomId,
    id: Option<HappeningId>,
    draft: HappeningForm,
    done: Callback<()>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    let title = RwSignal::new(draft.title);
    let description = RwSignal::new(draft.description);
    let place = RwSignal::new(draft.place);
    let starts = RwSignal::new(draft.starts);
    let ends = RwSignal::new(draft.ends);
    let time_zone = RwSignal::new(draft.time_zone);
    if starts.with_untracked(String::is_empty) {
        starts.set(wall_clock_soon());
    }
    // An end that is not after the start (or missing) follows it; as text they compare by time.
    Effect::new(move || {
        let starts = starts.get();
        if !starts.is_empty() && ends.with_untracked(|ends| *ends <= starts) {
            ends.set(two_hours_after(&starts));
        }
    });
    let send = move |()| {
        let form = HappeningForm {
            title: title.get_untracked(),
            description: description.get_untracked(),
            place: place.get_untracked(),
            starts: starts.get_untracked(),
            ends: ends.get_untracked(),
            time_zone: time_zone.get_untracked(),
        };
        let request = async move {
            match id {
                Some(id) => change_happening(id, form).await,
                None => plan_happening(room, form).await.map(drop),
            }
        };
        // The venue checks it, which has a calendar: so all that is wrong is said at once.
        state.send(Ok(()), request, move |()| {
            toaster.say(t!(happenings.saved));
            done.try_run(());
        });
    };
    let label = if id.is_some() { t!(happenings.save) } else { t!(happenings.plan) };
    view! {
        <Form state on_send=Callback::new(send)>
            <TextField state name="title" label=t!(happenings.what) value=title most=MAX_TITLE/>
            <TextArea state name="description" label=t!(happenings.description) value=description most=MAX_DESCRIPTION/>
            <TextField state name="place" label=t!(happenings.place) value=place most=MAX_PLACE/>
            <div class="pair">
                <TextField state name="starts" label=t!(happenings.start) value=starts kind="datetime-local"/>
                <TextField state name="ends" label=t!(happenings.end) value=ends kind="datetime-local"/>
            </div>
            <TimeZoneField state value=time_zone/>
            <div class="ends">
                <Submit state label/>
                <button class="button quiet" type="button" on:click=move |_| done.run(())>{t!(ui.cancel)}</button>
            </div>
        </Form>
    }
    .into_any()
}
