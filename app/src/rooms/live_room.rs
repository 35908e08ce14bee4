//! Live room: the state of a room, as the events of its topic tell it.

use bandstand_domain::{
    Refusal, RoomId,
    channel::{Event, Snapshot, Topic},
    rooms::{RoomAnswer, RoomEvent, RoomPage},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::find_room;

use crate::{
    channel::{Channel, Incoming},
    chat::{ChatHandle, ChatViewer},
};

/// A room as one of its members follows it.
#[derive(Clone, Copy)]
pub struct LiveRoom {
    /// The room as it is now.
    pub page: RwSignal<RoomPage>,
    /// True if the room was deleted meanwhile.
    pub gone: RwSignal<bool>,
    /// The chat.
    pub chat: ChatHandle,
    /// Counts changes of who is a member.
    pub members: RwSignal<u32>,
    /// Counts changes of who waits at the door.
    pub knocks: RwSignal<u32>,
}

impl LiveRoom {
    /// The room as `page` says, which isn't followed yet.
    pub fn new(page: RoomPage) -> Self {
        let chat = ChatHandle::new(page.room.id);
        let (page, gone) = (RwSignal::new(page), RwSignal::new(false));
        Self { page, gone, chat, members: RwSignal::new(0), knocks: RwSignal::new(0) }
    }

    /// Identity of the room.
    pub fn id(self) -> RoomId {
        self.page.with_untracked(|page| page.room.id)
    }

    /// Follows the room until the current owner is cleaned up; `outside` is called when the viewer may do so no more.
    pub fn follow(self, outside: Callback<()>) {
        let topic = Topic::Room(self.id());
        Channel::expect().follow(topic, None, None, move |incoming| match incoming {
            // It was cut, perhaps as the viewer has another role.
            Incoming::Subscribed { reset: None } => self.look_up(outside),
            Incoming::Subscribed { reset } => {
                if let Some(Snapshot::Room { page, chat, muted }) = reset.map(|it| *it) {
                    self.chat.read_from(page.read_to);
                    self.page.set(page);
                    self.chat.reset(chat, muted);
                    self.members.update(|count| *count += 1);
                    self.knocks.update(|count| *count += 1);
                }
            }
            Incoming::Event(event) => self.happened(&event),
            Incoming::Chat(news) => self.chat.hear(&news),
            Incoming::Refused(Refusal::Gone) => self.gone.set(true),
            Incoming::Refused(_) => outside.run(()),
            _ => {}
        });
    }

    /// Asks how the viewer stands to the room by now.
    fn look_up(self, outside: Callback<()>) {
        let address = self.page.with_untracked(|page| page.room.address.clone());
        spawn_local(async move {
            match find_room(address).await {
                Ok(RoomAnswer::Inside(page)) => drop(self.page.try_set(page)),
                Ok(RoomAnswer::Outside(_)) => drop(outside.try_run(())),
                // The next one tells.
                Err(_) => {}
            }
        });
    }

    fn happened(self, event: &Event) {
        match event {
            Event::Room(RoomEvent::RoomChanged { room }) => {
                self.page.update(|page| page.room = room.clone());
            }
            Event::Room(RoomEvent::RoomDeleted { .. }) => self.gone.set(true),
            Event::Room(RoomEvent::MembersChanged { members }) => {
                self.page.update(|page| page.room.members = *members);
                self.members.update(|count| *count += 1);
            }
            Event::Room(RoomEvent::KnocksChanged { knocks }) => {
                self.page.update(|page| page.knocks = *knocks);
                self.knocks.update(|count| *count += 1);
            }
            event => self.chat.apply(event),
        }
    }

    /// The viewer, as the chat knows them.
    pub fn chat_viewer(self) -> Signal<Option<ChatViewer>> {
        Signal::derive(move || {
            self.page.with(|page| {
                Some(ChatViewer {
                    person: page.person.clone(),
                    moderates: page.role.moderates(),
                    muted: false,
                })
            })
        })
    }
}
