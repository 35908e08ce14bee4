//! Choice of genres.

use bandstand_domain::shows::{GENRES, Genre, MAX_GENRES};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Complaint, FormState};
use crate::{t, texts::word};

/// The venue's genres, of which a few can be chosen.
#[component]
pub fn GenrePicker(
    /// The form's state.
    state: FormState,
    /// The label.
    label: &'static str,
    /// Chosen genres.
    chosen: RwSignal<Vec<Genre>>,
) -> impl IntoView {
    let group = NodeRef::<html::Fieldset>::new();
    // What was ticked before the page came alive counts.
    Effect::new(move || {
        let Some(group) = group.get() else { return };
        let Ok(ticked) = group.query_selector_all("input:checked") else { return };
        let ticked: Vec<Genre> = (0..ticked.length())
            .filter_map(|at| ticked.get(at)?.dyn_into::<web_sys::HtmlInputElement>().ok())
            .map(|input| Genre(input.value()))
            .collect();
        if !ticked.is_empty() && chosen.with_untracked(|chosen| *chosen != ticked) {
            chosen.set(ticked);
        }
    });
    let toggle = move |slug: &'static str, on: bool| {
        chosen.update(|chosen| {
            chosen.retain(|genre| genre.0 != slug);
            if on {
                chosen.push(Genre(slug.into()));
            }
        });
    };
    let has = move |slug: &str| chosen.with(|chosen| chosen.iter().any(|genre| genre.0 == slug));
    let full = move || chosen.with(|chosen| chosen.len() >= MAX_GENRES);
    let chips = GENRES
        .iter()
        .map(|(slug, name)| {
            view! {
                <label class="chip">
                    <input
                        type="checkbox"
                        name="genres"
                        value=*slug
                        checked=untrack(|| has(slug))
                        disabled=move || full() && !has(slug)
                        on:change=move |event| toggle(slug, event_target_checked(&event))
                    />
                    {word(*name)}
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset
            class="field"
            aria-describedby="genres-note"
            data-invalid=move || state.of("genres")
            node_ref=group
        >
            <legend>{label}</legend>
            <div class="chips">{chips}</div>
            <Complaint state name="genres" hint=t!(ui.genres_hint)/>
        </fieldset>
    }
    .into_any()
}
