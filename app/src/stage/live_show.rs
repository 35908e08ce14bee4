//! Live show: the state that a show's page and its studio both follow.

use bandstand_domain::{
    Refusal,
    channel::{Event, Snapshot},
    shows::ShowPage,
    stage::StageError,
};
use leptos::prelude::*;

use super::state::{PageChange, apply};
use crate::{channel::Incoming, chat::ChatHandle, crowd::CrowdHandle};

/// Show as the events of its topic tell it.
#[derive(Clone, Copy)]
pub struct LiveShow {
    /// The show as it is now.
    pub page: RwSignal<ShowPage>,
    /// True if the show was deleted meanwhile.
    pub gone: RwSignal<bool>,
    /// Crowd.
    pub crowd: CrowdHandle,
    /// Chat.
    pub chat: ChatHandle,
    /// Title that plays now; empty when nothing is known.
    pub title: RwSignal<String>,
}

impl LiveShow {
    /// Follows the show from `page` on.
    pub fn new(page: ShowPage) -> Self {
        let chat = ChatHandle::new(page.card.id);
        let (page, gone) = (RwSignal::new(page), RwSignal::new(false));
        let title = RwSignal::new(String::new());
        Self { page, gone, crowd: CrowdHandle::new(), chat, title }
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
            Incoming::Playing(title) => self.title.set(title),
            Incoming::Chat(news) => self.chat.hear(&news),
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
