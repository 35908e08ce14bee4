//! State machine of a stage, without clock or database.
//!
//! ```text
//! Empty ──arrived──▶ Live ◀──pause──▶ Paused
//!                     │ ▲              │ ▲
//!                  lost arrived, back lost back
//!                     ▼ │              ▼ │
//!                      ─────Dropped─────          anything ──end, close, time up──▶ Ended
//!                                                 Ended ──reopen──▶ Dropped, or Empty as before
//! ```

use bandstand_domain::{
    Millis,
    stage::{REOPENING, StageState},
};

/// Known state of a show's stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageRecord {
    /// State of the stage.
    pub state: StageState,
    /// Number of the latest publication: the media core lets only its publisher send.
    pub publication: i64,
    /// Time at which the artist first went on stage.
    pub live_since: Option<Millis>,
    /// Time at which the show ended; none while it hasn't.
    pub ended_at: Option<Millis>,
    /// Scheduled end of the show.
    pub ends_at: Millis,
    /// The artist keeps the stage for whoever is on it.
    pub kept: bool,
    /// The show is to be recorded while it is live.
    pub records: bool,
    /// It is recorded.
    pub recorded: bool,
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
    /// The artist keeps the stage for whoever is on it, or lets newer sources take over again.
    Keep(bool),
    /// The artist has the show recorded, or no longer.
    Record(bool),
    /// A recorder has begun, or has ended.
    Recorded(bool),
    /// The artist ends the show.
    End,
    /// The show ends if its time was over at `by`: it may have been given more of it meanwhile.
    TimeUp {
        /// The latest scheduled end of a show that ends so.
        by: Millis,
    },
    /// The operator ends the show: at once, with all that goes on after an end, and its artist can't take
    /// that back.
    Close,
    /// The artist takes the end back.
    Reopen,
}

