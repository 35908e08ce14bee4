//! Dashboard: an artist's own shows.

use bandstand_domain::{
    ShowId,
    accounts::{Role, Viewer},
    shows::{Section, ShowCard, ShowList},
    stage::StageState,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{announced::Announced, api::load_my_shows, poster::PosterArt};
use crate::{
    t,
    ui::{About, LocalTime, TimeStyle, now},
    viewer::{AccountNeeded, Unconfirmed},
};

/// An artist's own shows.
#[component]
pub fn DashboardPage() -> impl IntoView {
    view! {
        <About title=t!(app.my_shows) description=t!(shows.dashboard.about)/>
        <AccountNeeded children=Callback::new(|viewer: Viewer| artists_only(viewer, || view! { <MyShows/> }.into_any()))/>
    }
    .into_any()
}

/// `page` for artists, a friendly word to others.
pub(crate) fn artists_only(viewer: Viewer, page: impl FnOnce() -> AnyView) -> AnyView {
    if viewer.role == Role::Artist {
        return page();
    }
    view! {
        <section class="page narrow aside-page">
            <h1>{t!(shows.dashboard.artists_only)}</h1>
            <p class="lead">
                {t!(shows.dashboard.artists_only_why, name = viewer.name)}
            </p>
            <a class="button primary big" href="/">{t!(ui.see_whats_on)}</a>
        </section>
    }
    .into_any()
}

#[component]
fn MyShows() -> impl IntoView {
    let shows = Resource::new(|| (), |()| load_my_shows());
    let query = use_query_map();
    let announced = move || query.with(|query| query.get_str("announced")?.parse::<ShowId>().ok());
    let list = move || {
        Some(match shows.get()? {
            Ok(list) if list.shows.is_empty() => view! { <NoShows/> }.into_any(),
            Ok(list) => {
                let announced = announced();
                let new = list.shows.iter().find(|show| Some(show.id) == announced).cloned();
                let new = new.map(|show| view! { <Announced show/> });
                view! { {new} <Lists list/> }.into_any()
            }
            Err(refused) => view! {
                <p class="notice bad">
                    {refused.to_string()}
                    <button class="button" type="button" on:click=move |_| shows.refetch()>{t!(ui.try_again)}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page dashboard">
            <div class="head">
                <h1>{t!(app.my_shows)}</h1>
                <div class="row">
                    <a class="button" href="/recordings">{t!(archive.recordings)}</a>
                    <a class="button primary" href="/shows/new">{t!(shows.dashboard.new_show)}</a>
                </div>
            </div>
            <Unconfirmed/>
            <Transition fallback=|| view! { <p class="waiting">{t!(shows.dashboard.loading)}</p> }>{list}</Transition>
        </section>
    }
    .into_any()
}

#[component]
fn NoShows() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>{t!(shows.dashboard.empty)}</h2>
            <p>{t!(shows.dashboard.empty_why)}</p>
            <a class="button primary big" href="/shows/new">{t!(shows.announce)}</a>
        </div>
    }
    .into_any()
}

/// Lists of upcoming and past shows.
#[component]
fn Lists(list: ShowList) -> impl IntoView {
    // Until the page is alive it has no clock: a show that nobody came to play looks announced.
    let clock = RwSignal::new(None);
    Effect::new(move || clock.set(Some(now())));
    move || {
        let is_over =
            |show: &ShowCard| show.section(clock.get().unwrap_or(show.starts_at)) == Section::Past;
        let (past, ahead): (Vec<_>, Vec<_>) = list.shows.iter().cloned().partition(is_over);
        let rows = |shows: Vec<ShowCard>, over: bool| {
            shows.into_iter().map(|show| view! { <Row show over/> }).collect_view()
        };
        view! {
            {(!ahead.is_empty()).then(|| view! { <h2 class="unseen">{t!(shows.wall.coming_up)}</h2> <ul role="list">{rows(ahead, false)}</ul> })}
            {(!past.is_empty()).then(|| view! { <h2>{t!(shows.over)}</h2> <ul role="list">{rows(past, true)}</ul> })}
        }
    }
}

#[component]
fn Row(show: ShowCard, over: bool) -> impl IntoView {
    let status = match show.stage {
        // What is over stands under that title.
        StageState::Empty | StageState::Ended if over => None,
        StageState::Empty => Some(("badge", t!(shows.dashboard.announced))),
        StageState::Live => Some(("badge live", t!(shows.live))),
        StageState::Paused => Some(("badge live", t!(shows.taking_a_break))),
        StageState::Dropped => Some(("badge", t!(shows.dashboard.connection_lost))),
        StageState::Ended => Some(("badge", t!(shows.over))),
    };
    let members = show.members_only.then_some(("badge", t!(shows.members)));
    let badges: Vec<_> = status.into_iter().chain(members).collect();
    let badges = (!badges.is_empty()).then(|| {
        let badges =
            badges.into_iter().map(|(class, text)| view! { <span class=class>{text}</span> });
        view! { <p class="badges">{badges.collect_view()}</p> }
    });
    let was_live = show.stage == StageState::Ended;
    let page = format!("/shows/{}", show.id);
    let art = show.clone();
    view! {
        <li class:over=over>
            <div class="thumb"><PosterArt show=art/></div>
            <div class="what">
                {badges}
                <h3><a href=page.clone()>{show.title}</a></h3>
                <p class="soft small"><LocalTime at=show.starts_at fallback=show.starts_text style=TimeStyle::Full/></p>
            </div>
            <div class="acts">
                {(!over).then(|| view! { <a class="button primary" href=format!("{page}/studio")>{t!(shows.dashboard.studio)}</a> })}
                {was_live.then(|| view! { <a class="button" href=format!("{page}/recording")>{t!(archive.recording)}</a> })}
                <a class="button" href=format!("{page}/edit")>{t!(shows.dashboard.edit)}</a>
                <a class="button" href=page.clone()>{t!(shows.dashboard.page)}</a>
            </div>
        </li>
    }
    .into_any()
}
