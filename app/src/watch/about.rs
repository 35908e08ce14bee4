//! Description of a show: title, artist, numbers, text.

use crate::t;
use bandstand_domain::stage::StageState;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::farewell::Membership;
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
    // Its place is kept until somebody is: the title beside it would be wrapped anew.
    let unknown = move || (here() == 0 || session.over.get()).then_some("");
    let likes = move || session.likes();
    let when = move || {
        let (starts, ends, text) = page.with(|page| {
            let card = &page.card;
            (card.starts_at, card.ends_at, card.starts_text.clone())
        });
        view! {
            <LocalTime at=starts fallback=text style=TimeStyle::Full/>
            <span class="until">" – " <LocalTime at=ends fallback=t!(watch.later) style=TimeStyle::Time/></span>
        }
    };
    view! {
        <header class="show-head">
            <div class="show-title">
                <h1 dir="auto">{move || page.with(|page| page.card.title.clone())}</h1>
                <p class="soft">
                    <a class="artist" href=move || page.with(|page| format!("/artists/{}", page.card.artist.handle))>
                        {move || page.with(|page| page.card.artist.stage_name.clone())}
                    </a>
                    " · " {genres} " · " {when}
                </p>
            </div>
            <div class="show-numbers">
                <span class="badge here" data-unknown=unknown>
                    {move || t!(watch.here, count = here())}
                </span>
                // Who is in finds it beside the heart that they give.
                <span class="badge" hidden=move || likes() == 0 || session.inside() && !session.over.get()>
                    {move || t!(watch.hearts, count = likes())}
                </span>
                <ShareButton session/>
                <Show when=move || page.with(|page| page.mine)>
                    <a class="button" href=move || page.with(|page| format!("/shows/{}/studio", page.card.id))>{t!(watch.studio)}</a>
                </Show>
            </div>
        </header>
    }
    .into_any()
}

/// The artist's text, and the ways to hear of what they play, and it.
#[component]
pub(super) fn About(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let page = session.page;
    let ahead = move || session.stage.get() == StageState::Empty && !session.over.get();
    let follow = if session.guest {
        let artist = page.with_untracked(|page| page.card.artist.stage_name.clone());
        let log_in = format!("/log-in?next=/shows/{}", session.show);
        view! { <a class="button" href=log_in title=t!(people.follow.needs_account)>{t!(watch.follow, artist = artist)}</a> }
        .into_any()
    } else {
        view! { <Membership session/> }.into_any()
    };
    view! {
        <section class="show-about" aria-label=t!(watch.about_the_show)>
            <p class="description" dir="auto" hidden=move || page.with(|page| page.description.is_empty())>
                {move || page.with(|page| linked(&page.description))}
            </p>
            // Filled by a replay that has some.
            <div class="show-links"></div>
            <div class="row">
                {follow}
                <a class="button" href=format!("/shows/{}/calendar.ics", session.show) rel="external" hidden=move || !ahead()>
                    {t!(watch.calendar)}
                </a>
            </div>
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
            let what = web::object([
                ("title", JsValue::from_str(&title)),
                ("url", JsValue::from_str(&address)),
            ]);
            if web::share(&what).await.is_ok() {
                return;
            }
            match web::copy(&address).await {
                Ok(()) => toaster.say(t!(watch.link_copied)),
                Err(_) => toaster.say(t!(watch.share_address, address = address.as_str())),
            }
        });
    };
    view! { <button class="button" type="button" on:click=share>{t!(watch.share)}</button> }
}
