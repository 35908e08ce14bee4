//! The chat, seen.

use bandstand_domain::live::JoinTicket;
use leptos::prelude::*;

use super::Chat;

/// The chat with its messages and the field to write one.
#[component]
pub fn ChatPanel(
    /// What is shown.
    chat: Chat,
    /// Who is looking, once they are in.
    #[prop(into)]
    ticket: Signal<Option<JoinTicket>>,
    /// Whether one may write; false when the show is over.
    #[prop(into)]
    open: Signal<bool>,
) -> impl IntoView {
    let _ = (chat, ticket, open);
    view! { <section class="chat"></section> }
}
