//! A show on its own page, from poster to thank-you.

use bandstand_domain::Refusal;
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use super::{
    about::{About, Heading},
    quality_report::WhyBad,
    scene::Scene,
    session::Visit,
    sidebar::Side,
};
use crate::{
    failure::Failed,
    stage::load::{Absent, load_from_address},
};

/// A show on its own page: countdown, lobby, stage, crowd and chat.
#[component]
pub fn ShowPageView() -> impl IntoView {
    let loaded = load_from_address();
    view! {
        <Suspense fallback=|| view! { <p class="waiting">"Finding the show…"</p> }>
            {move || {
                loaded.get().map(|loaded| match loaded {
                    (viewer, Ok(page)) => {
                        view! { <PresentView visit=Visit::new(page, viewer.as_ref())/> }.into_any()
                    }
                    (_, Err(Failed(why))) => view! { <Absent why/> }.into_any(),
                })
            }}
        </Suspense>
    }
    .into_any()
}

#[component]
fn PresentView(visit: Visit) -> impl IntoView {
    let page = visit.page;
    let title =
        move || page.with(|it| format!("{} – {}", it.card.title, it.card.artist.stage_name));
    let summary = page.with_untracked(|it| it.description.chars().take(200).collect::<String>());
    view! {
        <Title text=title/>
        <Meta name="description" content=summary/>
        {move || {
            if visit.gone.get() {
                return view! { <Absent why=Refusal::Gone/> }.into_any();
            }
            view! {
                <article data-stage=move || stage_name(visit)>
                    <div class="show" data-inside=move || visit.inside().then_some("")>
                        <Heading visit/>
                        <Scene visit/>
                        <Side visit/>
                    </div>
                    <WhyBad visit/>
                    <About visit/>
                </article>
            }
            .into_any()
        }}
    }
    .into_any()
}

/// How the style sheet calls what happens on stage.
fn stage_name(visit: Visit) -> &'static str {
    use bandstand_domain::stage::StageState::*;
    match visit.stage.get() {
        Empty => "empty",
        Live => "live",
        Paused => "paused",
        Dropped => "dropped",
        Ended => "ended",
    }
}
