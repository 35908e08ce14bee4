//! Page of what's on: live, upcoming, past.

use std::time::Duration;

use bandstand_domain::{
    Millis,
    channel::{Cursor, Event, Topic},
    shows::{Section, ShowCard},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    api::{load_more_shows, load_whats_on},
    hero::Hero,
    memory::ListMemory,
    poster_card::Poster,
    state::WhatsOnState,
};
use crate::{
    channel::{Channel, Incoming},
    t,
    texts::told,
    ui::{About, Days, Toaster, every, now},
};

/// Interval at which a page looks at the clock.
const CLOCK: Duration = Duration::from_secs(15);

/// Lists of shows: live, upcoming, past.
#[component]
pub fn WhatsOnPage() -> impl IntoView {
    // Who comes back finds the list as they left it.
    let kept = RwSignal::new(ListMemory::expect().take());
    view! {
        <About title="" description=t!(shows.whats_on_page.about)/>
        {move || match kept.get() {
            Some((first, cursor)) => {
                let again = Callback::new(move |()| kept.set(None));
                view! { <Programme first cursor at=now() again/> }.into_any()
            }
            None => view! { <Loaded/> }.into_any(),
        }}
    }
    .into_any()
}

/// The list as the server has it.
#[component]
fn Loaded() -> impl IntoView {
    let list = Resource::new(|| (), |()| load_whats_on());
    let page = move || {
        Some(match list.get()? {
            Ok(first) => {
                let (cursor, at) = (first.cursor, first.now);
                let again = Callback::new(move |()| list.refetch());
                view! { <Programme first=first.into() cursor at again/> }.into_any()
            }
            Err(refused) => view! {
                <div class="page narrow aside-page">
                    <h1>{t!(shows.whats_on_page.unreadable)}</h1>
                    <p class="lead">{refused.to_string()}</p>
                    <button class="button primary" type="button" on:click=move |_| list.refetch()>{t!(ui.try_again)}</button>
                </div>
            }
            .into_any(),
        })
    };
    view! {
        <Transition fallback=|| view! { <p class="waiting">{t!(shows.whats_on_page.loading)}</p> }>{page}</Transition>
    }
    .into_any()
}

