//! Page of the studio.

use crate::t;
use bandstand_domain::{
    Millis, Refusal,
    shows::ShowPage,
    stage::{StageState, encore_until},
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::{
    chat_size::{USUAL, chat_sizes},
    house::house,
    now_playing::now_playing,
    over::after_show,
    overtime::overtime,
    panels::{Checklist, Numbers, SoundAndPicture},
    preview::Preview,
    session::Studio,
    stage_switches::StageSwitches,
    state::StudioStatus,
    stats_panel::StatsPanel,
    wellbeing::wellbeing,
    who::WhoIsHere,
};
use crate::{
    channel::{
        ChannelNote,
        clock::{lasted, span},
    },
    chat::ChatPanel,
    failure::Failed,
    player::Dock,
    stage::load::{Absent, load_from_address},
    stream_keys::StreamFromObs,
    ui::later,
};

/// The page from which an artist goes on stage.
#[component]
pub fn StudioPage() -> impl IntoView {
    for_its_artist("studio", |page| view! { <StudioView studio=Studio::new(page)/> }.into_any())
}

/// The page called `name` of the show in the address, for its artist alone.
pub(super) fn for_its_artist(name: &'static str, show: fn(ShowPage) -> AnyView) -> AnyView {
    // What plays there would be heard here.
    Dock::expect().keep_empty();
    let loaded = load_from_address();
    view! {
        <Suspense fallback=|| view! { <p class="waiting">{t!(studio.opening)}</p> }>
            {move || {
                loaded.get().map(|(viewer, page)| match page {
                    Ok(page) if page.mine => show(page),
                    Ok(page) if viewer.is_none_or(|viewer| viewer.handle.is_none()) => {
                        let path = format!("/log-in?next=/shows/{}/{name}", page.card.id);
                        view! { <Redirect path/> }.into_any()
                    }
                    Ok(_) => view! { <Absent why=Refusal::Forbidden/> }.into_any(),
                    Err(Failed(why)) => view! { <Absent why/> }.into_any(),
                })
            }}
        </Suspense>
    }
    .into_any()
}

#[component]
fn StudioView(studio: Studio) -> impl IntoView {
    let page = studio.page;
    let title = move || page.with(|page| page.card.title.clone());
    let now = studio.now;
    let over = Memo::new(move |_| studio.status.get() == StudioStatus::Ended);
    let encore = Memo::new(move |_| encore_until(page.with(|page| page.ended_at), now.get()));
    let viewer = studio.join.chat_viewer();
    let open = Signal::derive(move || !over.get() || encore.get().is_some());
    let live = move || !over.get() && studio.on_air();
    let words = RwSignal::new(USUAL);
    view! {
        <Title text=move || t!(studio.title, show = title())/>
        <Show when=move || !studio.gone.get() fallback=|| view! { <Absent why=Refusal::Gone/> }>
            <div class="studio" data-live=move || live().then_some("")>
                <header class="studio-head">
                    <h1>{title}</h1>
                    <StateLine studio now/>
                    {later(move || wellbeing(studio))}
                </header>
                // They may go on clapping when the show is over.
                <div class="studio-house" hidden=move || over.get() && studio.crowd.count().get() == 0>
                    {later(move || house(studio))}
                </div>
                <Show when=move || !over.get() fallback=move || view! {
                    <div class="studio-over panel">{later(move || after_show(studio, encore))}</div>
                }>
                    <div class="studio-stage">
                        <Preview studio/>
                        {later(move || overtime(studio))}
                    </div>
                    <div class="studio-panels">
                        {later(move || now_playing(studio))}
                        {later(move || panels(studio))}
                    </div>
                </Show>
                <section
                    class="studio-chat panel" data-words=move || words.get().to_string()
                    aria-label=t!(studio.what_crowd_says)
                >
                    <ChannelNote/>
                    {later(move || chat_sizes(words))}
                    <ChatPanel chat=studio.chat viewer open/>
                </section>
            </div>
        </Show>
    }
    .into_any()
}

/// Panels beside the stage: a part of their own, a studio is alive without them.
#[wasm_split(panels, wasm_split_path = ::leptos::wasm_split, fallible)]
fn panels(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! {
        <SoundAndPicture studio/>
        <StageSwitches studio/>
        <Checklist studio/>
        <Numbers studio/>
        <StatsPanel studio/>
        <WhoIsHere studio/>
        <StreamFromObs/>
    }
    .into_any())
}

/// Status of the studio, in a sentence.
#[component]
fn StateLine(studio: Studio, now: Signal<Millis>) -> impl IntoView {
    let here = studio.crowd.count();
    let words = Memo::new(move |_| match studio.status.get() {
        StudioStatus::NotLive => match (studio.page.with(|page| page.card.stage), here.get()) {
            (StageState::Live | StageState::Paused, _) => t!(studio.elsewhere).into(),
            (StageState::Dropped, _) => t!(studio.audience_waits).into(),
            (_, 0) => t!(studio.nobody_here).into(),
            (_, 1) => t!(studio.one_waits).into(),
            (_, here) => t!(studio.some_wait, here = here),
        },
        StudioStatus::Rehearsing => t!(studio.rehearsing_words).into(),
        StudioStatus::Connecting => t!(studio.connecting_words).into(),
        StudioStatus::Live => t!(studio.live_words).into(),
        StudioStatus::Paused => t!(studio.paused_words).into(),
        StudioStatus::Reconnecting => t!(studio.reconnecting_words).into(),
        StudioStatus::TakenOver => t!(studio.taken_over_words).into(),
        StudioStatus::Ended => t!(refusal.stage.over).to_string(),
    });
    let badge = move || {
        let (class, word) = match studio.status.get() {
            StudioStatus::NotLive => ("badge", t!(studio.not_live)),
            StudioStatus::Rehearsing => ("badge warn", t!(studio.rehearsal)),
            StudioStatus::Connecting => ("badge", t!(studio.connecting)),
            StudioStatus::Live => ("badge live", t!(shows.live)),
            StudioStatus::Paused => ("badge", t!(watch.paused)),
            StudioStatus::Reconnecting => ("badge warn", t!(studio.reconnecting)),
            StudioStatus::TakenOver => ("badge warn", t!(studio.taken_over)),
            StudioStatus::Ended => ("badge", t!(studio.ended)),
        };
        view! { <span class=class>{word}</span> }
    };
    let clock = move || {
        let (since, starts) = studio.page.with(|page| (page.live_since, page.card.starts_at));
        let now = now.get();
        match (studio.status.get(), since) {
            (
                StudioStatus::Live | StudioStatus::Paused | StudioStatus::Reconnecting,
                Some(since),
            ) => lasted(now.since(since)),
            (StudioStatus::NotLive | StudioStatus::Rehearsing, None) => {
                let left = span(starts.since(now));
                match (left.days, starts > now) {
                    (_, false) => String::new(),
                    (0, _) => t!(studio.starts_in, time = lasted(starts.since(now))),
                    (1, _) => t!(studio.starts_tomorrow).into(),
                    (days, _) => t!(studio.starts_in_days, days = days),
                }
            }
            _ => String::new(),
        }
    };
    view! {
        <p class="state-line">
            {badge}
            <span class="clock">{clock}</span>
            <span role="status">{move || words.get()}</span>
        </p>
    }
    .into_any()
}
