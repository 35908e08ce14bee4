//! The studio once its show is over.

use bandstand_domain::Millis;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{now_playing::figures, questions::Reopening, session::Studio};
use crate::{stage::encore::EncoreEnd, t, ui::later, weave};

/// Content of the studio after the show. Comes with the panels: a studio is alive without it.
#[wasm_split(panels, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn after_show(
    studio: Studio,
    encore: Memo<Option<Millis>>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Over studio encore/> }.into_any())
}

#[component]
fn Over(studio: Studio, encore: Memo<Option<Millis>>) -> impl IntoView {
    let peak = move || studio.page.with(|page| page.peak).max(studio.crowd.peak().get());
    let likes = move || studio.page.with(|page| page.likes).max(studio.crowd.likes().get());
    let page = studio.page.with_untracked(|page| format!("/shows/{}", page.card.id));
    view! {
            <h2>{t!(studio.take_a_bow)}</h2>
            <p role="status">
                {move || match encore.get() {
                    Some(until) => {
                        weave!(studio.encore, time = view! { <EncoreEnd until/> }).into_any()
                    }
                    None => t!(watch.lights_on).into_any(),
                }}
            </p>
            <p>{move || t!(watch.fullest, count = peak())} " · " {move || t!(watch.hearts, count = likes())}</p>
            {later(move || figures(studio))}
            <Reopening studio/>
            <div class="row">
                <a class="button primary" href=format!("{page}/recording")>{t!(studio.see_recording)}</a>
                <a class="button" href="/dashboard">{t!(app.my_shows)}</a>
                <a class="button" href=page>{t!(studio.shows_page)}</a>
            </div>
    }
    .into_any()
}
