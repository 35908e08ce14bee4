//! A show on its own page, from poster to thank-you.

use bandstand_domain::{
    Refusal, ShowId,
    accounts::Viewer,
    shows::{ShowError, ShowPage, ShowReason},
};
use futures::future::join;
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use super::{
    scene::Scene,
    show_about::{About, Heading},
    show_side::Side,
    visit::Visit,
    why::WhyBad,
};
use crate::{accounts::api::load_viewer, failure::Failed, shows::api::load_show, ui::NotFound};

/// The show that the address names.
fn show_in_address() -> Memo<Option<ShowId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok())))
}

/// The show that the address names, and who looks at it.
///
/// The viewer is asked for here once more, instead of reading the page's own: a guest who comes in
/// becomes another viewer, and that must not make the page anew.
pub(super) type Loaded = Resource<(Option<Viewer>, Result<ShowPage, Failed<ShowReason>>)>;

/// Loads the show that the address names.
pub(super) fn load_from_address() -> Loaded {
    let id = show_in_address();
    Resource::new(
        move || id.get(),
        |id| async move {
            let Some(id) = id else { return (None, Err(Failed(Refusal::NotFound))) };
            let (viewer, show) = join(load_viewer(), load_show(id)).await;
            (viewer.ok().flatten(), show)
        },
    )
}

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
    let status = why.status();
    view! { <NotFound title text status/> }
}
