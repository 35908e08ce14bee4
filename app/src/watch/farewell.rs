//! Farewell: what one takes along from a show, and where its artist plays next.

use std::time::Duration;

use bandstand_domain::{people::ArtistPage, shows::ShowCard};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlAnchorElement;

use super::keepsake::{self, HEIGHT, WIDTH, Words};
use crate::{
    listening::ListenElsewhere,
    people::{FollowButton, api::load_artist},
    player::WatchSession,
    t,
    ui::{LocalTime, TimeStyle, Toaster, later, later_while, local_text, modal_while},
    weave, web,
};

/// Time by which a browser has read a file that is to be saved.
const SAVED_BY: Duration = Duration::from_secs(30);

/// For who has an account: a button to follow the show's artist, and the address for players of a show that isn't
/// open to all. Comes when the page is alive.
#[component]
pub(super) fn Membership(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    later(move || membership(session))
}

#[wasm_split(farewell, wasm_split_path = ::leptos::wasm_split, fallible)]
fn membership(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let artist = RwSignal::new(None);
    // Nobody follows themselves.
    if !session.page.with_untracked(|page| page.mine) {
        ask(session, artist);
    }
    let for_members =
        Memo::new(move |_| session.page.with(|page| page.card.members_only) && !session.over.get());
    let view = view! {
        {move || followed(session, artist)}
        {later_while(for_members, move || listen_elsewhere(session))}
    };
    Ok(view.into_any())
}

/// A part that is loaded where it is needed: for shows for members.
#[wasm_split(address, wasm_split_path = ::leptos::wasm_split, fallible)]
fn listen_elsewhere(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <ListenElsewhere show=session.show/> }.into_any())
}

/// Card that one takes along: a button that opens it.
#[component]
pub(super) fn Farewell(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    later(move || farewell(session))
}

#[wasm_split(farewell, wasm_split_path = ::leptos::wasm_split, fallible)]
fn farewell(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Evening session/> }.into_any())
}

#[component]
fn Evening(session: WatchSession) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let artist = RwSignal::new(None);
    let card = session.page.with_untracked(|page| page.card.clone());
    let peak = move || session.peak().max(1);
    let among = Memo::new(move |_| t!(watch.card.among, count = peak()));
    let label = {
        let title = card.title.clone();
        move || t!(watch.card.label, among = among.get(), show = title.as_str())
    };
    let shares = RwSignal::new(false);
    let opened = RwSignal::new(false);
    let on_close = modal_while(dialog, opened.into(), move || opened.set(false));
    let open = move |_| {
        opened.set(true);
        if artist.with_untracked(Option::is_none) {
            ask(session, artist);
        }
        shares.set(web::get(&window().navigator(), "canShare").is_function());
        let words = Words {
            among: among.get_untracked(),
            day: local_text(card.starts_at, TimeStyle::Full),
            venue: window().location().host().unwrap_or_default(),
        };
        let (card, canvas) = (card.clone(), canvas.get_untracked());
        spawn_local(async move {
            if let Some(canvas) = canvas {
                // Without it the words around it are there.
                let _ = keepsake::draw(&canvas, &card, &words).await;
            }
        });
    };
    view! {
        <button class="button primary" type="button" on:click=open>{t!(watch.card.keep)}</button>
        <dialog class="keepsake" node_ref=dialog aria-label=t!(watch.card.title) on:close=on_close>
            <canvas node_ref=canvas width=WIDTH height=HEIGHT role="img" aria-label=label></canvas>
            <div class="keepsake-side">
                <h2>{t!(watch.card.title)}</h2>
                <p>{move || among.get()}</p>
                <div class="row">
                    <button class="button" type="button" on:click=move |_| keep(canvas, false)>{t!(watch.card.save)}</button>
                    <button class="button" type="button" hidden=move || !shares.get() on:click=move |_| keep(canvas, true)>{t!(watch.share)}</button>
                </div>
                {move || artist.get().map(|artist| next_show(session, &artist))}
                {move || followed(session, artist)}
                <div class="actions">
                    <button class="button primary" type="button" on:click=move |_| opened.set(false)>{t!(watch.card.close)}</button>
                </div>
            </div>
        </dialog>
    }
    .into_any()
}

/// Asks for the show's artist, with what they play next and whether one follows them.
fn ask(session: WatchSession, artist: RwSignal<Option<ArtistPage>>) {
    let handle = session.page.with_untracked(|page| page.card.artist.handle.clone());
    spawn_local(async move {
        // Without an answer nothing is offered.
        if let Ok(page) = load_artist(handle).await {
            artist.try_set(Some(page));
        }
    });
}

fn followed(session: WatchSession, artist: RwSignal<Option<ArtistPage>>) -> Option<AnyView> {
    let page = artist.get()?;
    let back = format!("/shows/{}", session.show);
    Some(view! { <FollowButton page back/> }.into_any())
}

/// The way to what the artist plays now or next.
fn next_show(session: WatchSession, artist: &ArtistPage) -> Option<AnyView> {
    let others = artist.live.iter().chain(&artist.upcoming.shows);
    let next: ShowCard = others.into_iter().find(|show| show.id != session.show)?.clone();
    let when =
        view! { <LocalTime at=next.starts_at fallback=next.starts_text style=TimeStyle::Full/> };
    let title = view! { <a href=format!("/shows/{}", next.id)>{next.title}</a> };
    let name = artist.artist.stage_name.clone();
    Some(
        view! { <p>{weave!(watch.card.next, artist = name, show = title, when = when)}</p> }
            .into_any(),
    )
}

/// Gives the picture out: to another program by `share`, else as a file.
fn keep(canvas: NodeRef<html::Canvas>, share: bool) {
    let toaster = Toaster::expect();
    let Some(canvas) = canvas.get_untracked() else { return };
    spawn_local(async move {
        let kept = match keepsake::file(&canvas, "bandstand.png").await {
            Ok(file) if share => shared(&file).await,
            Ok(file) => saved(&file),
            Err(error) => Err(error),
        };
        if kept.is_err() {
            toaster.say(t!(watch.card.not_kept));
        }
    });
}

async fn shared(file: &JsValue) -> Result<(), JsValue> {
    let files = js_sys::Array::of1(file);
    web::share(&web::object([("files", files.into())])).await
}

fn saved(file: &JsValue) -> Result<(), JsValue> {
    let urls = web::get(&window(), "URL");
    let address = web::call_now(&urls, "createObjectURL", std::slice::from_ref(file))?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address.as_string().unwrap_or_default());
    link.set_download("bandstand.png");
    link.click();
    // Some browsers read it only now.
    let revoke = move || drop(web::call_now(&urls, "revokeObjectURL", &[address]));
    set_timeout(revoke, SAVED_BY);
    Ok(())
}
