//! Confirmation of what can't be undone.

use leptos::{ev, html, prelude::*};

use crate::t;

/// Shows a dialog over the page, which waits meanwhile, for as long as it is open. Returns the handler of its
/// `close` event, which calls `close` when the browser has closed it, as for Escape.
///
/// The event comes a frame after the dialog was closed (HTML, 4.11.4), on a busy machine a second after; by
/// then the dialog may be open again, and stays.
pub fn modal_while(
    dialog: NodeRef<html::Dialog>,
    open: Signal<bool>,
    close: impl Fn() + 'static,
) -> impl Fn(ev::Event) + 'static {
    Effect::new(move || {
        let (Some(dialog), open) = (dialog.get(), open.get()) else { return };
        if open && !dialog.open() {
            // Fails only when the dialog is not in the document, and then nobody can see it anyway.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    move |_| {
        if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
            close();
        }
    }
}

/// A question that has to be answered; Escape is no.
#[component]
pub fn Confirm(
    /// True if it is being asked.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    question: String,
    /// The button that does it: what will happen.
    yes: &'static str,
    /// The button that doesn't.
    #[prop(default = t!(ui.cancel))]
    no: &'static str,
    /// Called when the answer is yes; the dialog is closed by then.
    on_yes: Callback<()>,
    /// Consequences.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let name = question.clone();
    let on_close = modal_while(dialog, open.into(), move || open.set(false));
    let answer = move |_| {
        open.set(false);
        on_yes.run(());
    };
    view! {
        <dialog node_ref=dialog aria-label=name on:close=on_close>
            <h2>{question}</h2>
            {children()}
            <div class="actions">
                <button class="button" type="button" autofocus on:click=move |_| open.set(false)>{no}</button>
                <button class="button live" type="button" on:click=answer>{yes}</button>
            </div>
        </dialog>
    }
    .into_any()
}
