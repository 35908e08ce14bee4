//! Text that is copied into another program.

use leptos::{html, prelude::*, task::spawn_local};

use super::Toaster;
use crate::{t, web};

/// A button that copies a text.
#[component]
pub fn CopyButton(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// Name of it, read out with the button.
    what: &'static str,
    /// The field that shows it. Where pages may not copy, it is selected.
    #[prop(optional)]
    field: NodeRef<html::Input>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            if web::copy(&text).await.is_ok() {
                toaster.say(t!(ui.copied));
            } else if let Some(field) = field.try_get_untracked().flatten() {
                field.select();
                toaster.say(t!(ui.selected));
            } else {
                toaster.say(t!(ui.not_copied));
            }
        });
    };
    view! { <button class="button" type="button" aria-label=t!(ui.copy_what, what = what) on:click=copy>{t!(ui.copy)}</button> }
        .into_any()
}

/// A line to be copied into another program.
#[component]
pub fn Copied(
    /// The field's `id`.
    id: &'static str,
    /// The label.
    label: &'static str,
    /// The line.
    #[prop(into)]
    value: Signal<String>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="copied">
                <input class="input" id=id readonly node_ref=field prop:value=value/>
                <CopyButton text=value what=label field/>
            </div>
        </div>
    }
    .into_any()
}
