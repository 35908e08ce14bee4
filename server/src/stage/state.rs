//! State machine of a stage, without clock or database.
//!
//! ```text
//! Empty ──arrived──▶ Live ◀──pause──▶ Paused
//!                     │ ▲              │ ▲
//!                  lost arrived, back lost back
//!                     ▼ │              ▼ │
//!                      ─────Dropped─────          anything ──end──▶ Ended, for good
//! ```

use bandstand_domain::{Millis, stage::StageState};

/// Known state of a show's stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageRecord {
    /// State of the stage.
    pub state: StageState,
    /// Number of the latest publication: the media core lets only its publisher send.
    pub publication: i64,
    /// Time at which the artist first went on stage.
    pub live_since: Option<Millis>,
}

/// Input that may change a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageInput {
    /// The first picture or sound of this publication came in; happens once to each.
    Arrived {
        /// Its number.
        publication: i64,
    },
    /// Nobody sends any more, or nothing has come for a while from whoever does.
    Lost,
    /// The publisher that was silent is heard again.
    Back {
        /// They had taken a break.
        paused: bool,
    },
    /// The artist takes a break, or is back from it.
    Pause(bool),
    /// The artist ends the show, or it ended long ago.
    End,
}

/// Reason for which an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRefused {
    /// The show has ended.
    Over,
    /// Nobody is on stage.
    NobodyThere,
}

impl StageRecord {
    /// The stage after `input`; `None` when it changes nothing.
    ///
    /// # Errors
    /// [`InputRefused`] for what needs somebody on stage, or a show that isn't over.
    pub fn after(self, input: StageInput, now: Millis) -> Result<Option<Self>, InputRefused> {
        use StageState::{Dropped, Empty, Ended, Live, Paused};
        let next = match (self.state, input) {
            (Ended, StageInput::End | StageInput::Lost | StageInput::Back { .. }) => self,
            (Ended, _) => return Err(InputRefused::Over),
            (_, StageInput::End) => Self { state: Ended, ..self },
            // Told even when the stage was live already: an older studio learns by it that it was
            // replaced.
            (_, StageInput::Arrived { publication }) if publication >= self.publication => {
                let live_since = Some(self.live_since.unwrap_or(now));
                return Ok(Some(Self { state: Live, publication, live_since }));
            }
            (_, StageInput::Arrived { .. }) => self,
            (Live | Paused, StageInput::Lost) => Self { state: Dropped, ..self },
            (Empty | Dropped, StageInput::Lost) => self,
            (Dropped, StageInput::Back { paused: false }) => Self { state: Live, ..self },
            (Dropped, StageInput::Back { paused: true }) => Self { state: Paused, ..self },
            (Empty | Live | Paused, StageInput::Back { .. }) => self,
            (Live | Paused, StageInput::Pause(true)) => Self { state: Paused, ..self },
            (Live | Paused, StageInput::Pause(false)) => Self { state: Live, ..self },
            (Empty | Dropped, StageInput::Pause(_)) => return Err(InputRefused::NobodyThere),
        };
        Ok((next != self).then_some(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(5_000);

    fn stage(state: StageState) -> StageRecord {
        StageRecord { state, publication: 3, live_since: Some(Millis(1_000)) }
    }

    fn state_after(state: StageState, input: StageInput) -> Result<StageState, InputRefused> {
        let before = stage(state);
        before.after(input, NOW).map(|after| after.unwrap_or(before).state)
    }

    #[test]
    fn a_show_from_the_first_sound_to_the_end() {
        use StageState::{Dropped, Ended, Live, Paused};
        let empty = StageRecord { state: StageState::Empty, publication: 0, live_since: None };
        let live = empty.after(StageInput::Arrived { publication: 1 }, NOW).unwrap().unwrap();
        assert_eq!(live, StageRecord { state: Live, publication: 1, live_since: Some(NOW) });
        let paused = live.after(StageInput::Pause(true), NOW).unwrap().unwrap();
        assert_eq!(paused.state, Paused);
        let dropped = paused.after(StageInput::Lost, NOW).unwrap().unwrap();
        assert_eq!(dropped.state, Dropped);
        let later = NOW.plus(60_000);
        let back = dropped.after(StageInput::Arrived { publication: 2 }, later).unwrap().unwrap();
        assert_eq!(back, StageRecord { state: Live, publication: 2, live_since: Some(NOW) });
        let ended = back.after(StageInput::End, later).unwrap().unwrap();
        assert_eq!(ended.state, Ended);
        assert_eq!(ended.after(StageInput::End, later), Ok(None));
        assert_eq!(ended.after(StageInput::Lost, later), Ok(None));
        for refused in [StageInput::Arrived { publication: 9 }, StageInput::Pause(false)] {
            assert_eq!(ended.after(refused, later), Err(InputRefused::Over));
        }
    }

    #[test]
    fn a_newer_studio_takes_over_and_an_older_one_changes_nothing() {
        let live = stage(StageState::Live);
        assert_eq!(live.after(StageInput::Arrived { publication: 3 }, NOW), Ok(Some(live)));
        assert_eq!(live.after(StageInput::Arrived { publication: 2 }, NOW), Ok(None));
        let taken = live.after(StageInput::Arrived { publication: 4 }, NOW).unwrap().unwrap();
        assert_eq!((taken.state, taken.publication), (StageState::Live, 4));
    }

    #[test]
    fn who_was_silent_is_back_where_they_were() {
        use StageState::{Dropped, Empty, Live, Paused};
        let back = |paused| StageInput::Back { paused };
        assert_eq!(state_after(Dropped, back(false)), Ok(Live));
        assert_eq!(state_after(Dropped, back(true)), Ok(Paused));
        for state in [Empty, Live, Paused] {
            assert_eq!(state_after(state, back(false)), Ok(state));
        }
    }

    #[test]
    fn a_break_needs_somebody_on_stage() {
        use StageState::{Dropped, Empty, Live, Paused};
        for state in [Empty, Dropped] {
            assert_eq!(state_after(state, StageInput::Pause(true)), Err(InputRefused::NobodyThere));
            assert_eq!(state_after(state, StageInput::Lost), Ok(state));
        }
        assert_eq!(state_after(Paused, StageInput::Pause(true)), Ok(Paused));
        assert_eq!(state_after(Paused, StageInput::Pause(false)), Ok(Live));
    }
}
