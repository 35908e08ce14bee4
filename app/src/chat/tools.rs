//! Tools of messages: quotes, reactions, menus, pins and threads; a part of their own, which comes with the chat.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, MessageId};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    ChatHandle, ChatViewer, composing_view::composing, menu::menu, own_held::own_held,
    pins_view::pins, quote_view::quote, reaction_views::below, search_view::search,
    thread_view::thread,
};

/// Person who looks at a chat, once they are in.
pub type Viewing = Signal<Option<ChatViewer>>;

/// What makes the views that a chat can do without for a moment.
#[derive(Clone, Copy)]
pub struct MessageTools {
    /// Message that another answers.
    pub quote: fn(ChatHandle, MessageId) -> AnyView,
    /// Files of a message, reactions to it, and the way to its answers.
    pub below: fn(ChatHandle, Arc<ChatMessage>, Viewing) -> AnyView,
    /// Menu of a message.
    pub menu: fn(ChatHandle, Arc<ChatMessage>, Viewing) -> AnyView,
    /// Pinned messages.
    pub pins: fn(ChatHandle, Viewing) -> AnyView,
    /// Answers to a message, in place of the list.
    pub thread: fn(ChatHandle, MessageId, Viewing) -> AnyView,
    /// Search, and whom one has hidden.
    pub search: fn(ChatHandle) -> AnyView,
    /// What is done with the text in the field.
    pub composing: fn(ChatHandle, NodeRef<html::Textarea>) -> AnyView,
    /// Loads one's own messages that wait.
    pub held: fn(ChatHandle, Viewing),
}

#[wasm_split(answers, wasm_split_path = ::leptos::wasm_split, fallible)]
fn tools() -> Result<MessageTools, SplitLoaderError> {
    Ok(MessageTools { quote, below, menu, pins, thread, search, composing, held: own_held })
}

/// Loads the tools. Without them the chat is read and written all the same.
pub fn load_tools() -> Signal<Option<MessageTools>> {
    let loaded = RwSignal::new(None);
    Effect::new(move || {
        spawn_local(async move {
            if let Ok(tools) = tools().await {
                let _ = loaded.try_set(Some(tools));
            }
        });
    });
    loaded.into()
}
