//! Place of a chat.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    ShowId,
    channel::{Topic, UnknownTopic},
    rooms::RoomId,
};

/// Place that has a chat. As text like its topic: `show:ID`, `room:ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ChatPlace {
    /// A show.
    Show(ShowId),
    /// A room.
    Room(RoomId),
}

impl From<ChatPlace> for Topic {
    fn from(place: ChatPlace) -> Self {
        match place {
            ChatPlace::Show(show) => Self::Show(show),
            ChatPlace::Room(room) => Self::Room(room),
        }
    }
}

impl From<ShowId> for ChatPlace {
    fn from(show: ShowId) -> Self {
        Self::Show(show)
    }
}

impl From<RoomId> for ChatPlace {
    fn from(room: RoomId) -> Self {
        Self::Room(room)
    }
}

impl fmt::Display for ChatPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Topic::from(*self).fmt(f)
    }
}

impl From<ChatPlace> for String {
    fn from(place: ChatPlace) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for ChatPlace {
    type Error = UnknownTopic;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for ChatPlace {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            Topic::Show(show) => Ok(Self::Show(show)),
            Topic::Room(room) => Ok(Self::Room(room)),
            _ => Err(UnknownTopic),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn places_are_text() {
        let id = Uuid::from_u128(7);
        for place in [ChatPlace::Show(ShowId(id)), ChatPlace::Room(RoomId(id))] {
            assert_eq!(place.to_string().parse(), Ok(place));
            assert_eq!(serde_json::to_value(place).unwrap(), place.to_string());
            assert_eq!(Topic::from(place).to_string(), place.to_string());
        }
        for bad in ["", "shows", "show:1", "door:00000000-0000-0000-0000-000000000007"] {
            assert!(bad.parse::<ChatPlace>().is_err(), "{bad}");
        }
    }
}
