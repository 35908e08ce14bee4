//! The page from which an artist goes on stage.

use bandstand_domain::{Millis, Refusal, stage::StageState};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::{
    panels::{Checklist, Numbers, SoundAndPicture},
    preview::Preview,
    session::Studio,
    state::StudioStatus,
    stats_panel::StatsPanel,
};
use crate::{
    channel::{
        ChannelNote,
        clock::{lasted, span, venue_clock},
    },
    chat::ChatPanel,
    failure::Failed,
    stage::load::{Absent, load_from_address},
    stream_keys::StreamFromObs,
};

/// The page from which an artist goes on stage.
#[component]
pub fn StudioPage() -> impl IntoView {
    let loaded = load_from_address();
    view! {
        <Suspense fallback=|| view! { <p class="waiting">"Opening the studio…"</p> }>
            {move || {
                loaded.get().map(|(viewer, page)| match page {
                    Ok(page) if page.mine => view! { <StudioView studio=Studio::new(page)/> }.into_any(),
                    Ok(page) if viewer.is_none_or(|viewer| viewer.handle.is_none()) => {
                        let path = format!("/log-in?next=/shows/{}/studio", page.card.id);
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
    let now = venue_clock(page.with_untracked(|page| page.now));
    let over = Memo::new(move |_| studio.status.get() == StudioStatus::Ended);
    let open = Signal::derive(move || !over.get());
    view! {
        <Title text=move || format!("Studio – {}", title())/>
        <Show when=move || !studio.gone.get() fallback=|| view! { <Absent why=Refusal::Gone/> }>
            <div class="studio" data-live=move || studio.on_stage().then_some("")>
                <header class="studio-head">
                    <h1>{title}</h1>
                    <StateLine studio now/>
                </header>
                <Show when=move || !over.get() fallback=move || view! { <Over studio/> }>
                    <div class="studio-stage">
                        <Preview studio/>
                    </div>
                    <div class="studio-panels">
                        <SoundAndPicture studio/>
                        <Checklist studio/>
                        <Numbers studio/>
                        <StatsPanel studio/>
                        <StreamFromObs/>
                    </div>
                </Show>
                <section class="studio-chat panel" aria-label="What the crowd says">
                    <ChannelNote/>
                    <ChatPanel chat=studio.chat join_token=studio.join.join_token() open/>
                </section>
            </div>
        </Show>
    }
    .into_any()
}

/// Where the artist stands, in a sentence.
#[component]
fn StateLine(studio: Studio, now: Signal<Millis>) -> impl IntoView {
    let here = studio.crowd.count();
    let words = Memo::new(move |_| match studio.status.get() {
        StudioStatus::NotLive => match (studio.page.with(|page| page.card.stage), here.get()) {
            (StageState::Live | StageState::Paused, _) => {
                "You are on stage from another tab or program. Go live here to take over.".into()
            }
            (StageState::Dropped, _) => {
                "Your connection was lost, and your audience waits. Go live to come back.".into()
            }
            (_, 0) => "Not live. Doors are open; nobody is here yet.".into(),
            (_, 1) => "Not live. Doors are open; one person waits in the lobby.".into(),
            (_, here) => format!("Not live. Doors are open; {here} people wait in the lobby."),
        },
        StudioStatus::Connecting => "On the way to the stage…".into(),
        StudioStatus::Live => "You are live.".into(),
        StudioStatus::Paused => "You take a break. Your audience sees “Back in a moment”.".into(),
        StudioStatus::Reconnecting => "The connection is lost. Coming back by itself…".into(),
        StudioStatus::TakenOver => {
            "Taken over: you are on stage from another tab or machine now.".into()
        }
        StudioStatus::Ended => "The show is over.".to_string(),
    });
    let badge = move || {
        let (class, word) = match studio.status.get() {
            StudioStatus::NotLive => ("badge", "Not live"),
            StudioStatus::Connecting => ("badge", "Connecting"),
            StudioStatus::Live => ("badge live", "Live"),
            StudioStatus::Paused => ("badge", "Paused"),
            StudioStatus::Reconnecting => ("badge warn", "Reconnecting"),
            StudioStatus::TakenOver => ("badge warn", "Taken over"),
            StudioStatus::Ended => ("badge", "Ended"),
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
            (StudioStatus::NotLive, None) => {
                let left = span(starts.since(now));
                match (left.days, starts > now) {
                    (_, false) => String::new(),
                    (0, _) => format!("Starts in {}", lasted(starts.since(now))),
                    (1, _) => "Starts tomorrow".into(),
                    (days, _) => format!("Starts in {days} days"),
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

#[component]
fn Over(studio: Studio) -> impl IntoView {
    let peak = move || studio.page.with(|page| page.peak).max(studio.crowd.peak().get());
    let likes = move || studio.page.with(|page| page.likes).max(studio.crowd.likes().get());
    view! {
        <div class="studio-over panel">
            <h2>"That was it. Take a bow."</h2>
            <dl class="numbers">
                <div><dt>"at the most"</dt><dd>{move || peak().to_string()}</dd></div>
                <div><dt>"likes"</dt><dd>{move || likes().to_string()}</dd></div>
            </dl>
            <div class="row">
                <a class="button primary" href="/dashboard">"My shows"</a>
                <a class="button" href=move || studio.page.with(|page| format!("/shows/{}", page.card.id))>"The show's page"</a>
            </div>
        </div>
    }
    .into_any()
}
