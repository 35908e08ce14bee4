//! Polling for the token of a device login: what follows from each answer, without a clock.

use std::time::Duration;

/// Added to the pause between two polls when the venue asks for that (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// Answer to a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollAnswer {
    /// The token.
    Token(String),
    /// Nobody has decided.
    Pending,
    /// Nobody has decided, and polls come too often.
    SlowDown,
    /// The person said no.
    Denied,
    /// The code is good no more.
    Expired,
    /// There is no telling: the venue wasn't reached, or has no time; after so long it may be asked again.
    Unknown(Option<Duration>),
}

/// Next step of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollStep {
    /// Poll again after this.
    Wait(Duration),
    /// It is over, with the token.
    Token(String),
    /// It is over, without one.
    Failed(&'static str),
}

/// A device login that is waited for.
#[derive(Clone, Copy, Debug)]
pub struct LoginPolls {
    pause: Duration,
    life: Duration,
}

impl LoginPolls {
    /// Polls with `pause` between them, for `life` at the most.
    pub fn new(pause: Duration, life: Duration) -> Self {
        Self { pause: pause.max(Duration::from_secs(1)), life }
    }

    /// The first step.
    pub fn begin(&self) -> PollStep {
        PollStep::Wait(self.pause)
    }

    /// The step after an answer that came when the login was `age` old.
    pub fn after(&mut self, answer: PollAnswer, age: Duration) -> PollStep {
        const EXPIRED: &str = "The code has expired. Begin anew with: login";
        let wait = match answer {
            PollAnswer::Token(token) => return PollStep::Token(token),
            PollAnswer::Denied => return PollStep::Failed("The code was refused."),
            PollAnswer::Expired => return PollStep::Failed(EXPIRED),
            PollAnswer::Pending => self.pause,
            PollAnswer::SlowDown => {
                self.pause += SLOWER;
                self.pause
            }
            PollAnswer::Unknown(wait) => self.pause.max(wait.unwrap_or_default()),
        };
        if age + wait >= self.life { PollStep::Failed(EXPIRED) } else { PollStep::Wait(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn polls_go_on_until_there_is_a_decision() {
        let mut polls = LoginPolls::new(seconds(5), seconds(600));
        assert_eq!(polls.begin(), PollStep::Wait(seconds(5)));
        assert_eq!(polls.after(PollAnswer::Pending, seconds(5)), PollStep::Wait(seconds(5)));
        let token = PollAnswer::Token("t".into());
        assert_eq!(polls.after(token, seconds(10)), PollStep::Token("t".into()));
        for over in [PollAnswer::Denied, PollAnswer::Expired] {
            assert!(matches!(polls.after(over, seconds(10)), PollStep::Failed(_)));
        }
    }

    #[test]
    fn polls_slow_down_for_good_and_wait_for_a_venue_that_is_away() {
        let mut polls = LoginPolls::new(seconds(5), seconds(600));
        assert_eq!(polls.after(PollAnswer::SlowDown, seconds(5)), PollStep::Wait(seconds(10)));
        assert_eq!(polls.after(PollAnswer::Pending, seconds(15)), PollStep::Wait(seconds(10)));
        let busy = PollAnswer::Unknown(Some(seconds(30)));
        assert_eq!(polls.after(busy, seconds(20)), PollStep::Wait(seconds(30)));
        let away = PollAnswer::Unknown(None);
        assert_eq!(polls.after(away, seconds(50)), PollStep::Wait(seconds(10)));
    }

    #[test]
    fn polls_end_with_the_code_whatever_the_venue_says() {
        let mut polls = LoginPolls::new(seconds(0), seconds(600));
        assert_eq!(polls.begin(), PollStep::Wait(seconds(1)), "never in a tight loop");
        assert_eq!(polls.after(PollAnswer::Pending, seconds(598)), PollStep::Wait(seconds(1)));
        let last = polls.after(PollAnswer::Unknown(None), seconds(599));
        assert!(matches!(last, PollStep::Failed(_)));
    }
}
