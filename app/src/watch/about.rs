//! Description of a show: title, artist, numbers, text.

use crate::t;
use bandstand_domain::stage::StageState;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use crate::{
    player::WatchSession,
    ui::{LocalTime, TimeStyle, Toaster, linked},
    web,
};

/// Title, artist and numbers.
#[component]
pub(super) fn Heading(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let page = session.page;
    let genres = move || {
        page.with(|page| {
            page.card.genres.iter().map(crate::texts::told).collect::<Vec<_>>().join(" · ")
        })
    };
    let here = move || session.crowd.count().get();
    let likes = move || page.with(|page| page.likes).max(session.crowd.likes().get());
    let when = move || {
        let (starts, ends, text) = page.with(|page| {
            let card = &page.card;
            (card.starts_at, card.ends_at, card.starts_text.clone())
        });
        view! {
            <LocalTime at=starts fallback=text style=TimeStyle::Full/>
            " – "
            <LocalTime at=ends fallback=t!(watch.later) style=TimeStyle::Time/>
        }
    };
    view! {
        <header class="show-head">
            <div class="show-title">
                <h1>{move || page.with(|page| page.card.title.clone())}</h1>
                <p class="soft">
                    <a class="artist" href=move || page.with(|page| format!("/artists/{}", page.card.artist.handle))>
                        {move || page.with(|page| page.card.artist.stage_name.clone())}
                    </a>
                    " · " {genres} " · " {when}
                </p>
            </div>
            <div class="show-numbers">
                <span class="badge" hidden=move || !session.inside() || session.stage.get() == StageState::Ended>
                    {move || t!(watch.here, count = here())}
                </span>
                <span class="badge">"♥ " {move || likes().to_string()} <span class="unseen">" " {t!(watch.likes)}</span></span>
                <ShareButton session/>
                <Show when=move || page.with(|page| page.mine)>
                    <a class="button" href=move || page.with(|page| format!("/shows/{}/studio", page.card.id))>{t!(watch.studio)}</a>
                </Show>
            </div>
        </header>
    }
    .into_any()
}

/// The artist's text.
#[component]
pub(super) fn About(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let page = session.page;
    view! {
        <section class="show-about" aria-label=t!(watch.about_the_show) hidden=move || page.with(|page| page.description.is_empty())>
            <p class="description">{move || page.with(|page| linked(&page.description))}</p>
        </section>
    }
    .into_any()
}

#[component]
fn ShareButton(session: WatchSession) -> impl IntoView {
    let toaster = Toaster::expect();
    let share = move |_| {
        let Ok(address) = window().location().href() else { return };
        let title = session.page.with_untracked(|page| page.card.title.clone());
        spawn_local(async move {
            let navigator = window().navigator();
            let what = web::object([
                ("title", JsValue::from_str(&title)),
                ("url", JsValue::from_str(&address)),
            ]);
            match web::call(&navigator, "share", &[what]).await {
                Ok(_) => return,
                // Closing the share sheet is no failure.
                Err(error) if web::error_name(&error) == "AbortError" => return,
                Err(_) => {}
            }
            let clipboard = web::get(&navigator, "clipboard");
            match web::call(&clipboard, "writeText", &[JsValue::from_str(&address)]).await {
                Ok(_) => toaster.say(t!(watch.link_copied)),
                Err(_) => toaster.say(t!(watch.share_address, address = address.as_str())),
            }
        });
    };
    view! { <button class="button" type="button" on:click=share>{t!(watch.share)}</button> }
}
