//! One happening: when and where it is, who comes, and one's own answer.

use bandstand_domain::happenings::{HappeningAnswer, HappeningId, HappeningView};
use futures::FutureExt;
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{answer_happening, cancel_happening, load_who_comes},
    form::HappeningEditor,
    panel::{Edited, Planned},
};
use crate::{
    t,
    texts::told,
    ui::{DeleteButton, DeleteWords, LocalTime, Toaster, linked},
};

/// A happening in the list of its room.
#[component]
pub(super) fn HappeningItem(
    /// The happening.
    happening: HappeningView,
    /// True if the viewer may see who answered.
    sees_names: bool,
    /// The panel.
    planned: Planned,
) -> impl IntoView {
    let HappeningView { card, answer, may_change } = happening;
    let (id, room, cancelled) = (card.id, card.room, card.cancelled);
    let changing = Memo::new(move |_| planned.editor.get() == Some(Edited::Known(id)));
    let heading = format!("happening-{id}");
    let label = heading.clone();
    let calendar = format!("/happenings/{id}/calendar.ics");
    let place = (!card.place.is_empty()).then(|| view! { <p dir="auto">{card.place}</p> });
    let description = (!card.description.is_empty())
        .then(|| view! { <p class="description" dir="auto">{linked(&card.description)}</p> });
    let first = card.answers;
    let counts = move || {
        let counts = planned.answers(id).unwrap_or(first);
        t!(happenings.counts, yes = counts.yes, perhaps = counts.perhaps, no = counts.no)
    };
    let tools = move || {
        may_change.then(|| {
            if changing.get() {
                let done = Callback::new(move |()| {
                    planned.editor.set(None);
                    planned.load();
                });
                view! { <HappeningEditor room id=Some(id) done/> }.into_any()
            } else {
                view! {
                    <div class="row">
                        <button
                            class="button" type="button" disabled=move || planned.is_editing()
                            on:click=move |_| planned.editor.set(Some(Edited::Known(id)))
                        >
                            {t!(happenings.change)}
                        </button>
                        <CallOff id planned/>
                    </div>
                }
                .into_any()
            }
        })
    };
    view! {
        <li class="panel" class:cancelled=cancelled aria-labelledby=label>
            <h3 id=heading dir="auto">{card.title}</h3>
            {cancelled.then(|| view! { <p class="badges"><span class="badge">{t!(happenings.cancelled)}</span></p> })}
            <p><LocalTime at=card.starts_at fallback=card.starts_text/> " – " <LocalTime at=card.ends_at fallback=""/></p>
            {place}
            {description}
            {(!cancelled).then(|| view! { <Answers id answer/> })}
            <p class="soft">{counts}</p>
            {sees_names.then(|| view! { <Names id/> })}
            <p><a href=calendar rel="external" download="happening.ics">{t!(happenings.calendar)}</a></p>
            {tools}
        </li>
    }
    .into_any()
}

/// One's own answer.
#[component]
fn Answers(id: HappeningId, answer: Option<HappeningAnswer>) -> impl IntoView {
    let toaster = Toaster::expect();
    let chosen = RwSignal::new(answer);
    let choose = move |answer: HappeningAnswer| {
        let before = chosen.get_untracked();
        chosen.set(Some(answer));
        spawn_local(async move {
            if let Err(refused) = answer_happening(id, answer).await {
                chosen.try_set(before);
                toaster.say(refused.to_string());
            }
        });
    };
    let buttons = HappeningAnswer::ALL.map(|answer| {
        let is_chosen = move || if chosen.get() == Some(answer) { "true" } else { "false" };
        view! {
            <button class="chip" type="button" aria-pressed=is_chosen on:click=move |_| choose(answer)>{told(&answer)}</button>
        }
    });
    view! {
        <div class="chips" role="group" aria-label=t!(happenings.question)>{buttons.into_iter().collect_view()}</div>
    }
    .into_any()
}

/// Names of who answered, when they are wanted.
#[component]
fn Names(id: HappeningId) -> impl IntoView {
    let toaster = Toaster::expect();
    let names = RwSignal::new(None::<Vec<(HappeningAnswer, Vec<String>)>>);
    let load = move |_| {
        spawn_local(async move {
            match load_who_comes(id).await {
                Ok(all) => {
                    names.try_set(Some(all));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let shown = move || {
        match names.get() {
        None => view! { <button class="button quiet" type="button" on:click=load>{t!(happenings.who)}</button> }
            .into_any(),
        Some(all) => {
            let lines = all.into_iter().filter(|(_, names)| !names.is_empty());
            let lines = lines.map(|(answer, names)| {
                view! { <dt>{told(&answer)}</dt><dd dir="auto">{names.join(", ")}</dd> }
            });
            view! { <dl>{lines.collect_view()}</dl> }.into_any()
        }
    }
    };
    shown.into_any()
}

/// Button that calls a happening off, after asking.
#[component]
fn CallOff(id: HappeningId, planned: Planned) -> impl IntoView {
    let words = DeleteWords {
        button: t!(happenings.call_off),
        question: t!(happenings.call_off_question),
        why: t!(happenings.call_off_why),
        yes: t!(happenings.call_off),
        no: t!(happenings.keep),
        deleted: t!(happenings.called_off),
    };
    let cancel = move |()| {
        let cancelling = async move { cancel_happening(id).await.map_err(|it| it.to_string()) };
        cancelling.boxed_local()
    };
    let done = Callback::new(move |()| planned.load());
    view! { <DeleteButton words delete=Callback::new(cancel) on_deleted=done/> }.into_any()
}
