//! Password field of a form.

use bandstand_domain::Secret;
use leptos::{html, prelude::*};

use super::{Complaint, FormState, adopt};
use crate::t;

/// A password with its label, hint and complaint; it can be looked at.
#[component]
pub fn PasswordField(
    /// The form's state.
    state: FormState,
    /// The name, by which complaints find it; also its `id`.
    #[prop(default = "password")]
    name: &'static str,
    /// The label.
    #[prop(default = t!(ui.password))]
    label: &'static str,
    /// Value of the field.
    value: RwSignal<String>,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// Help in a few words.
    #[prop(default = "")]
    hint: &'static str,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    adopt(field, value);
    let shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <div class="with-button">
                <input
                    class="input"
                    id=name
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=format!("{name}-note")
                    aria-invalid=move || state.of(name).map(|_| "true")
                    node_ref=field
                    on:input=move |event| value.set(event_target_value(&event))
                />
                <button
                    type="button"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    aria-label=t!(ui.show_password)
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { t!(ui.hide) } else { t!(ui.show) }}
                </button>
            </div>
            <Complaint state name hint/>
        </div>
    }
    .into_any()
}

/// Value of the field, as a secret.
pub fn secret(value: RwSignal<String>) -> Secret {
    Secret::new(value.get_untracked())
}
