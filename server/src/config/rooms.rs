//! Bounds on rooms.

use std::str::FromStr;

use super::ConfigError;

/// Kind of people who may make rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoomMakers {
    /// Everybody with an account.
    #[default]
    Everybody,
    /// Artists, and who runs the venue.
    Artists,
    /// Who runs the venue alone.
    Operators,
}

impl RoomMakers {
    /// Returns whether somebody of this kind may make rooms.
    pub fn include(self, artist: bool, operator: bool) -> bool {
        match self {
            Self::Everybody => true,
            Self::Artists => artist || operator,
            Self::Operators => operator,
        }
    }
}

impl FromStr for RoomMakers {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "everybody" => Ok(Self::Everybody),
            "artists" => Ok(Self::Artists),
            "operators" => Ok(Self::Operators),
            _ => {
                let message = "it is everybody, artists or operators".into();
                Err(ConfigError::Value { key: "room_makers", message })
            }
        }
    }
}

/// Bounds on rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomBounds {
    /// People who may make rooms.
    pub makers: RoomMakers,
    /// The most rooms in use that one person owns.
    pub max_owned: u32,
}

impl Default for RoomBounds {
    fn default() -> Self {
        RoomBounds { makers: RoomMakers::default(), max_owned: 20 }
    }
}

impl RoomBounds {
    /// Bounds as the operator says.
    ///
    /// # Errors
    /// Returns an error for a word or a number that makes no sense.
    pub fn settle(makers: Option<&str>, max_owned: Option<u32>) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let max_owned = max_owned.unwrap_or(usual.max_owned);
        if max_owned > 200 {
            let message = "it is a number from 0 to 200".into();
            return Err(ConfigError::Value { key: "max_rooms", message });
        }
        Ok(RoomBounds { makers: makers.map_or(Ok(usual.makers), str::parse)?, max_owned })
    }
}
