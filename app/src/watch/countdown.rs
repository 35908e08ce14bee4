//! Countdown to the start, with the number of people in the lobby.

use crate::{t, weave};
use leptos::prelude::*;

use crate::{
    channel::clock::{Span, span},
    player::WatchSession,
    ui::{LocalTime, TimeStyle},
};

/// The countdown, and the lobby for those who came first.
#[component]
pub(super) fn Countdown(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let starts = Memo::new(move |_| {
        session.page.with(|page| (page.card.starts_at, page.card.starts_text.clone()))
    });
    let now = session.now;
    let left = Memo::new(move |_| span(starts.with(|starts| starts.0).since(now.get())));
    let late = Memo::new(move |_| starts.with(|starts| starts.0) <= now.get());
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    let lobby = move || {
        let here = session.crowd.count().get();
        session.inside().then(|| match here {
            0 | 1 => t!(watch.first_here).to_string(),
            _ => t!(watch.people_here, count = here),
        })
    };
    let unit = move |number: fn(Span) -> i64, name: &'static str| {
        view! {
            <span><b>{move || number(left.get()).to_string()}</b><small>{name}</small></span>
        }
    };
    view! {
        <div class="countdown">
            <p class="lobby" role="status">{lobby}</p>
            <Show
                when=move || !late.get()
                fallback=move || view! {
                    <p class="stage-word"><strong>{t!(watch.any_moment)}</strong>
                        <span>{move || t!(watch.announced_now, artist = artist())}</span></p>
                }
            >
                <div class="units" role="timer" aria-label=t!(watch.time_until)>
                    {unit(|span| span.days, t!(watch.unit_days))}
                    {unit(|span| span.hours, t!(watch.unit_hours))}
                    {unit(|span| span.minutes, t!(watch.unit_min))}
                    {unit(|span| span.seconds, t!(watch.unit_s))}
                </div>
                <p class="starts">
                    {weave!(
                        watch.artist_starts,
                        artist = artist,
                        when = move || {
                            let (at, text) = starts.get();
                            view! { <LocalTime at fallback=text style=TimeStyle::Full/> }
                        }
                    )}
                </p>
            </Show>
            <p class="recorded" hidden=move || !session.page.with(|page| page.records)>{t!(watch.is_recorded)}</p>
        </div>
    }
    .into_any()
}
