//! Reactions to a message: how many there are, and those one can give; and the way to its answers.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, MessageId, Reaction, ReactionCount};
use leptos::{ev, prelude::*};

use super::{ChatHandle, menu::close, tools::Viewing};
use crate::t;

/// Name of a reaction, for those who don't see its emoji.
fn name(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Thumb => t!(chat.reaction.thumb),
        Reaction::Heart => t!(chat.reaction.heart),
        Reaction::Laugh => t!(chat.reaction.laugh),
        Reaction::Wow => t!(chat.reaction.wow),
        Reaction::Sad => t!(chat.reaction.sad),
        Reaction::Party => t!(chat.reaction.party),
    }
}

/// Files of a message, reactions to it, and how many answers it has.
pub fn below(chat: ChatHandle, message: Arc<ChatMessage>, viewer: Viewing) -> AnyView {
    let (id, position) = (message.id, message.position);
    let replies = Memo::new(move |_| {
        chat.state().with(|state| state.at(position).map(|it| it.replies).unwrap_or_default())
    });
    view! {
        {beneath(chat, message, viewer)}
        <Show when=move || { replies.get() > 0 }>
            <button type="button" class="chat-answers" on:click=move |_| chat.show_thread(Some(id))>
                {move || t!(chat.answers, count = replies.get())}
            </button>
        </Show>
    }
    .into_any()
}

/// Files of a message, and reactions to it, each with its number, in which those who are in can join.
pub fn beneath(chat: ChatHandle, message: Arc<ChatMessage>, viewer: Viewing) -> AnyView {
    let (id, position) = (message.id, message.position);
    let now = Memo::new(move |_| {
        chat.state()
            .with(|state| state.at(position).map(|it| it.reactions.clone()).unwrap_or_default())
    });
    let files = (!message.files.is_empty())
        .then_some(move || chat.attaching().tools.get().map(|it| (it.carried)(chat, &message)));
    let kinds = move || now.with(|now| now.iter().map(|it| it.reaction).collect::<Vec<_>>());
    // By kind alone: what is pressed stays where it is, and keeps the focus.
    let one = move |reaction: Reaction| {
        let count = Memo::new(move |_| now.with(|now| of(now, reaction)));
        let label = move || t!(chat.reaction.count, name = name(reaction), count = count.get().0);
        view! {
            <li>
                <button
                    type="button"
                    aria-pressed=move || count.get().1.to_string()
                    aria-label=label
                    title=name(reaction)
                    disabled=move || viewer.with(Option::is_none)
                    on:click=move |_| chat.react(id, reaction)
                >
                    <span aria-hidden="true">{reaction.emoji()}</span>
                    {move || count.get().0}
                </button>
            </li>
        }
    };
    // Not read out: a busy house would talk over everything that is said.
    view! {
        {files}
        <Show when=move || now.with(|now| !now.is_empty())>
            <ul class="chat-reactions" aria-live="off">
                <For each=kinds key=|it| *it children=one/>
            </ul>
        </Show>
    }
    .into_any()
}

/// Number of persons who reacted so, and whether the viewer did.
fn of(all: &[ReactionCount], reaction: Reaction) -> (u32, bool) {
    all.iter().find(|it| it.reaction == reaction).map_or((0, false), |it| (it.count, it.mine))
}

/// Reactions that one can give, in the menu of a message.
pub fn offers(chat: ChatHandle, id: MessageId) -> AnyView {
    let offer = move |reaction: Reaction| {
        let press = move |event: ev::MouseEvent| {
            close(event.target(), true);
            chat.react(id, reaction);
        };
        view! {
            <button type="button" aria-label=name(reaction) title=name(reaction) on:click=press>
                <span aria-hidden="true">{reaction.emoji()}</span>
            </button>
        }
    };
    view! {
        <div class="chat-offers" role="group" aria-label=t!(chat.reaction.react)>
            {Reaction::ALL.map(offer).collect_view()}
        </div>
    }
    .into_any()
}
