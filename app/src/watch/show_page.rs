//! Page of a show, from poster to thank-you.

use crate::t;
use bandstand_domain::{Refusal, ShowId};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use super::{
    about::{About, Heading},
    arrangement::Arrangement,
    quality_report::QualityReport,
    scene::Scene,
    sidebar::Sidebar,
    tracklist::Tracklist,
};
use crate::{
    failure::Failed,
    player::{Dock, WatchSession, mini_player},
    stage::load::{Absent, load, show_in_address},
};

/// A show on its own page: countdown, lobby, stage, crowd and chat.
#[component]
pub fn ShowPageView() -> impl IntoView {
    let show = show_in_address();
    move || {
        let show = show.get();
        match show.and_then(|show| Dock::expect().take(show)) {
            Some(session) => view! { <PresentView session/> }.into_any(),
            None => view! { <Arriving show/> }.into_any(),
        }
    }
}

/// A show that isn't in the dock.
#[component]
fn Arriving(show: Option<ShowId>) -> impl IntoView {
    let loaded = load(move || show);
    view! {
        <Suspense fallback=|| view! { <p class="waiting">{t!(watch.finding)}</p> }>
            {move || {
                loaded.get().map(|loaded| match loaded {
                    (viewer, Ok(page)) => {
                        let begin = || WatchSession::new(page, viewer.as_ref());
                        view! { <PresentView session=Dock::expect().begin(mini_player, begin)/> }.into_any()
                    }
                    (_, Err(Failed(why))) => view! { <Absent why/> }.into_any(),
                })
            }}
        </Suspense>
    }
    .into_any()
}

#[component]
fn PresentView(session: WatchSession) -> impl IntoView {
    let dock = Dock::expect();
    on_cleanup(move || dock.part(session));
    let page = session.page;
    let arranged = Arrangement::new();
    let title =
        move || page.with(|it| format!("{} – {}", it.card.title, it.card.artist.stage_name));
    let summary = page.with_untracked(|it| it.description.chars().take(200).collect::<String>());
    view! {
        <Title text=title/>
        <Meta name="description" content=summary/>
        {move || {
            if session.gone.get() {
                return view! { <Absent why=Refusal::Gone/> }.into_any();
            }
            view! {
                <article data-stage=move || stage_name(session)>
                    <div
                        class="show"
                        data-inside=move || session.inside().then_some("")
                        data-chat=move || arranged.chat.get().then_some("")
                        data-filled=move || arranged.filled.get().then_some("")
                    >
                        <Heading session/>
                        <Scene session arranged/>
                        <Sidebar session arranged/>
                    </div>
                    <QualityReport session/>
                    <About session/>
                    <Tracklist session/>
                </article>
            }
            .into_any()
        }}
    }
    .into_any()
}

/// Name of the stage's state in the style sheet.
fn stage_name(session: WatchSession) -> &'static str {
    use bandstand_domain::stage::StageState::*;
    match session.stage.get() {
        Empty => "empty",
        Live => "live",
        Paused => "paused",
        Dropped => "dropped",
        Ended => "ended",
    }
}
