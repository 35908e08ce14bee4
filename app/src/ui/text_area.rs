//! Text area of a form.

use leptos::{html, prelude::*};

use super::{Complaint, FormState, field::Count};

/// Several lines of text with their label, hint, count and complaint.
#[component]
pub fn TextArea(
    /// The form's state.
    state: FormState,
    /// The name, by which complaints find it; also its `id`.
    name: &'static str,
    /// The label.
    label: &'static str,
    /// Value of the field.
    value: RwSignal<String>,
    /// Help in a few words.
    #[prop(default = "")]
    hint: &'static str,
    /// The most characters; shown as a count when given.
    #[prop(default = 0)]
    most: usize,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    // As in `adopt`: what was typed before the page came alive counts.
    Effect::new(move |before: Option<bool>| {
        let Some(area) = field.get() else { return before.unwrap_or(false) };
        let wanted = value.get();
        let typed = area.value();
        if before != Some(true) && !typed.is_empty() {
            if typed != wanted {
                value.set(typed);
            }
        } else if typed != wanted {
            area.set_value(&wanted);
        }
        true
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <textarea
                class="input"
                id=name
                name=name
                rows="5"
                dir="auto"
                aria-describedby=format!("{name}-note")
                aria-invalid=move || state.of(name).map(|_| "true")
                node_ref=field
                on:input=move |event| value.set(event_target_value(&event))
            >
                {value.get_untracked()}
            </textarea>
            <div class="foot">
                <Complaint state name hint/>
                {(most > 0).then(|| view! { <Count value most/> })}
            </div>
        </div>
    }
    .into_any()
}
