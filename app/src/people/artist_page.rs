//! Page of an artist: profile and all their shows.

use bandstand_domain::{
    Refusal,
    channel::Event,
    people::{ArtistPage, PeopleError},
    shows::{Section, ShowEvent},
};
use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};
use leptos_router::hooks::use_params_map;

use super::{Portrait, api::load_artist, follow_button::FollowButton};
use crate::{
    failure::Failed,
    shows::{Wall, keep_current, state::WhatsOnState},
    t,
    texts::told,
    ui::{NotFound, linked},
    viewer::Onward,
};

/// Media type of a podcast.
const FEED: &str = "application/rss+xml";

/// The page of the artist whom the address names. An address with a handle that the artist had before
/// leads on to the present one.
#[component]
pub fn ArtistPageView() -> impl IntoView {
    let params = use_params_map();
    let handle = Memo::new(move |_| params.with(|params| params.get("handle").unwrap_or_default()));
    let loaded = Resource::new(
        move || handle.get(),
        |handle| async move { (handle.clone(), load_artist(handle).await) },
    );
    let again = Callback::new(move |()| loaded.refetch());
    let page = move || {
        Some(match loaded.get()? {
            (asked, Ok(page)) if asked != page.artist.handle => {
                view! { <Onward to=format!("/artists/{}", page.artist.handle)/> }.into_any()
            }
            (_, Ok(page)) => view! { <PresentView page again/> }.into_any(),
            (_, Err(Failed(why))) => view! { <Absent why again/> }.into_any(),
        })
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(people.artist_page.loading)}</p> }>{page}</Transition> }.into_any()
}

#[component]
fn Absent(why: PeopleError, again: Callback<()>) -> impl IntoView {
    if matches!(why, Refusal::NotFound | Refusal::Gone) {
        return view! {
            <NotFound title=t!(people.artist_page.not_found) text=t!(people.artist_page.not_found_why) status=why.status()/>
        }
        .into_any();
    }
    view! {
        <div class="page narrow aside-page">
            <h1>{t!(people.artist_page.unreadable)}</h1>
            <p class="lead">{why.to_string()}</p>
            <button class="button primary" type="button" on:click=move |_| again.run(())>{t!(ui.try_again)}</button>
        </div>
    }
    .into_any()
}

#[component]
fn PresentView(page: ArtistPage, again: Callback<()>) -> impl IntoView {
    let name = page.artist.stage_name.clone();
    let genres = page.genres.iter().map(told).collect::<Vec<_>>().join(" · ");
    let about = page.about.clone();
    let website = page.website.clone().map(|address| {
        let shown = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let shown = shown.trim_end_matches('/').to_owned();
        view! { <p><a href=address rel="me noopener nofollow ugc" target="_blank">{shown}</a></p> }
    });
    view! {
        <About page=page.clone()/>
        <article class="page artist-page">
            <header>
                <Portrait picture=page.picture.clone() name=name.clone() large=true/>
                <div class="stack">
                    <h1 dir="auto">{name}</h1>
                    <p class="soft">"@" {page.artist.handle.clone()} " · " {genres}</p>
                    {(!about.is_empty()).then(|| view! { <p class="description" dir="auto">{linked(&about)}</p> })}
                    {website}
                    {page.podcast.then(|| view! {
                        <p><a href=feed_of(&page) rel="external" type=FEED>{t!(people.artist_page.podcast)}</a></p>
                    })}
                    <FollowButton page=page.clone() back=format!("/artists/{}", page.artist.handle)/>
                </div>
            </header>
            <Shows page again/>
        </article>
    }
    .into_any()
}

/// Address of an artist's podcast.
fn feed_of(page: &ArtistPage) -> String {
    format!("/artists/{}/podcast.xml", page.artist.handle)
}

/// Metadata for search engines and shared links.
#[component]
fn About(page: ArtistPage) -> impl IntoView {
    let podcast = page.podcast.then(|| {
        view! { <Link rel="alternate" type_=FEED title=page.artist.stage_name.clone() href=feed_of(&page)/> }
    });
    let name = page.artist.stage_name;
    let summary = if page.about.is_empty() {
        t!(people.artist_page.summary, name = &name)
    } else {
        page.about.chars().take(200).collect()
    };
    let origin = page.address.split("/artists/").next().unwrap_or_default().to_owned();
    let image = page.picture.map(|picture| {
        view! { <Meta property="og:image" content=origin + &picture.large()/> }
    });
    view! {
        <Title text=name.clone()/>
        <Meta name="description" content=summary.clone()/>
        <Link rel="canonical" href=page.address.clone()/>
        <Meta property="og:type" content="profile"/>
        <Meta property="og:title" content=name/>
        <Meta property="og:description" content=summary/>
        <Meta property="og:url" content=page.address/>
        {image}
        {podcast}
    }
    .into_any()
}

/// All shows, as they change.
#[component]
fn Shows(page: ArtistPage, again: Callback<()>) -> impl IntoView {
    let (handle, cursor) = (page.artist.handle, page.cursor);
    let state =
        RwSignal::new(WhatsOnState { live: page.live, upcoming: page.upcoming, past: page.past });
    Effect::new(move || {
        let handle = handle.clone();
        let own = move |event: &Event| match event {
            Event::Show(ShowEvent::Changed { show, .. }) => show.artist.handle == handle,
            _ => true,
        };
        keep_current(state, cursor, own, again);
    });
    let nothing = move || state.with(|state| state.all().next().is_none());
    view! {
        <div class="programme">
            <Wall title=Signal::derive(|| t!(shows.wall.on_stage_now)) section=Section::Live shows=Signal::derive(move || state.with(|it| it.live.clone()))/>
            <Wall title=Signal::derive(|| t!(shows.wall.coming_up)) section=Section::Upcoming shows=Signal::derive(move || state.with(|it| it.upcoming.shows.clone()))/>
            <Wall title=Signal::derive(|| t!(shows.wall.past)) section=Section::Past shows=Signal::derive(move || state.with(|it| it.past.shows.clone()))/>
            <Show when=nothing>
                <div class="empty">
                    <h2>{t!(people.artist_page.nothing)}</h2>
                    <p>{t!(people.artist_page.nothing_why)}</p>
                </div>
            </Show>
        </div>
    }
    .into_any()
}
