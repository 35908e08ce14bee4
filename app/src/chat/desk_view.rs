//! Desk of those who look after a chat: messages that wait, rules, bans, and what was done. A part of its own.

use std::time::Duration;

use bandstand_domain::chat::{
    ChatBan, ChatPlace, HeldMessage, HeldWhy, ModerationAct, ModerationEntry, RulesForm,
};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    ChatHandle,
    menu::is_open,
    moderation_api::{
        ban_person, decide_on_message, load_bans, load_held, load_moderation_log, load_rules,
        mute_guests, set_rules,
    },
    tools::Viewing,
};
use crate::{
    t,
    texts::told,
    ui::{LocalTime, TimeStyle, later_while, linked},
};

/// Seconds between two messages of one person that are offered.
const SLOW: [u32; 7] = [0, 5, 10, 30, 60, 300, 3_600];
/// Minutes for which guests are muted that are offered.
const GUESTS_MUTED: [u32; 3] = [5, 15, 60];

/// The desk, folded, for those who moderate.
#[component]
pub fn Desk(
    /// Chat that is looked after.
    chat: ChatHandle,
    /// Person who looks at it.
    viewer: Viewing,
) -> impl IntoView {
    let hosts =
        Memo::new(move |_| viewer.with(|viewer| viewer.as_ref().is_some_and(|it| it.moderates)));
    later_while(hosts, move || desk(chat))
}

#[wasm_split(desk, wasm_split_path = ::leptos::wasm_split, fallible)]
fn desk(chat: ChatHandle) -> Result<AnyView, SplitLoaderError> {
    let open = RwSignal::new(false);
    // Later changes are told.
    Effect::new(move || {
        spawn_local(async move {
            if let Ok(held) = load_held(chat.place()).await {
                let _ = chat.waiting().try_set(u32::try_from(held.len()).unwrap_or(u32::MAX));
            }
        });
    });
    let view = view! {
        <details
            class="chat-desk"
            on:toggle=move |event| open.set(is_open(&event))
        >
            <summary>
                {t!(chat.desk.desk)}
                {move || {
                    let waiting = chat.waiting().get();
                    (waiting > 0).then(|| view! {
                        " "
                        <span class="chat-badge">{t!(chat.desk.waiting, count = waiting)}</span>
                    })
                }}
            </summary>
            {move || open.get().then(|| opened(chat))}
        </details>
    };
    Ok(view.into_any())
}

fn opened(chat: ChatHandle) -> AnyView {
    let bans = matches!(chat.place(), ChatPlace::Show(_)).then(|| bans(chat));
    view! {
        <div class="chat-desk-inside">
            {held(chat)}
            {rules(chat)}
            {guests(chat)}
            {bans}
            {log(chat)}
        </div>
    }
    .into_any()
}

fn held(chat: ChatHandle) -> AnyView {
    let held = RwSignal::new(Vec::<HeldMessage>::new());
    Effect::new(move || {
        chat.waiting().track();
        spawn_local(async move {
            if let Ok(all) = load_held(chat.place()).await {
                let _ = held.try_set(all);
            }
        });
    });
    let row = move |it: HeldMessage| {
        let HeldMessage { message, why } = it;
        let id = message.id;
        let carrying = message.clone();
        let files = (!carrying.files.is_empty()).then_some(move || {
            chat.attaching().tools.get().map(|it| (it.carried)(chat, &carrying))
        });
        let decide = move |approved| {
            spawn_local(async move {
                match decide_on_message(chat.place(), id, approved).await {
                    Ok(()) => {
                        let _ = held.try_update(|all| all.retain(|it| it.message.id != id));
                    }
                    Err(failed) => chat.say(t!(chat.desk.failed, why = told(&failed))),
                }
            });
        };
        let why = match why {
            HeldWhy::Rule => None,
            HeldWhy::Word => Some(t!(chat.desk.has_word)),
        };
        view! {
            <li>
                <p>
                    <strong dir="auto">{message.name}</strong>
                    " "
                    <span class="chat-edited">{why}</span>
                </p>
                <p class="chat-text" dir="auto">{linked(&message.text)}</p>
                {files}
                <p class="chat-tries">
                    <button type="button" on:click=move |_| decide(true)>{t!(chat.desk.approve)}</button>
                    <button type="button" on:click=move |_| decide(false)>{t!(chat.desk.reject)}</button>
                </p>
            </li>
        }
    };
    view! {
        <Show when=move || held.with(|held| !held.is_empty())>
            <h3>{t!(chat.desk.held)}</h3>
            <ul class="chat-desk-list">
                <For each=move || held.get() key=|it| it.message.id children=row/>
            </ul>
        </Show>
    }
    .into_any()
}

