//! One's own messages that wait for approval, also after the page was left.

use bandstand_domain::chat::{ChatPlace, HeldMessage};
use leptos::{prelude::*, task::spawn_local};

use super::{
    ChatHandle,
    attaching::AttachedFile,
    moderation_api::load_held,
    state::{Pending, Progress},
    tools::Viewing,
};

/// Asks which of one's own messages wait, whenever all is told anew: nothing in the log tells of them. In a show that
/// holds none it isn't asked, as so many come in there.
pub fn own_held(chat: ChatHandle, viewer: Viewing) {
    let who = Memo::new(move |_| {
        let viewer = viewer.get()?;
        (!viewer.moderates).then_some(viewer.person)
    });
    Effect::new(move || {
        chat.came().track();
        let Some(person) = who.get() else { return };
        let holds = chat.state().with_untracked(|state| state.rules().hold);
        if matches!(chat.place(), ChatPlace::Show(_)) && !holds {
            return;
        }
        let known = chat.state().with_untracked(|state| state.held());
        spawn_local(async move {
            // The next time tells.
            let Ok(held) = load_held(chat.place()).await else { return };
            let own = held.into_iter().filter(|it| it.message.author == person).map(pending);
            let own = own.collect();
            let _ = chat.state().try_update(|state| state.take_held(&known, own));
        });
    });
}

fn pending(held: HeldMessage) -> Pending {
    let message = held.message;
    let files = message.files.into_iter().filter_map(|it| it.file);
    Pending {
        id: message.id,
        text: message.text,
        replies_to: message.replies_to,
        files: files.map(|it| AttachedFile { id: it.id, name: it.name }).collect(),
        progress: Progress::Held,
    }
}
