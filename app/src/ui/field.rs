//! Text field of a form.

use leptos::{html, prelude::*};

use super::FormState;

/// Ties a field to its signal: what was typed before the page came alive (or was filled in by the
/// browser) is taken over; afterwards the field follows the signal.
pub fn adopt(field: NodeRef<html::Input>, value: RwSignal<String>) {
    Effect::new(move |before: Option<bool>| {
        let Some(input) = field.get() else { return before.unwrap_or(false) };
        let wanted = value.get();
        let typed = input.value();
        if before != Some(true) && !typed.is_empty() {
            if typed != wanted {
                value.set(typed);
            }
        } else if typed != wanted {
            input.set_value(&wanted);
        }
        true
    });
}

/// Complaint about a field, and its hint. `aria-describedby` of the field is `NAME-note`.
#[component]
pub fn Complaint(
    /// The form's state.
    state: FormState,
    /// The field's name.
    name: &'static str,
    /// The hint, which stays beside a complaint.
    #[prop(default = "")]
    hint: &'static str,
) -> impl IntoView {
    view! {
        <p id=format!("{name}-note") class="note">
            <span class="error">{move || state.of(name)}</span>
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
        </p>
    }
    .into_any()
}

/// A line of text with its label, hint and complaint.
#[component]
pub fn TextField(
    /// The form's state.
    state: FormState,
    /// The name, by which complaints find it; also its `id`.
    name: &'static str,
    /// The label.
    label: &'static str,
    /// Value of the field.
    value: RwSignal<String>,
    /// The kind of `<input>`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Value of `autocomplete`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Help in a few words.
    #[prop(default = "")]
    hint: &'static str,
    /// The most characters; shown as a count when given.
    #[prop(default = 0)]
    most: usize,
    /// True if it is for names and addresses, which no keyboard should correct.
    #[prop(default = false)]
    exact: bool,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    adopt(field, value);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                value=value.get_untracked()
                autocomplete=autocomplete
                autocapitalize=exact.then_some("none")
                spellcheck=exact.then_some("false")
                aria-describedby=format!("{name}-note")
                aria-invalid=move || state.of(name).map(|_| "true")
                node_ref=field
                on:input=move |event| value.set(event_target_value(&event))
            />
            <div class="foot">
                <Complaint state name hint/>
                {(most > 0).then(|| view! { <Count value most/> })}
            </div>
        </div>
    }
    .into_any()
}

/// Count of the characters of a text.
#[component]
pub(super) fn Count(
    /// The text.
    value: RwSignal<String>,
    /// The most characters.
    most: usize,
) -> impl IntoView {
    let count = move || value.with(|text| text.trim().chars().count());
    view! {
        <span class="count" class:over=move || { count() > most } aria-hidden="true">
            {move || count().to_string()} "/" {most.to_string()}
        </span>
    }
    .into_any()
}
