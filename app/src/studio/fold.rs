//! Panel that is folded while one plays, and opens by itself when it helps.

use leptos::{html, prelude::*};

use super::{session::Studio, wellbeing::Panel};

/// A panel under its title.
#[component]
pub(super) fn Fold(
    /// The studio.
    studio: Studio,
    /// Its title.
    title: &'static str,
    /// Its name, if it helps against something.
    #[prop(optional)]
    helps: Option<Panel>,
    /// True if it is folded until somebody opens it.
    #[prop(optional)]
    folded: bool,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let needed = Memo::new(move |_| {
        let fault = studio.fault.get().and_then(|fault| fault.panel());
        helps.is_some() && fault == helps
    });
    let wanted = Memo::new(move |_| needed.get() || !(folded || studio.on_air()));
    Effect::new(move || {
        if let Some(details) = details.get() {
            details.set_open(wanted.get());
        }
    });
    view! {
        <details class="panel studio-panel" class:needed=needed open=wanted.get_untracked() node_ref=details>
            <summary><h2>{title}</h2></summary>
            <div class="studio-panel-body">{children()}</div>
        </details>
    }
    .into_any()
}
