//! Before the artist comes: the poster's words, and how long it takes.

use bandstand_domain::Millis;
use leptos::prelude::*;

use super::session::WatchSession;
use crate::{
    channel::clock::{Span, span},
    ui::{LocalTime, TimeStyle},
};

/// The countdown, and the lobby for those who came first.
#[component]
pub(super) fn Countdown(
    /// The page's session.
    session: WatchSession,
    /// The venue's time.
    now: Signal<Millis>,
) -> impl IntoView {
    let starts = Memo::new(move |_| {
        session.page.with(|page| (page.card.starts_at, page.card.starts_text.clone()))
    });
    let left = Memo::new(move |_| span(starts.with(|starts| starts.0).since(now.get())));
    let late = Memo::new(move |_| starts.with(|starts| starts.0) <= now.get());
    let artist = move || session.page.with(|page| page.card.artist.stage_name.clone());
    let lobby = move || {
        let here = session.crowd.count().get();
        session.inside().then(|| match here {
            0 | 1 => "Doors are open, and you are the first one here.".to_string(),
            _ => format!("Doors are open – {here} people are here."),
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
                    <p class="stage-word"><strong>"Any moment now"</strong>
                        <span>{move || format!("{} was announced for this time. Stay here: it starts by itself.", artist())}</span></p>
                }
            >
                <div class="units" role="timer" aria-label="Time until the show starts">
                    {unit(|span| span.days, "days")}
                    {unit(|span| span.hours, "hours")}
                    {unit(|span| span.minutes, "min")}
                    {unit(|span| span.seconds, "s")}
                </div>
                <p class="starts">
                    {artist} " starts "
                    {move || {
                        let (at, text) = starts.get();
                        view! { <LocalTime at fallback=text style=TimeStyle::Full/> }
                    }}
                </p>
            </Show>
        </div>
    }
    .into_any()
}
