//! Reactions to a message: how many there are, and those one can give.

use bandstand_domain::chat::{MessageId, Reaction, ReactionCount};
use leptos::{ev, prelude::*};

use super::{ChatHandle, entry::close};
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

/// Reactions to a message, each with its number; those who are `present` can join in.
pub fn counts(chat: ChatHandle, id: MessageId, present: Memo<bool>) -> AnyView {
    let all = Memo::new(move |_| chat.reactions().with(|it| it.of(id).to_vec()));
    let one = move |it: ReactionCount| {
        let ReactionCount { reaction, count, mine } = it;
        view! {
            <li>
                <button
                    type="button"
                    aria-pressed=mine.to_string()
                    aria-label=t!(chat.reaction.count, name = name(reaction), count = count)
                    title=name(reaction)
                    disabled=move || !present.get()
                    on:click=move |_| chat.react(id, reaction)
                >
                    <span aria-hidden="true">{reaction.emoji()}</span>
                    {count}
                </button>
            </li>
        }
    };
    // Not read out: a busy house would talk over everything that is said.
    view! {
        <Show when=move || all.with(|all| !all.is_empty())>
            <ul class="chat-reactions" aria-live="off">
                <For each=move || all.get() key=key children=one/>
            </ul>
        </Show>
    }
    .into_any()
}

fn key(it: &ReactionCount) -> (Reaction, u32, bool) {
    (it.reaction, it.count, it.mine)
}

/// All reactions, in the menu of a message.
pub fn offers(chat: ChatHandle, id: MessageId) -> AnyView {
    let offer = |reaction: Reaction| {
        let mine = Memo::new(move |_| chat.reactions().with(|it| it.mine(id, reaction)));
        let react = move |event: ev::MouseEvent| {
            chat.react(id, reaction);
            close(event.target(), true);
        };
        view! {
            <button
                type="button"
                aria-pressed=move || mine.get().to_string()
                aria-label=name(reaction)
                title=name(reaction)
                on:click=react
            >
                {reaction.emoji()}
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
