//! Refusals of the stage, told apart from those of a proxy in front of it, without a clock.

use std::time::Duration;

use tokio::time::Instant;

/// Time for which the stage may be somebody else's before this gives up: after a break of the line, one's own session
/// before may still hold it.
const CONFLICT: Duration = Duration::from_secs(60);

/// Refusals with one status, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageRefusals {
    first: Option<(u16, Instant)>,
}

impl StageRefusals {
    /// Notes a refusal with `status`; true when it is the venue's last word: it comes a second time, and the API has
    /// `answered` right after each. What doesn't come by the API may be a proxy's, of a venue that restarts.
    pub fn is_final(&mut self, status: u16, answered: bool, now: Instant) -> bool {
        if !answered {
            self.first = None;
            return false;
        }
        match self.first {
            Some((first, since)) if first == status => {
                status != 409 || now.duration_since(since) >= CONFLICT
            }
            _ => {
                self.first = Some((status, now));
                false
            }
        }
    }

    /// There was a line, or no refusal.
    pub fn forget(&mut self) {
        self.first = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_final_the_second_time_and_while_the_venue_answers() {
        let now = Instant::now();
        let mut refusals = StageRefusals::default();
        for _ in 0..10 {
            assert!(!refusals.is_final(404, false, now), "a proxy of a venue that is away");
        }
        // As the venue comes back, between the two questions.
        assert!(!refusals.is_final(404, true, now));
        assert!(!refusals.is_final(403, true, now), "another one");
        assert!(refusals.is_final(403, true, now));
        refusals.forget();
        assert!(!refusals.is_final(403, true, now));
    }

    #[test]
    fn a_stage_that_is_taken_is_waited_for() {
        let begun = Instant::now();
        let mut refusals = StageRefusals::default();
        for seconds in 0..60 {
            assert!(!refusals.is_final(409, true, begun + Duration::from_secs(seconds)));
        }
        assert!(refusals.is_final(409, true, begun + CONFLICT));
    }
}
