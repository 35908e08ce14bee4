//! Title, description and status of a page.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::t;

/// A page's title and description.
#[component]
pub fn About(
    /// Without the venue's name, which follows by itself; empty on the first page.
    #[prop(into)]
    title: String,
    /// A sentence for search engines and shared links.
    #[prop(into)]
    description: String,
) -> impl IntoView {
    view! {
        <Title text=title/>
        <Meta name="description" content=description/>
    }
    .into_any()
}

/// Sets the HTTP status of the page that is being rendered; does nothing in the browser.
pub fn page_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(answer) = use_context::<std::sync::Arc<dyn crate::port::Answer>>() {
        answer.refuse(status, None);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}

/// A page that isn't there: says so, also by its status, and where to go instead.
#[component]
pub fn NotFound(
    /// Title.
    #[prop(default = t!(ui.not_found))]
    title: &'static str,
    /// Reason, and what to do.
    #[prop(default = t!(ui.not_found_why))]
    text: &'static str,
    /// 404, or 410 for what was there and is gone.
    #[prop(default = 404)]
    status: u16,
) -> impl IntoView {
    page_status(status);
    view! {
        <About title description=text/>
        <section class="page narrow aside-page">
            <h1>{title}</h1>
            <p class="lead">{text}</p>
            <a class="button primary big" href="/">{t!(ui.see_whats_on)}</a>
        </section>
    }
    .into_any()
}