/// The programme, which changes by itself.
#[component]
fn Programme(
    first: WhatsOnState,
    cursor: Cursor,
    /// The time at which the list was as it is.
    at: Millis,
    again: Callback<()>,
) -> impl IntoView {
    let state = RwSignal::new(first);
    let clock = RwSignal::new(at);
    ListMemory::expect().keep(state, cursor);
    // The visitor's days, once the page is alive: the server doesn't know their zone.
    let days = RwSignal::new(None::<Days>);
    Effect::new(move || {
        days.set(Some(Days::current()));
        clock.set(now());
        keep_current(state, cursor, |_| true, again);
        every(CLOCK, move || {
            clock.set(now());
            let today = Some(Days::current());
            if days.get_untracked() != today {
                days.set(today);
            }
        });
    });

    let query = use_query_map();
    let genre = Memo::new(move |_| query.with(|query| query.get("genre")));
    let fits = move |show: &ShowCard| {
        genre.with(|genre| {
            genre.as_ref().is_none_or(|wanted| show.genres.iter().any(|genre| genre.0 == *wanted))
        })
    };
    let first = Memo::new(move |_| {
        let now = clock.get();
        state.with(|state| state.first(now).map(|show| (show.clone(), show.starts_at <= now)))
    });
    // What the page opens with doesn't hang there twice, unless the wall is about something else.
    let opens = Memo::new(move |_| first.with(|first| first.as_ref().map(|(show, _)| show.id)));
    let taken_down = move || opens.get().filter(|_| genre.with(Option::is_none));
    let pick = move |from: fn(&WhatsOnState) -> &[ShowCard],
                     within: fn(Option<Days>, Millis) -> bool| {
        Signal::derive(move || {
            let (days, taken_down) = (days.get(), taken_down());
            state.with(|state| {
                from(state)
                    .iter()
                    .filter(|show| fits(show) && Some(show.id) != taken_down)
                    .filter(|show| within(days, show.starts_at))
                    .cloned()
                    .collect::<Vec<_>>()
            })
        })
    };
    let upcoming: fn(&WhatsOnState) -> &[ShowCard] = |state| &state.upcoming.shows;
    let tonight = pick(upcoming, |days, at| days.is_some_and(|days| at < days.tomorrow));
    let this_week = pick(upcoming, |days, at| {
        days.is_some_and(|days| days.tomorrow <= at && at < days.next_week)
    });
    let later = pick(upcoming, |days, at| days.is_none_or(|days| days.next_week <= at));
    let tonight_title = move || {
        let evening = |days: Days| {
            tonight.with(|shows| shows.iter().all(|show| days.evening <= show.starts_at))
        };
        if days.get().is_some_and(evening) { t!(shows.wall.tonight) } else { t!(shows.wall.today) }
    };
    let later_title = move || {
        if days.with(Option::is_some)
            && !(tonight.with(Vec::is_empty) && this_week.with(Vec::is_empty))
        {
            t!(shows.wall.later)
        } else {
            t!(shows.wall.coming_up)
        }
    };
    let nothing = move || genre.with(Option::is_some) && state.with(|state| !state.all().any(fits));

    view! {
        <Hero first/>
        <div class="page programme">
            <Genres state genre/>
            <Wall title=Signal::derive(|| t!(shows.wall.on_stage_now)) section=Section::Live shows=pick(|state| &state.live, |_, _| true)/>
            <Wall title=Signal::derive(tonight_title) section=Section::Upcoming shows=tonight/>
            <Wall title=Signal::derive(|| t!(shows.wall.this_week)) section=Section::Upcoming shows=this_week/>
            <Wall title=Signal::derive(later_title) section=Section::Upcoming shows=later/>
            <More state section=Section::Upcoming/>
            <Wall title=Signal::derive(|| t!(shows.wall.past)) section=Section::Past shows=pick(|state| &state.past.shows, |_, _| true)/>
            <More state section=Section::Past/>
            <Show when=nothing>
                <div class="empty">
                    <h2>{t!(shows.whats_on_page.nothing)}</h2>
                    <p>{t!(shows.whats_on_page.nothing_why)}</p>
                    <a class="button" href="/" data-noscroll="">{t!(shows.whats_on_page.show_everything)}</a>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// Keeps a list of shows current, from `cursor` on: takes in the events of the live channel that are
/// `wanted`, and lets time pass. `again` is run when events can't tell the present any more and the list
/// has to be asked for again.
pub(crate) fn keep_current(
    state: RwSignal<WhatsOnState>,
    cursor: Cursor,
    wanted: impl Fn(&Event) -> bool + 'static,
    again: Callback<()>,
) {
    Channel::expect().follow(Topic::Shows, Some(cursor), None, move |incoming| match incoming {
        Incoming::Event(event) if wanted(&event) => {
            state.update(|state| state.apply(&event, now()));
        }
        Incoming::Subscribed { reset: Some(_) } => again.run(()),
        _ => {}
    });
    every(CLOCK, move || {
        let now = now();
        let over = |show: &ShowCard| show.section(now) != Section::Upcoming;
        if state.with_untracked(|state| state.upcoming.shows.iter().any(over)) {
            state.update(|state| state.pass(now));
        }
    });
}

/// The genres that are on, as links: they filter without a script too, and "back" takes them back.
#[component]
fn Genres(state: RwSignal<WhatsOnState>, genre: Memo<Option<String>>) -> impl IntoView {
    let there = Memo::new(move |_| {
        let mut genres: Vec<(String, String)> = Vec::new();
        state.with(|state| {
            for found in state.all().flat_map(|show| &show.genres) {
                if !genres.iter().any(|(slug, _)| *slug == found.0) {
                    genres.push((found.0.clone(), told(found)));
                }
            }
        });
        genres.sort_unstable();
        genres
    });
    let chip = move |slug: Option<String>, name: String| {
        let href = slug.as_ref().map_or_else(|| "/".into(), |slug| format!("/?genre={slug}"));
        let current = move || genre.with(|genre| *genre == slug).then_some("true");
        view! { <li><a class="chip" href=href data-noscroll="" aria-current=current>{name}</a></li> }
    };
    view! {
        <Show when=move || there.with(|there| there.len() > 1) || genre.with(Option::is_some)>
            <nav aria-label=t!(shows.whats_on_page.genres)>
                <ul class="chips scrolling" role="list">
                    {chip(None, t!(shows.whats_on_page.everything).into())}
                    <For each=move || there.get() key=Clone::clone children=move |(slug, name)| chip(Some(slug), name)/>
                </ul>
            </nav>
        </Show>
    }
    .into_any()
}

/// A wall of posters; without posters there is no wall.
#[component]
pub(crate) fn Wall(
    /// Title of the wall.
    title: Signal<&'static str>,
    /// Section of the list.
    section: Section,
    /// The shows.
    shows: Signal<Vec<ShowCard>>,
) -> impl IntoView {
    let class = match section {
        Section::Live => "wall live",
        Section::Upcoming => "wall",
        Section::Past => "wall past",
    };
    view! {
        <Show when=move || shows.with(|shows| !shows.is_empty())>
            <section class=class>
                <h2>{title}</h2>
                <ul role="list">
                    // A poster with anything new on it is hung up anew.
                    <For each=move || shows.get() key=Clone::clone children=move |show| view! { <li><Poster show section/></li> }/>
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

/// The button to a further page of a section.
#[component]
fn More(state: RwSignal<WhatsOnState>, section: Section) -> impl IntoView {
    let toaster = Toaster::expect();
    let next = move || {
        state.with(|state| match section {
            Section::Past => state.past.next.clone(),
            _ => state.upcoming.next.clone(),
        })
    };
    let load = Action::new(move |next: &String| {
        let page = load_more_shows(section, next.clone());
        async move {
            match page.await {
                Ok(page) => drop(state.try_update(|state| state.extend(section, page, now()))),
                Err(refused) => toaster.say(refused.to_string()),
            }
        }
    });
    let pending = load.pending();
    let click = move |_| {
        if let (Some(next), false) = (untrack(next), pending.get_untracked()) {
            load.dispatch(next);
        }
    };
    let label = if section == Section::Past {
        t!(shows.whats_on_page.more_past)
    } else {
        t!(shows.whats_on_page.more_to_come)
    };
    view! {
        <Show when=move || next().is_some()>
            <button class="button more" type="button" aria-busy=move || pending.get().then_some("true") on:click=click>
                {label}
            </button>
        </Show>
    }
    .into_any()
}