fn rules(chat: ChatHandle) -> AnyView {
    let form = RwSignal::new(RulesForm::default());
    let ready = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    Effect::new(move || {
        spawn_local(async move {
            match load_rules(chat.place()).await {
                Ok(rules) => {
                    let _ = (form.try_set(rules), ready.try_set(true));
                }
                Err(failed) => drop(said.try_set(told(&failed))),
            }
        });
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let rules = form.get_untracked();
        if let Err(errors) = rules.check() {
            let words = errors.0.iter().map(|it| crate::texts::say(&it.message));
            said.set(words.collect::<Vec<_>>().join(" "));
            return;
        }
        spawn_local(async move {
            let words = match set_rules(chat.place(), rules).await {
                Ok(()) => t!(chat.desk.saved).into(),
                Err(failed) => t!(chat.desk.failed, why = told(&failed)),
            };
            let _ = said.try_set(words);
        });
    };
    let choice = move |seconds: u32| {
        let name = match seconds {
            0 => t!(chat.desk.slow_off).to_string(),
            seconds => t!(chat.desk.slow_seconds, count = seconds),
        };
        view! {
            <option value=seconds.to_string() selected=move || form.with(|it| it.slow == seconds)>
                {name}
            </option>
        }
    };
    view! {
        <form on:submit=save>
            <h3>{t!(chat.desk.rules)}</h3>
            <label>
                {t!(chat.desk.slow)}
                <select
                    class="input"
                    on:change=move |event| {
                        let seconds = event_target_value(&event).parse().unwrap_or(0);
                        form.update(|it| it.slow = seconds);
                    }
                >
                    {SLOW.map(choice).collect_view()}
                </select>
            </label>
            <label class="chat-check">
                <input
                    type="checkbox"
                    prop:checked=move || form.with(|it| it.hold)
                    on:change=move |event| form.update(|it| it.hold = event_target_checked(&event))
                />
                {t!(chat.desk.hold)}
            </label>
            <label>
                {t!(chat.desk.words)}
                <textarea
                    class="input"
                    rows="3"
                    prop:value=move || form.with(|it| it.words.clone())
                    on:input=move |event| form.update(|it| it.words = event_target_value(&event))
                ></textarea>
            </label>
            <label class="chat-check">
                <input
                    type="checkbox"
                    prop:checked=move || form.with(|it| it.hold_words)
                    on:change=move |event| {
                        form.update(|it| it.hold_words = event_target_checked(&event));
                    }
                />
                {t!(chat.desk.hold_words)}
            </label>
            <button type="submit" class="button" disabled=move || !ready.get()>
                {t!(chat.desk.save)}
            </button>
            <p class="small" role="status">{said}</p>
        </form>
    }
    .into_any()
}

fn guests(chat: ChatHandle) -> AnyView {
    let ruled = Memo::new(move |_| chat.state().with(|state| state.rules().guests_muted_until));
    // Until then; nobody tells when that is.
    let until = RwSignal::new(None);
    Effect::new(move || {
        let now = ruled.get();
        let left = now.map_or(0.0, |it| it.0 as f64 - js_sys::Date::now());
        until.set(now.filter(|_| left > 0.0));
        if left > 0.0 {
            let over = move || {
                if ruled.try_get_untracked() == Some(now) {
                    until.set(None);
                }
            };
            set_timeout(over, Duration::from_millis(left as u64));
        }
    });
    let set = move |minutes: u32| {
        spawn_local(async move {
            if let Err(failed) = mute_guests(chat.place(), minutes).await {
                chat.say(t!(chat.desk.failed, why = told(&failed)));
            }
        });
    };
    let offer = move |minutes: u32| {
        view! {
            <button type="button" on:click=move |_| set(minutes)>
                {t!(chat.desk.minutes, count = minutes)}
            </button>
        }
    };
    view! {
        <h3>{t!(chat.desk.guests)}</h3>
        <p class="small" role="status">
            {move || until.get().map(|until| view! {
                {t!(chat.desk.guests_muted)} " "
                <LocalTime at=until fallback="" style=TimeStyle::Time/>
            })}
        </p>
        <p class="chat-tries">
            {GUESTS_MUTED.map(offer).collect_view()}
            <Show when=move || until.get().is_some()>
                <button type="button" on:click=move |_| set(0)>{t!(chat.desk.guests_free)}</button>
            </Show>
        </p>
    }
    .into_any()
}

fn bans(chat: ChatHandle) -> AnyView {
    let bans = RwSignal::new(Vec::<ChatBan>::new());
    Effect::new(move || {
        chat.acted().track();
        spawn_local(async move {
            if let Ok(all) = load_bans(chat.place()).await {
                let _ = bans.try_set(all);
            }
        });
    });
    let row = move |it: ChatBan| {
        let (person, name) = (it.person.clone(), it.name);
        let lift = move |_| {
            let person = person.clone();
            spawn_local(async move {
                match ban_person(chat.place(), person.clone(), false).await {
                    Ok(()) => {
                        let _ = bans.try_update(|all| all.retain(|it| it.person != person));
                    }
                    Err(failed) => chat.say(t!(chat.desk.failed, why = told(&failed))),
                }
            });
        };
        view! {
            <li>
                <strong dir="auto">{name.clone()}</strong>
                " "
                <button type="button" class="chat-answers" on:click=lift>
                    {t!(chat.desk.unban, name = name)}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || bans.with(|bans| !bans.is_empty())>
            <h3>{t!(chat.desk.bans)}</h3>
            <ul class="chat-desk-list">
                <For each=move || bans.get() key=|it| it.person.clone() children=row/>
            </ul>
        </Show>
    }
    .into_any()
}

fn log(chat: ChatHandle) -> AnyView {
    let entries = RwSignal::new(Vec::<ModerationEntry>::new());
    let more = RwSignal::new(false);
    let load = move |before: i64| {
        spawn_local(async move {
            if let Ok(page) = load_moderation_log(chat.place(), before).await {
                let _ = more.try_set(page.more);
                let _ = entries.try_update(|all| {
                    all.retain(|it| it.number >= before);
                    all.extend(page.entries);
                });
            }
        });
    };
    Effect::new(move || load(i64::MAX));
    let row = |it: ModerationEntry| {
        let whom = it.whom;
        view! {
            <li>
                <LocalTime at=it.at fallback="" style=TimeStyle::Poster/>
                " "
                <strong dir="auto">{it.by}</strong>
                " "
                {act(it.act)}
                " "
                <span dir="auto">{whom}</span>
            </li>
        }
    };
    let earlier = move |_| load(entries.with_untracked(|all| all.last().map_or(0, |it| it.number)));
    view! {
        <Show when=move || entries.with(|entries| !entries.is_empty())>
            <h3>{t!(chat.desk.log)}</h3>
            <ul class="chat-desk-list">
                <For each=move || entries.get() key=|it| it.number children=row/>
            </ul>
            <Show when=move || more.get()>
                <button type="button" class="chat-earlier" on:click=earlier>{t!(chat.desk.earlier)}</button>
            </Show>
        </Show>
    }
    .into_any()
}

fn act(act: ModerationAct) -> &'static str {
    match act {
        ModerationAct::Deleted => t!(chat.act.deleted),
        ModerationAct::Muted => t!(chat.act.muted),
        ModerationAct::Unmuted => t!(chat.act.unmuted),
        ModerationAct::Pinned => t!(chat.act.pinned),
        ModerationAct::Unpinned => t!(chat.act.unpinned),
        ModerationAct::Ruled => t!(chat.act.ruled),
        ModerationAct::GuestsMuted => t!(chat.act.guests_muted),
        ModerationAct::GuestsUnmuted => t!(chat.act.guests_unmuted),
        ModerationAct::Approved => t!(chat.act.approved),
        ModerationAct::Rejected => t!(chat.act.rejected),
        ModerationAct::Banned => t!(chat.act.banned),
        ModerationAct::Unbanned => t!(chat.act.unbanned),
        ModerationAct::Removed => t!(chat.act.removed),
    }
}
