//! Storage overview: all recordings of an artist, and the room that they take.

use bandstand_domain::{
    accounts::Viewer,
    recordings::{RecordingCard, RecordingList, RecordingState, write_time},
};
use leptos::prelude::*;

use crate::{
    recordings::api::load_my_recordings,
    shows::{PosterArt, artists_only},
    t,
    ui::{About, LocalTime, TimeStyle, write_bytes},
    viewer::AccountNeeded,
    weave,
};

/// An artist's own recordings.
#[component]
pub fn RecordingsPage() -> impl IntoView {
    let page = |viewer: Viewer| artists_only(viewer, || view! { <MyRecordings/> }.into_any());
    view! {
        <About title=t!(archive.recordings) description=t!(archive.about_recordings)/>
        <AccountNeeded children=Callback::new(page)/>
    }
    .into_any()
}

#[component]
fn MyRecordings() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_my_recordings());
    let list = move || {
        Some(match loaded.get()? {
            Ok(list) => view! { <Storage used=list.used most=list.most/> <List list/> }.into_any(),
            Err(refused) => view! {
                <p class="notice bad">
                    {refused.to_string()}
                    <button class="button" type="button" on:click=move |_| loaded.refetch()>{t!(ui.try_again)}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page dashboard">
            <div class="head">
                <h1>{t!(archive.recordings)}</h1>
                <a class="button" href="/dashboard">{t!(app.my_shows)}</a>
            </div>
            <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{list}</Transition>
        </section>
    }
    .into_any()
}

/// The room that all recordings take, of that which there is.
#[component]
fn Storage(used: u64, most: Option<u64>) -> impl IntoView {
    let said = write_bytes(used);
    let words = match most {
        None => t!(archive.used, used = said),
        Some(most) => t!(archive.used_of, used = said, most = write_bytes(most)),
    };
    let meter = most.map(|most| {
        let [used, most, high] = [used, most, most / 10 * 9].map(|it| it.to_string());
        view! { <meter aria-labelledby="storage" min="0" max=most high=high value=used></meter> }
    });
    view! { <div class="storage"><p id="storage">{words}</p> {meter}</div> }.into_any()
}

#[component]
fn List(list: RecordingList) -> impl IntoView {
    if list.recordings.is_empty() {
        return view! {
            <div class="empty">
                <h2>{t!(archive.empty)}</h2>
                <p>{t!(archive.empty_why)}</p>
            </div>
        }
        .into_any();
    }
    let rows = list.recordings.into_iter().map(|recording| view! { <Row recording/> });
    view! { <ul role="list">{rows.collect_view()}</ul> }.into_any()
}

#[component]
fn Row(recording: RecordingCard) -> impl IntoView {
    let RecordingCard { card, state, duration, bytes, deleted_at } = recording;
    let badge = match state {
        RecordingState::Running => t!(archive.badge_running),
        RecordingState::Storing => t!(archive.badge_storing),
        RecordingState::Draft => t!(archive.badge_draft),
        RecordingState::Published => t!(archive.badge_published),
    };
    let path = format!("/shows/{}/recording", card.id);
    let art = card.clone();
    let fate = deleted_at.filter(|_| state == RecordingState::Draft).map(|at| {
        let date = view! { <LocalTime at fallback=""/> };
        view! { <p class="soft small">{weave!(archive.deleted_on, date = date)}</p> }
    });
    view! {
        <li>
            <div class="thumb"><PosterArt show=art/></div>
            <div class="what">
                <p class="badges"><span class="badge">{badge}</span></p>
                <h2 dir="auto"><a href=path.clone()>{card.title}</a></h2>
                <p class="soft small">
                    <LocalTime at=card.starts_at fallback=card.starts_text style=TimeStyle::Full/>
                    " · " {write_time(duration)} " · " {write_bytes(bytes)}
                </p>
                {fate}
            </div>
        </li>
    }
    .into_any()
}
