//! Durable events: each feature owns its own; on the wire and in the log they are one enum.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
        value::{EnumAccessDeserializer, StrDeserializer},
    },
};

use crate::{
    chat::ChatEvent, happenings::HappeningEvent, notifications::InboxEvent, rooms::RoomEvent,
    shows::ShowEvent, stage::StageEvent, uploads::UploadEvent,
};

/// Durable event of a topic: stored before any subscriber receives it.
///
/// JSON has one level only, `{"posted": {…}}`, so names of variants are unique across the features.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Change of a show; in both kinds of topic.
    Show(ShowEvent),
    /// Change of a show's stage; in the show's own topic.
    Stage(StageEvent),
    /// Change of a show's chat; in the show's own topic.
    Chat(ChatEvent),
    /// Change of a room; in the room's own topic.
    Room(RoomEvent),
    /// Change of a room's happenings; in the room's own topic.
    Happening(HappeningEvent),
    /// Change of an inbox; in its own topic.
    Inbox(InboxEvent),
    /// Change of the files in a room; in the room's own topic.
    Upload(UploadEvent),
}

impl From<ShowEvent> for Event {
    fn from(event: ShowEvent) -> Self {
        Self::Show(event)
    }
}

impl From<StageEvent> for Event {
    fn from(event: StageEvent) -> Self {
        Self::Stage(event)
    }
}

impl From<ChatEvent> for Event {
    fn from(event: ChatEvent) -> Self {
        Self::Chat(event)
    }
}

impl From<RoomEvent> for Event {
    fn from(event: RoomEvent) -> Self {
        Self::Room(event)
    }
}

impl From<HappeningEvent> for Event {
    fn from(event: HappeningEvent) -> Self {
        Self::Happening(event)
    }
}

impl From<InboxEvent> for Event {
    fn from(event: InboxEvent) -> Self {
        Self::Inbox(event)
    }
}

impl From<UploadEvent> for Event {
    fn from(event: UploadEvent) -> Self {
        Self::Upload(event)
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Show(event) => event.serialize(serializer),
            Self::Stage(event) => event.serialize(serializer),
            Self::Chat(event) => event.serialize(serializer),
            Self::Room(event) => event.serialize(serializer),
            Self::Happening(event) => event.serialize(serializer),
            Self::Inbox(event) => event.serialize(serializer),
            Self::Upload(event) => event.serialize(serializer),
        }
    }
}

/// Names of all events in JSON, in the order of [`Name`].
const NAMES: &[&str] = &[
    "show_changed",
    "show_deleted",
    "played",
    "stage",
    "posted",
    "deleted",
    "muted",
    "edited",
    "reacted",
    "pinned",
    "chat_rules",
    "room_changed",
    "room_deleted",
    "members_changed",
    "knocks_changed",
    "noticed",
    "notices_read",
    "notice_withdrawn",
    "file_shared",
    "file_removed",
    "happening_changed",
    "happening_cancelled",
];

/// Name of an event, by which the feature is found that has it.
#[derive(Clone, Copy, Deserialize)]
#[serde(variant_identifier, rename_all = "snake_case")]
enum Name {
    ShowChanged,
    ShowDeleted,
    Played,
    Stage,
    Posted,
    Deleted,
    Muted,
    Edited,
    Reacted,
    Pinned,
    ChatRules,
    RoomChanged,
    RoomDeleted,
    MembersChanged,
    KnocksChanged,
    Noticed,
    NoticesRead,
    NoticeWithdrawn,
    FileShared,
    FileRemoved,
    HappeningChanged,
    HappeningCancelled,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Event", NAMES, EventVisitor)
    }
}

/// Reads the name of an event, then leaves the event to the feature that has it.
struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("enum Event")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Event, A::Error> {
        let (name, content) = access.variant::<Name>()?;
        let event = EnumAccessDeserializer::new(Named { name: NAMES[name as usize], content });
        match name {
            Name::ShowChanged | Name::ShowDeleted | Name::Played => {
                ShowEvent::deserialize(event).map(Event::Show)
            }
            Name::Stage => StageEvent::deserialize(event).map(Event::Stage),
            Name::Posted
            | Name::Deleted
            | Name::Muted
            | Name::Edited
            | Name::Reacted
            | Name::Pinned
            | Name::ChatRules => ChatEvent::deserialize(event).map(Event::Chat),
            Name::RoomChanged | Name::RoomDeleted | Name::MembersChanged | Name::KnocksChanged => {
                RoomEvent::deserialize(event).map(Event::Room)
            }
            Name::Noticed | Name::NoticesRead | Name::NoticeWithdrawn => {
                InboxEvent::deserialize(event).map(Event::Inbox)
            }
            Name::FileShared | Name::FileRemoved => {
                UploadEvent::deserialize(event).map(Event::Upload)
            }
            Name::HappeningChanged | Name::HappeningCancelled => {
                HappeningEvent::deserialize(event).map(Event::Happening)
            }
        }
    }
}

/// A variant whose name was read already.
struct Named<V> {
    name: &'static str,
    content: V,
}

impl<'de, V: VariantAccess<'de>> EnumAccess<'de> for Named<V> {
    type Error = V::Error;
    type Variant = V;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, V), V::Error> {
        let name: StrDeserializer<'static, V::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}