/// Reason for which an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRefused {
    /// The show has ended.
    Over,
    /// It was ended too long ago, or not by its artist.
    TooLate,
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
            (
                Ended,
                StageInput::End
                | StageInput::TimeUp { .. }
                | StageInput::Lost
                | StageInput::Back { .. }
                | StageInput::Recorded(_),
            ) => self,
            (_, StageInput::Close) => Self { ended_at: None, ..self.over() },
            (Ended, StageInput::Reopen) => {
                if self.ended_at.is_none_or(|at| now.since(at) >= REOPENING) {
                    return Err(InputRefused::TooLate);
                }
                let state = if self.live_since.is_some() { Dropped } else { Empty };
                Self { state, ended_at: None, ..self }
            }
            (Ended, _) => return Err(InputRefused::Over),
            (_, StageInput::Reopen) => self,
            (_, StageInput::TimeUp { by }) if self.ends_at > by => self,
            (_, StageInput::End | StageInput::TimeUp { .. }) => {
                Self { ended_at: Some(now), ..self.over() }
            }
            (_, StageInput::Recorded(recorded)) => Self { recorded, ..self },
            // Told even when the stage was live already: an older studio learns by it that it was
            // replaced.
            (_, StageInput::Arrived { publication }) if publication >= self.publication => {
                let live_since = Some(self.live_since.unwrap_or(now));
                return Ok(Some(Self { state: Live, publication, live_since, ..self }));
            }
            (_, StageInput::Arrived { .. }) => self,
            (Live | Paused, StageInput::Lost) => Self { state: Dropped, ..self },
            (Empty | Dropped, StageInput::Lost) => self,
            (Dropped, StageInput::Back { paused: false }) => Self { state: Live, ..self },
            (Dropped, StageInput::Back { paused: true }) => Self { state: Paused, ..self },
            (Empty | Live | Paused, StageInput::Back { .. }) => self,
            (Live | Paused, StageInput::Pause(true)) => Self { state: Paused, ..self },
            (Live | Paused, StageInput::Pause(false)) => Self { state: Live, ..self },
            (Live | Paused | Dropped, StageInput::Keep(kept)) => Self { kept, ..self },
            (Empty | Live | Paused | Dropped, StageInput::Record(records)) => {
                Self { records, ..self }
            }
            (Empty | Dropped, StageInput::Pause(_)) | (Empty, StageInput::Keep(_)) => {
                return Err(InputRefused::NobodyThere);
            }
        };
        Ok((next != self).then_some(next))
    }

    fn over(self) -> Self {
        Self { state: StageState::Ended, kept: false, recorded: false, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(5_000);

    fn stage(state: StageState) -> StageRecord {
        StageRecord {
            state,
            publication: 3,
            live_since: Some(Millis(1_000)),
            ended_at: None,
            ends_at: Millis(4_000),
            kept: false,
            records: true,
            recorded: false,
        }
    }

    fn state_after(state: StageState, input: StageInput) -> Result<StageState, InputRefused> {
        let before = stage(state);
        before.after(input, NOW).map(|after| after.unwrap_or(before).state)
    }

    #[test]
    fn a_show_from_the_first_sound_to_the_end() {
        use StageState::{Dropped, Ended, Live, Paused};
        let empty = StageRecord { publication: 0, live_since: None, ..stage(StageState::Empty) };
        let live = empty.after(StageInput::Arrived { publication: 1 }, NOW).unwrap().unwrap();
        let expected = StageRecord { publication: 1, live_since: Some(NOW), ..stage(Live) };
        assert_eq!(live, expected);
        let paused = live.after(StageInput::Pause(true), NOW).unwrap().unwrap();
        assert_eq!(paused.state, Paused);
        let dropped = paused.after(StageInput::Lost, NOW).unwrap().unwrap();
        assert_eq!(dropped.state, Dropped);
        let later = NOW.plus(60_000);
        let back = dropped.after(StageInput::Arrived { publication: 2 }, later).unwrap().unwrap();
        assert_eq!(back, StageRecord { publication: 2, ..expected });
        let ended = back.after(StageInput::End, later).unwrap().unwrap();
        assert_eq!((ended.state, ended.ended_at), (Ended, Some(later)));
        assert_eq!(ended.after(StageInput::End, later.plus(1)), Ok(None));
        assert_eq!(ended.after(StageInput::Lost, later), Ok(None));
        for refused in [StageInput::Arrived { publication: 9 }, StageInput::Pause(false)] {
            assert_eq!(ended.after(refused, later), Err(InputRefused::Over));
        }
    }

    #[test]
    fn an_end_is_taken_back_within_five_minutes_unless_it_was_the_operators() {
        use StageState::{Dropped, Empty, Ended, Live};
        let ended = stage(Live).after(StageInput::End, NOW).unwrap().unwrap();
        let reopen = |stage: StageRecord, after| stage.after(StageInput::Reopen, NOW.plus(after));
        assert_eq!(reopen(ended, REOPENING - 1), Ok(Some(stage(Dropped))));
        assert_eq!(reopen(ended, REOPENING), Err(InputRefused::TooLate));
        let unseen = StageRecord { live_since: None, ..ended };
        let before = StageRecord { live_since: None, ..stage(Empty) };
        assert_eq!(reopen(unseen, 0), Ok(Some(before)));
        assert_eq!(reopen(stage(Live), 0), Ok(None));
        for closed in [stage(Live), ended] {
            let closed = closed.after(StageInput::Close, NOW).unwrap().unwrap();
            assert_eq!(closed, stage(Ended));
            assert_eq!(reopen(closed, 0), Err(InputRefused::TooLate));
        }
    }

    #[test]
    fn a_show_whose_time_is_over_ends_unless_it_was_given_more() {
        use StageState::{Dropped, Ended, Live, Paused};
        for state in [Live, Paused, Dropped] {
            let up = |by| stage(state).after(StageInput::TimeUp { by: Millis(by) }, NOW);
            assert_eq!(up(3_999), Ok(None));
            let ended = up(4_000).unwrap().unwrap();
            assert_eq!((ended.state, ended.ended_at), (Ended, Some(NOW)));
        }
        assert_eq!(stage(Ended).after(StageInput::TimeUp { by: NOW }, NOW), Ok(None));
    }

    #[test]
    fn a_stage_is_kept_while_the_show_is_on() {
        use StageState::{Dropped, Empty, Ended, Live, Paused};
        for state in [Live, Paused, Dropped] {
            let kept = stage(state).after(StageInput::Keep(true), NOW).unwrap().unwrap();
            assert_eq!(kept, StageRecord { kept: true, ..stage(state) });
            assert_eq!(kept.after(StageInput::Keep(true), NOW), Ok(None));
            let taken = kept.after(StageInput::Arrived { publication: 4 }, NOW).unwrap().unwrap();
            assert!(taken.kept, "whoever comes while nobody is there");
            let ended = kept.after(StageInput::End, NOW).unwrap().unwrap();
            assert!(!ended.kept);
        }
        let refused = |state| stage(state).after(StageInput::Keep(true), NOW);
        assert_eq!(refused(Empty), Err(InputRefused::NobodyThere));
        assert_eq!(refused(Ended), Err(InputRefused::Over));
    }

    #[test]
    fn a_show_is_recorded_or_not_until_it_is_over() {
        use StageState::{Dropped, Empty, Ended, Live, Paused};
        for state in [Empty, Live, Paused, Dropped] {
            let off = stage(state).after(StageInput::Record(false), NOW).unwrap().unwrap();
            assert_eq!(off, StageRecord { records: false, ..stage(state) });
            assert_eq!(off.after(StageInput::Record(false), NOW), Ok(None));
        }
        let refused = stage(Ended).after(StageInput::Record(true), NOW);
        assert_eq!(refused, Err(InputRefused::Over));
    }

    #[test]
    fn a_show_is_told_to_be_recorded_while_a_recorder_is_at_it() {
        use StageState::{Ended, Live};
        let recorded = stage(Live).after(StageInput::Recorded(true), NOW).unwrap().unwrap();
        assert_eq!(recorded, StageRecord { recorded: true, ..stage(Live) });
        let failed = recorded.after(StageInput::Recorded(false), NOW);
        assert_eq!(failed, Ok(Some(stage(Live))), "it is to be recorded still");
        for end in [StageInput::End, StageInput::Close] {
            let ended = recorded.after(end, NOW).unwrap().unwrap();
            assert!(!ended.recorded);
            assert_eq!(ended.after(StageInput::Recorded(true), NOW), Ok(None));
        }
        assert_eq!(stage(Ended).after(StageInput::Recorded(false), NOW), Ok(None));
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
