//! Local times in forms, and their time zone.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};

use super::{Complaint, FormState, adopt};
use crate::t;

/// The next full hour but one, as `YYYY-MM-DDTHH:MM`. Only in the browser.
pub(crate) fn wall_clock_soon() -> String {
    let date = js_sys::Date::new_0();
    date.set_hours(date.get_hours() + 2);
    date.set_minutes(0);
    text_of(&date)
}

/// Two hours after `YYYY-MM-DDTHH:MM`; nothing when that is no time. Only in the browser.
pub(crate) fn two_hours_after(local: &str) -> String {
    let date = js_sys::Date::new(&JsValue::from_str(local));
    date.set_hours(date.get_hours() + 2);
    if date.get_time().is_nan() { String::new() } else { text_of(&date) }
}

fn text_of(date: &js_sys::Date) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

/// The browser's own time zone.
fn own_zone() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new())
        .resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// All time zones the browser knows; none when it can't tell.
fn all_zones() -> Option<Vec<String>> {
    let intl = js_sys::Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let list = js_sys::Reflect::get(&intl, &"supportedValuesOf".into()).ok()?;
    let list = list.dyn_into::<js_sys::Function>().ok()?;
    let zones = list.call1(&intl, &"timeZone".into()).ok()?;
    Some(js_sys::Array::from(&zones).iter().filter_map(|zone| zone.as_string()).collect())
}

/// The time zone of a form's times: a list where the browser has one, else a line of text.
#[component]
pub(crate) fn TimeZoneField(
    /// The form's state.
    state: FormState,
    /// The zone's IANA name.
    value: RwSignal<String>,
) -> impl IntoView {
    let zones = RwSignal::new(Vec::new());
    Effect::new(move || {
        if value.with_untracked(String::is_empty) {
            value.set(own_zone().unwrap_or_else(|| "UTC".into()));
        }
        let mut known = all_zones().unwrap_or_default();
        if !known.is_empty() {
            for zone in [value.get_untracked(), "UTC".into()] {
                if !known.contains(&zone) {
                    known.push(zone);
                }
            }
            known.sort_unstable();
            zones.set(known);
        }
    });
    let field = NodeRef::<html::Input>::new();
    adopt(field, value);
    let line = move || {
        view! {
            <input
                class="input"
                id="time_zone"
                name="time_zone"
                type="text"
                value=value.get_untracked()
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="time_zone-note"
                aria-invalid=move || state.of("time_zone").map(|_| "true")
                node_ref=field
                on:input=move |event| value.set(event_target_value(&event))
            />
        }
    };
    let list = move || {
        let options = zones
            .get()
            .into_iter()
            .map(|zone| {
                let name = zone.replace('_', " ");
                let chosen = value.with_untracked(|value| *value == zone);
                view! { <option value=zone selected=chosen>{name}</option> }
            })
            .collect_view();
        view! {
            <select
                class="input"
                id="time_zone"
                name="time_zone"
                aria-describedby="time_zone-note"
                aria-invalid=move || state.of("time_zone").map(|_| "true")
                on:change=move |event| value.set(event_target_value(&event))
            >
                {options}
            </select>
        }
    };
    view! {
        <div class="field">
            <label for="time_zone">{t!(shows.editor.time_zone)}</label>
            {move || if zones.with(Vec::is_empty) { line().into_any() } else { list().into_any() }}
            <Complaint state name="time_zone" hint=t!(shows.editor.time_zone_hint)/>
        </div>
    }
    .into_any()
}
