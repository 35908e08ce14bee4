//! What a show's page and its studio both follow of it.

use bandstand_domain::{
    Refusal,
    channel::{Event, Snapshot},
    shows::ShowPage,
    stage::StageError,
};
use leptos::prelude::*;

use super::state::{PageChange, apply};
use crate::{channel::Incoming, chat::ChatHandle, crowd::CrowdHandle};

/// A show as its topic tells it.
#[derive(Clone, Copy)]
pub struct LiveShow {
    /// The show as it is now.
    pub page: RwSignal<ShowPage>,
    /// Whether it was deleted meanwhile.
    pub gone: RwSignal<bool>,
    /// Who is there.
    pub crowd: CrowdHandle,
    /// What is said.
    pub chat: ChatHandle,
}

impl LiveShow {
    /// The show as `page` says.
    pub fn new(page: ShowPage) -> Self {
        let chat = ChatHandle::new(page.card.id);
        let (page, gone) = (RwSignal::new(page), RwSignal::new(false));
        Self { page, gone, crowd: CrowdHandle::new(), chat }
    }

    /// Takes in what came. Why the show is not followed any more is the caller's, unless it is gone.
    pub fn hear(self, incoming: Incoming) -> Option<StageError> {
        match incoming {
            Incoming::Subscribed { reset } => {
                if let Some(Snapshot::Show { page, chat, muted, .. }) = reset.map(|it| *it) {
                    self.page.set(page);
                    self.chat.reset(chat, muted);
                }
            }
            Incoming::Event(event) => self.happened(&event),
            Incoming::Crowd(crowd) => self.crowd.reset(crowd),
            Incoming::CrowdChange(change) => self.crowd.change(change),
            // For the studio.
            Incoming::Notices(_) => {}
            Incoming::Refused(Refusal::Gone | Refusal::NotFound) => self.gone.set(true),
            Incoming::Refused(why) => return Some(why),
        }
        None
    }

    /// Takes in an event, of whichever topic.
    pub fn happened(self, event: &Event) {
        let mut page = self.page.get_untracked();
        match apply(&mut page, event) {
            PageChange::Changed => self.page.set(page),
            PageChange::Gone => self.gone.set(true),
            PageChange::Nothing => self.chat.apply(event),
        }
    }
}
