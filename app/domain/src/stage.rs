//! Stage of a show: its state, and the tokens to join and to publish.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Millis, PersonId, Refusal, Secret,
    refusal::{Reason, print_text},
    stream_keys::MAX_KEYS,
    text,
    texts::{Tell, Text},
};

/// Encore: the time after the end of a show for which hands and chat stay open, in milliseconds.
pub const ENCORE: i64 = 10 * Millis::MINUTE;

/// Time after the end of a show for which its artist can take that back, in milliseconds.
pub const REOPENING: i64 = 5 * Millis::MINUTE;

/// Reason to refuse a request, particular to the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StageReason {
    /// One has to say how one is called before one can come in.
    Nameless,
    /// The stage is for artists whose e-mail address is confirmed.
    Unconfirmed,
    /// The artist lets in people with an account only.
    MembersOnly,
    /// The show is over.
    Over,
    /// The show is on, or was.
    OnAir,
    /// The end of the show can't be taken back, or not any more.
    TooLate,
    /// Nobody is on stage.
    NotOnStage,
    /// The artist has taken the stage from elsewhere since.
    TakenOver,
    /// The person is banned from the show.
    Banned,
    /// The venue is full.
    Full,
    /// The artist has as many stream keys as one may have.
    TooManyKeys,
}

impl Tell for StageReason {
    fn text(&self) -> Text {
        match self {
            Self::Nameless => text!(refusal.stage.nameless),
            Self::Unconfirmed => text!(refusal.stage.unconfirmed),
            Self::MembersOnly => text!(refusal.stage.members_only),
            Self::Over => text!(refusal.stage.over),
            Self::OnAir => text!(refusal.stage.on_air),
            Self::TooLate => text!(refusal.stage.too_late),
            Self::NotOnStage => text!(refusal.stage.not_on_stage),
            Self::TakenOver => text!(refusal.stage.taken_over),
            Self::Banned => text!(refusal.stage.banned),
            Self::Full => text!(refusal.stage.full),
            Self::TooManyKeys => text!(refusal.stage.too_many_keys, most = MAX_KEYS),
        }
    }
}

print_text!(StageReason);

impl Reason for StageReason {
    fn status(&self) -> u16 {
        match self {
            Self::Nameless => 401,
            Self::Unconfirmed | Self::MembersOnly | Self::Banned => 403,
            Self::Over
            | Self::OnAir
            | Self::TooLate
            | Self::NotOnStage
            | Self::TakenOver
            | Self::TooManyKeys => 409,
            Self::Full => 503,
        }
    }
}

/// Refusal by the stage.
pub type StageError = Refusal<StageReason>;

/// State of a show's stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// The artist hasn't come yet.
    #[default]
    Empty,
    /// The artist is on stage.
    Live,
    /// The artist is on stage and takes a break.
    Paused,
    /// The artist's connection is lost; they may come back.
    Dropped,
    /// The artist has ended the show.
    Ended,
}

impl StageState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Empty, Self::Live, Self::Paused, Self::Dropped, Self::Ended];

    /// The state's name in frames and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Dropped => "dropped",
            Self::Ended => "ended",
        }
    }

    /// Returns whether there is a performance that a viewer can be connected to, even if
    /// interrupted.
    pub const fn is_on_air(self) -> bool {
        matches!(self, Self::Live | Self::Paused | Self::Dropped)
    }

    /// Returns whether a show that ends at `ends_at` is over: ended by its artist, or past its time
    /// with an empty stage.
    pub fn is_over(self, ends_at: Millis, now: Millis) -> bool {
        match self {
            Self::Ended => true,
            Self::Empty => ends_at <= now,
            Self::Live | Self::Paused | Self::Dropped => false,
        }
    }
}

/// Returns the time until which hands and chat stay open at `now`, of a show that ended at `ended_at`;
/// `None` when that is past, or there was no end.
pub fn encore_until(ended_at: Option<Millis>, now: Millis) -> Option<Millis> {
    ended_at.map(|at| at.plus(ENCORE)).filter(|until| now < *until)
}

/// Failure to parse a [`StageState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no such state of a stage")]
pub struct UnknownStageState;

impl FromStr for StageState {
    type Err = UnknownStageState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(UnknownStageState)
    }
}

/// Durable event of a show's stage. In the show's own topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StageEvent {
    /// The state of the stage has changed, another session has taken it, it is kept or recorded, or no longer.
    #[serde(rename = "stage")]
    Changed {
        /// The state from now on.
        state: StageState,
        /// Number of the publication, counted up whenever the stage is taken; a studio that holds a lower
        /// one was replaced.
        publication: i64,
        /// Time at which the artist first went on stage.
        live_since: Option<Millis>,
        /// Time at which the artist ended the show; absent while they haven't.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_at: Option<Millis>,
        /// True while the artist keeps the stage for whoever is on it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
        /// True if the show is to be recorded while it is live.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        records: bool,
        /// True while it is recorded.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        recorded: bool,
    },
}

/// The right to enter one show, for one person, for a short time; each use of it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    /// Goes into [`ClientFrame::Subscribe`](crate::channel::ClientFrame::Subscribe) and, as a bearer token, to WHEP: once to each.
    pub token: Secret,
    /// Public identity of the bearer.
    pub person: PersonId,
    /// Name of the bearer.
    pub name: String,
    /// True if one is the show's artist, who is not drawn in the crowd.
    pub artist: bool,
    /// True if one may delete messages of others, and mute them.
    pub moderates: bool,
    /// True if the artist has muted this person.
    pub muted: bool,
    /// The operator's STUN and TURN servers, with the password for these: an `RTCConfiguration` as JSON.
    /// None where there are no servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Secret>,
}

/// The right to see a stage from its door; a bearer token for WHEP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorToken {
    /// The bearer token.
    pub token: Secret,
    /// ICE servers, as in [`JoinToken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Secret>,
}

/// The right to go on stage; a bearer token for WHIP. Or the right to rehearse: then for the WHIP and the WHEP of
/// the rehearsal, once to each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishToken {
    /// The bearer token.
    pub token: Secret,
    /// ICE servers, as in [`JoinToken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Secret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_states_are_called_alike_in_frames_and_database() {
        for state in StageState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("Live".parse::<StageState>(), Err(UnknownStageState));
    }

    #[test]
    fn show_is_over_when_ended_or_past_its_time_with_an_empty_stage() {
        let over_at = |now: i64| {
            let over = |state: &StageState| state.is_over(Millis(10), Millis(now));
            StageState::ALL.into_iter().filter(over).collect::<Vec<_>>()
        };
        assert_eq!(over_at(9), [StageState::Ended]);
        assert_eq!(over_at(10), [StageState::Empty, StageState::Ended]);
    }

    #[test]
    fn hands_and_chat_stay_open_for_ten_minutes_after_the_end() {
        let until = |now: i64| encore_until(Some(Millis(5)), Millis(now));
        assert_eq!(until(5), Some(Millis(5 + ENCORE)));
        assert_eq!(until(4 + ENCORE), Some(Millis(5 + ENCORE)));
        assert_eq!(until(5 + ENCORE), None);
        assert_eq!(encore_until(None, Millis(5)), None);
    }
}
