//! Speed at which a recording is played, and its titles.

use bandstand_domain::recordings::{Chapter, write_time};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    replay::{chapters::chapter_at, playback::Playback},
    t, texts,
};

/// Speeds that are offered.
const RATES: [u32; 6] = [75, 100, 125, 150, 175, 200];

/// Speed and titles, where nothing else is offered.
#[wasm_split(bookmarks, wasm_split_path = ::leptos::wasm_split, fallible)]
pub fn speed_and_titles(
    playback: Playback,
    chapters: Memo<Vec<Chapter>>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! {
        {speed(playback)}
        {titles(playback, chapters)}
    }
    .into_any())
}

/// Choice of the speed.
pub fn speed(playback: Playback) -> AnyView {
    let rate = move |event| {
        if let Ok(rate) = event_target_value(&event).parse::<u32>() {
            playback.set_rate(f64::from(rate) / 100.0);
        }
    };
    let rates = RATES.map(|rate| {
        view! { <option value=rate.to_string() selected=rate == 100>{written(rate)}</option> }
    });
    view! {
        <select class="input rate" aria-label=t!(replay.speed) on:change=rate>
            {rates.into_iter().collect_view()}
        </select>
    }
    .into_any()
}

/// Titles that can be gone to.
pub fn titles(playback: Playback, chapters: Memo<Vec<Chapter>>) -> AnyView {
    let current = Memo::new(move |_| {
        let time = playback.time();
        chapters.with(|all| chapter_at(all, time))
    });
    let chapter = move |(number, Chapter { time, title }): (usize, Chapter)| {
        view! {
            <li>
                <button
                    class="chapter" type="button"
                    aria-current=move || (current.get() == Some(number)).then_some("true")
                    on:click=move |_| playback.seek(time)
                >
                    <span class="clock">{write_time(time)}</span> <span dir="auto">{title}</span>
                </button>
            </li>
        }
    };
    view! {
        <details class="replay-chapters" hidden=move || chapters.with(Vec::is_empty)>
            <summary class="button">{t!(replay.chapters)}</summary>
            <ol role="list">{move || chapters.get().into_iter().enumerate().map(chapter).collect_view()}</ol>
        </details>
    }
    .into_any()
}

/// A speed as it is written in the language of the page.
fn written(rate: u32) -> String {
    let (whole, rest) = (rate / 100, format!("{:02}", rate % 100));
    match rest.trim_end_matches('0') {
        "" => format!("{whole}×"),
        rest => format!("{whole}{}{rest}×", texts::language().decimal()),
    }
}
