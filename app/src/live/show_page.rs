//! A show on its own page, from poster to thank-you.

use bandstand_domain::{Refusal, ShowId, shows::ShowError};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use super::{
    scene::Scene,
    show_about::{About, Heading},
    show_side::Side,
    visit::Visit,
};
use crate::{accounts::CurrentViewer, failure::Failed, shows::api::load_show};

/// The show that the address names.
pub(super) fn show_in_address() -> Memo<Option<ShowId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok())))
}

/// A show on its own page: countdown, lobby, stage, crowd and chat.
#[component]
pub fn ShowPageView() -> impl IntoView {
    let id = show_in_address();
    let loaded = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => load_show(id).await,
                None => Err(Failed(Refusal::NotFound)),
            }
        },
    );
    let viewer = CurrentViewer::expect();
    view! {
        <Suspense fallback=|| view! { <p class="waiting">"Finding the show…"</p> }>
            {move || Suspend::new(async move {
                let known = viewer.0.await.is_ok_and(|viewer| viewer.is_some());
                match loaded.await {
                    Ok(page) => view! { <Present visit=Visit::new(page, known)/> }.into_any(),
                    Err(Failed(why)) => view! { <Absent why/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Present(visit: Visit) -> impl IntoView {
    let page = visit.page;
    let title =
        move || page.with(|it| format!("{} – {}", it.card.title, it.card.artist.stage_name));
    let summary = page.with_untracked(|it| it.description.chars().take(200).collect::<String>());
    view! {
        <Title text=title/>
        <Meta name="description" content=summary/>
        <Show when=move || !visit.gone.get() fallback=|| view! { <Absent why=Refusal::Gone/> }>
            <article class="show" data-stage=move || stage_name(visit)>
                <Heading visit/>
                <Scene visit/>
                <Side visit/>
                <About visit/>
            </article>
        </Show>
    }
}

/// How the style sheet calls what happens on stage.
fn stage_name(visit: Visit) -> &'static str {
    use bandstand_domain::live::StageState::*;
    match visit.stage.get() {
        Empty => "empty",
        Live => "live",
        Paused => "paused",
        Dropped => "dropped",
        Ended => "ended",
    }
}

/// No show, and what to do instead.
#[component]
pub(super) fn Absent(
    /// Why there is none.
    why: ShowError,
) -> impl IntoView {
    let (title, text) = match why {
        Refusal::Gone => (
            "This show was taken down",
            "The artist has deleted it. The address stays empty, so nobody ends up at the wrong show.",
        ),
        Refusal::NotFound => (
            "No show here",
            "Nothing was ever announced at this address. Perhaps a letter got lost on the way?",
        ),
        Refusal::Forbidden => (
            "That stage isn't yours",
            "Only the artist who announced the show can walk onto its stage.",
        ),
        Refusal::Unreachable => {
            ("The venue can't be reached", "Check that you are online, then load the page again.")
        }
        _ => ("Something broke on our side", "Load the page again in a moment."),
    };
    // The server says so with its status too, except for an address that names nothing at all.
    #[cfg(feature = "ssr")]
    if let Some(answer) = use_context::<std::sync::Arc<dyn crate::port::Answer>>() {
        answer.refuse(why.status(), None);
    }
    view! {
        <Title text=title/>
        <div class="page narrow absent">
            <div class="empty">
                <h1>{title}</h1>
                <p>{text}</p>
                <a class="button primary" href="/">"See what's on"</a>
            </div>
        </div>
    }
}
