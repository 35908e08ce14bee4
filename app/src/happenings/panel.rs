//! Panel of a room's happenings, kept up to date while it is looked at. It is a part of its own, without which the
//! room is alive.

use bandstand_domain::{
    RoomId,
    channel::{Event, Topic},
    happenings::{AnswerCounts, HappeningEvent, HappeningId, HappeningList, HappeningView},
};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{api::load_happenings, card::HappeningItem, form::HappeningEditor};
use crate::{
    channel::{Channel, Incoming},
    t,
    ui::later,
};

/// Happenings of a room, for one of its members.
#[component]
pub fn Happenings(
    /// The room.
    room: RoomId,
) -> impl IntoView {
    view! {
        <section id="happenings" class="happenings stack" aria-labelledby="happenings-title">
            <h2 id="happenings-title">{t!(happenings.title)}</h2>
            {later(move || panel(room))}
        </section>
    }
    .into_any()
}

#[wasm_split(happenings, wasm_split_path = ::leptos::wasm_split, fallible)]
fn panel(room: RoomId) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Panel room/> }.into_any())
}

/// State of the panel.
#[derive(Clone, Copy)]
pub(super) struct Planned {
    room: RoomId,
    list: RwSignal<Option<HappeningList>>,
    failed: RwSignal<Option<String>>,
    /// Number of events heard so far.
    heard: StoredValue<u32>,
    /// What is planned or changed at present. One at a time: fields are found by their names.
    pub editor: RwSignal<Option<Edited>>,
}

/// What an editor is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edited {
    /// Something new.
    New,
    /// The happening with this identity.
    Known(HappeningId),
}

impl Planned {
    /// Asks for all anew.
    pub fn load(self) {
        let heard = self.heard.get_value();
        spawn_local(async move {
            match load_happenings(self.room).await {
                Ok(list) => {
                    self.failed.try_set(None);
                    self.list.try_set(Some(list));
                    // What was told meanwhile may be newer than the answer.
                    if self.heard.try_get_value().is_some_and(|now| now != heard) {
                        self.load();
                    }
                }
                Err(refused) => {
                    self.failed.try_set(Some(refused.to_string()));
                }
            }
        });
    }

    /// Tells whether an editor is open.
    pub fn is_editing(self) -> bool {
        match self.editor.get() {
            None => false,
            Some(Edited::New) => true,
            // It may have been called off meanwhile.
            Some(Edited::Known(id)) => self.list.with(|list| {
                let mut all = list.iter().flat_map(|list| &list.happenings);
                all.any(|it| it.card.id == id && it.may_change)
            }),
        }
    }

    /// Answers to the happening `id` by now.
    pub fn answers(self, id: HappeningId) -> Option<AnswerCounts> {
        self.list.with(|list| {
            let found = list.as_ref()?.happenings.iter().find(|it| it.card.id == id)?;
            Some(found.card.answers)
        })
    }

    /// Takes in what happened. One that isn't known is asked for, with what the viewer may do with it.
    fn hear(self, event: HappeningEvent) {
        self.heard.update_value(|heard| *heard += 1);
        let known = |id| {
            self.list.with_untracked(|list| {
                list.as_ref().is_some_and(|list| list.happenings.iter().any(|it| it.card.id == id))
            })
        };
        let change = |act: &dyn Fn(&mut HappeningView), id| {
            self.list.update(|list| {
                let all = list.iter_mut().flat_map(|list| &mut list.happenings);
                for view in all.filter(|view| view.card.id == id) {
                    act(view);
                }
            });
        };
        match event {
            HappeningEvent::HappeningChanged { happening } if known(happening.id) => {
                let id = happening.id;
                let act = |view: &mut HappeningView| {
                    if happening.revision >= view.card.revision {
                        view.card = happening.clone();
                    }
                };
                change(&act, id);
                self.list.update(|list| {
                    if let Some(list) = list {
                        list.happenings.sort_by_key(|view| (view.card.starts_at, view.card.id));
                    }
                });
            }
            HappeningEvent::HappeningChanged { .. } => self.load(),
            HappeningEvent::HappeningCancelled { happening } => {
                let act = |view: &mut HappeningView| {
                    view.card.cancelled = true;
                    view.may_change = false;
                };
                change(&act, happening);
            }
        }
    }
}

#[component]
fn Panel(room: RoomId) -> impl IntoView {
    let planned = Planned {
        room,
        list: RwSignal::new(None),
        failed: RwSignal::new(None),
        heard: StoredValue::new(0),
        editor: RwSignal::new(None),
    };
    let planning = Memo::new(move |_| planned.editor.get() == Some(Edited::New));
    // Followed once there is a list, from where that ends: the page follows the room already.
    let (owner, followed) = (Owner::current().unwrap_or_default(), StoredValue::new(false));
    Effect::new(move || {
        let cursor = planned.list.with(|list| list.as_ref().map(|list| list.cursor));
        if cursor.is_none() || followed.get_value() {
            return;
        }
        followed.set_value(true);
        let heard = move |incoming| match incoming {
            Incoming::Event(Event::Happening(event)) => planned.hear(event),
            Incoming::Subscribed { reset: Some(_) } => planned.load(),
            _ => {}
        };
        owner.with(|| Channel::expect().follow(Topic::Room(room), cursor, None, heard));
    });
    planned.load();
    let happenings = move || {
        planned.list.with(|list| list.as_ref().map(|it| it.happenings.clone()).unwrap_or_default())
    };
    let none = Memo::new(move |_| {
        planned.list.with(|list| list.as_ref().is_some_and(|it| it.happenings.is_empty()))
    });
    let sees_names =
        Memo::new(move |_| planned.list.with(|list| list.as_ref().is_some_and(|it| it.sees_names)));
    // What somebody answers makes nothing anew: a form in it may be half filled in.
    let key = |it: &HappeningView| (it.card.id, it.card.revision, it.card.cancelled, it.may_change);
    let item = move |happening: HappeningView| {
        view! { <HappeningItem happening sees_names=sees_names.get_untracked() planned/> }
    };
    let shown = view! {
        <Show when=move || none.get()><p class="soft">{t!(happenings.none)}</p></Show>
        <ul role="list"><For each=happenings key=key children=item/></ul>
    };
    let may_plan =
        Memo::new(move |_| planned.list.with(|it| it.as_ref().is_some_and(|it| it.may_plan)));
    let plan = move || {
        may_plan.get().then(|| {
            if planning.get() {
                let done = Callback::new(move |()| {
                    planned.editor.set(None);
                    planned.load();
                });
                view! { <HappeningEditor room id=None done/> }.into_any()
            } else {
                view! {
                    <button
                        class="button" type="button" disabled=move || planned.is_editing()
                        on:click=move |_| planned.editor.set(Some(Edited::New))
                    >
                        {t!(happenings.plan)}
                    </button>
                }
                .into_any()
            }
        })
    };
    let failed = move || {
        planned.failed.get().map(|refused| {
            view! {
                <p class="notice bad" role="alert">
                    {refused} " "
                    <button class="button" type="button" on:click=move |_| planned.load()>{t!(ui.try_again)}</button>
                </p>
            }
        })
    };
    view! { {failed} {shown} {plan} }.into_any()
}
