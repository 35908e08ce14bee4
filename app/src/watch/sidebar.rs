//! Sidebar: the door for those outside, the chat for those within.

use crate::{t, weave};
use bandstand_domain::{accounts::check_guest_name, stage::StageState};
use leptos::{ev::SubmitEvent, html, prelude::*};

use super::{arrangement::Arrangement, chat_sheet::ChatBar};
use crate::{
    channel::ChannelNote,
    chat::ChatPanel,
    player::{Phase, WatchSession},
    replay::as_it_was,
    ui::later,
    web,
};

/// Under this key the browser remembers how its guest is called.
const NAME: &str = "bandstand.name";

/// Door or chat.
#[component]
pub(super) fn Sidebar(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    let viewer = session.join.chat_viewer();
    let open = Signal::derive(move || !session.over.get());
    let was_in = Memo::new(move |before: Option<&bool>| {
        before.is_some_and(|before| *before) || session.inside()
    });
    let reads = move || {
        session.over.get()
            || was_in.get() && session.phase.with(|it| !matches!(it, Phase::Outside { .. }))
    };
    let replays = Memo::new(move |_| session.replayed.with(Option::is_some));
    let said = move || {
        if replays.get() {
            later(move || as_it_was(session))
        } else {
            view! { <ChatPanel chat=session.chat viewer open/> }.into_any()
        }
    };
    view! {
        <aside class="show-side" aria-label=t!(crowd.crowd)>
            <ChannelNote/>
            <Show
                // What was said is there for whoever plays it, also while the door is open.
                when=move || replays.get() || reads()
                fallback=move || view! { <Door session/> }
            >
                <ChatBar session arranged/>
                {said}
            </Show>
        </aside>
    }
    .into_any()
}

#[component]
fn Door(session: WatchSession) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let checked = RwSignal::new(None::<String>);
    let field = NodeRef::<html::Input>::new();
    let alive = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    let here = move || session.page.with(|page| format!("/shows/{}", page.card.id));
    Effect::new(move || {
        if let Some(remembered) = web::remembered(NAME)
            && name.get_untracked().is_empty()
        {
            name.set(remembered);
        }
    });
    crate::ui::adopt(field, name);
    let complaint = move || {
        checked.get().or_else(|| {
            session.phase.with(|phase| match phase {
                Phase::Outside { name, .. } => name.clone(),
                _ => None,
            })
        })
    };
    let trouble = move || {
        session.phase.with(|phase| match phase {
            Phase::Outside { why: Some(why), .. } => Some(why.to_string()),
            _ => None,
        })
    };
    let entering = move || session.phase.with(|phase| *phase == Phase::Entering);
    // A person whom the venue knows needs no name to come in, or to try again.
    let known = move || session.known.get() && (entering() || trouble().is_some());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if entering() {
            return;
        }
        if known() {
            session.player.bless();
            return session.enter(None);
        }
        let name = name.get_untracked().trim().to_string();
        let wrong = check_guest_name(&name);
        checked.set(wrong.as_ref().map(crate::texts::say));
        if wrong.is_some() {
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
            return;
        }
        web::remember(NAME, &name);
        session.player.bless();
        session.enter(Some(name));
    };
    view! {
        // Sent as it is while the program is on its way; then the page comes back, and enters by itself.
        <form
            class="show-door" method="post" action=move || format!("{}/enter", here())
            novalidate=move || alive.get() on:submit=submit
        >
            <h2>{t!(watch.step_in)}</h2>
            <Show when=move || session.shut()>
                <p class="notice">{t!(watch.members_only)}</p>
                <a class="button primary big wide" href=move || format!("/join?next={}", here())>{t!(accounts.join)}</a>
            </Show>
            <div class="field" hidden=move || session.shut() || known()>
                <label for="guest-name">{t!(watch.your_name)}</label>
                <input
                    class="input" id="guest-name" name="name" autocomplete="nickname" node_ref=field
                    required=true maxlength="64"
                    aria-describedby="guest-name-note"
                    aria-invalid=move || complaint().map(|_| "true")
                    on:input=move |event| { name.set(event_target_value(&event)); checked.set(None); }
                />
                <p id="guest-name-note" class=move || if complaint().is_some() { "error" } else { "hint" } role="status">
                    {move || complaint().unwrap_or_else(|| t!(watch.name_is_seen).into())}
                </p>
            </div>
            <p class="notice bad" role="alert" hidden=move || session.shut() || trouble().is_none()>{trouble}</p>
            <button
                class="button primary big wide" type="submit" hidden=move || session.shut()
                data-pressed=t!(watch.opening_doors) aria-busy=move || entering().then_some("true")
            >
                {move || match (entering(), trouble().is_some()) {
                    (true, _) => t!(watch.coming_in),
                    (_, true) => t!(ui.try_again),
                    _ => t!(watch.step_in),
                }}
            </button>
            <p class="small soft">
                {move || match session.stage.get() {
                    StageState::Empty => t!(watch.doors_open),
                    StageState::Ended => t!(watch.encore_is_on),
                    _ => t!(watch.stage_is_on),
                }}
            </p>
            <p class="small soft" hidden=known>
                {weave!(
                    watch.have_account,
                    link = view! { <a href=move || format!("/log-in?next={}", here())>{t!(accounts.log_in)}</a> }
                )}
            </p>
        </form>
    }
    .into_any()
}
