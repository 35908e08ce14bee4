//! The show that an address names, for its page and its studio.

use crate::{failure::Failed, shows::api::load_show, t, ui::NotFound, viewer::api::load_viewer};
use bandstand_domain::{
    Refusal, ShowId,
    accounts::Viewer,
    shows::{ShowError, ShowPage, ShowReason},
};
use futures::future::join;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The show that the address names.
pub fn show_in_address() -> Memo<Option<ShowId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok())))
}

/// The show that the address names, and who looks at it.
///
/// The viewer is asked for here once more, instead of reading the page's own: a guest who comes in
/// becomes another viewer, and that must not make the page anew.
pub type Loaded = Resource<(Option<Viewer>, Result<ShowPage, Failed<ShowReason>>)>;

/// Loads the show that the address names.
pub fn load_from_address() -> Loaded {
    let id = show_in_address();
    load(move || id.get())
}

/// Loads the show `id`.
pub fn load(id: impl Fn() -> Option<ShowId> + Send + Sync + 'static) -> Loaded {
    Resource::new(id, |id| async move {
        let Some(id) = id else { return (None, Err(Failed(Refusal::NotFound))) };
        let (viewer, show) = join(load_viewer(), load_show(id)).await;
        (viewer.ok().flatten(), show)
    })
}

/// No show, and what to do instead.
#[component]
pub fn Absent(
    /// Refusal by the server.
    why: ShowError,
) -> impl IntoView {
    let (title, text) = match why {
        Refusal::Gone => (t!(stage.taken_down), t!(stage.taken_down_why)),
        Refusal::NotFound => (t!(stage.no_show), t!(stage.no_show_why)),
        Refusal::Forbidden => (t!(stage.not_yours), t!(stage.not_yours_why)),
        Refusal::Unreachable => (t!(stage.unreachable), t!(stage.unreachable_why)),
        _ => (t!(stage.broken), t!(stage.broken_why)),
    };
    let status = why.status();
    view! { <NotFound title text status/> }
}
