//! The clock of a source: when what it sends is heard.
//!
//! Programs send bursts, pages of a second, and files a little too fast; networks hold up seconds, and hand them over
//! at once. What counts is by samples, then: the sound of a source is one line, of which viewers hear what comes a
//! little after it has come ([`crate::Playout`]). This clock says where that line lies. Where viewers hear a pause,
//! or something is left out so that they don't hear it late, the line moves once it is sure that it has to: a
//! recording has all of the sound, without gaps that are none.

use std::time::Duration;

use crate::playout::{LEAD, MAX_IDLE, RATE, WINDOW};

/// Microseconds, signed.
type Micros = i64;

/// Time through which all has to come late before the line moves: what the network held up has come by then.
const DOUBT: Micros = 1_000_000;
/// Time without any sound after which the line begins anew.
const PAUSE: Micros = 4_000_000;
/// Lead that nobody hears: more of it is given up little by little, so much in a window.
const SMALL_LEAD: Micros = 250_000;
const SLEW: Micros = 5_000;

/// Clock of a source, which is told the time since whatever beginning.
#[derive(Clone, Debug, Default)]
pub struct SourceClock {
    line: Option<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    /// Time at which the stream's first sample is heard, or would have been.
    base: Micros,
    /// Time at which sound last came.
    came: Micros,
    late: Option<Lateness>,
    window: Window,
}

/// Stretch of time, and by how much sound came too late in it at most: usually by less than nothing.
#[derive(Clone, Copy, Debug)]
struct Window {
    begins: Micros,
    most: Micros,
}

/// Lateness of all that has come since some time.
#[derive(Clone, Copy, Debug)]
struct Lateness {
    since: Micros,
    least: Micros,
}

impl SourceClock {
    /// Takes note of sound that came `now`, of which the first sample is `start` after the stream's first one.
    /// Returns by how much the line has leapt ahead, where it was seen that sound comes sooner than it was believed:
    /// what came before would have been heard as much earlier.
    pub fn note(&mut self, now: Duration, start: Duration) -> Option<Duration> {
        let (now, start) = (micros(now), micros(start));
        let heard = now + micros(LEAD) - start;
        let Some(line) = self.line.as_mut().filter(|it| now - it.came < PAUSE) else {
            self.line = Some(Line::new(now, heard));
            return None;
        };
        line.came = now;
        line.look_back(now, heard);
        line.look_ahead(now, heard)
    }

    /// Time at which the sample is heard that is `start` after the stream's first one; zero for before the beginning.
    pub fn heard(&self, start: Duration) -> Duration {
        let base = self.line.as_ref().map_or(0, |it| it.base);
        Duration::from_micros(u64::try_from(base + micros(start)).unwrap_or_default())
    }
}

impl Line {
    fn new(now: Micros, base: Micros) -> Self {
        Line { base, came: now, late: None, window: Window::new(now) }
    }

    /// Moves back where all has come too late for a while: viewers have heard a pause.
    fn look_back(&mut self, now: Micros, heard: Micros) {
        let error = heard - self.base;
        if error <= micros(LEAD) {
            self.late = None;
            return;
        }
        let late = self.late.get_or_insert(Lateness { since: now, least: error });
        late.least = late.least.min(error);
        if now - late.since >= DOUBT {
            self.base += late.least;
            (self.late, self.window) = (None, Window::new(now));
        }
    }

    /// Moves ahead where all has come sooner than it had to; returns by how much it leaps.
    fn look_ahead(&mut self, now: Micros, heard: Micros) -> Option<Duration> {
        if now >= self.window.begins {
            self.window.most = self.window.most.max(heard - self.base);
        }
        if now < self.window.begins + micros(WINDOW) {
            return None;
        }
        let lead = -self.window.most;
        self.window = Window { begins: now, most: Micros::MIN };
        if lead <= micros(time_of(MAX_IDLE)) {
            self.base -= (lead - SMALL_LEAD).clamp(0, SLEW);
            return None;
        }
        self.base -= lead;
        Some(Duration::from_micros(lead.unsigned_abs()))
    }
}

impl Window {
    /// The first pieces that come together count as come when they begin.
    fn new(now: Micros) -> Self {
        Window { begins: now + micros(LEAD), most: Micros::MIN }
    }
}

fn micros(time: Duration) -> Micros {
    Micros::try_from(time.as_micros()).unwrap_or(Micros::MAX / 8).min(Micros::MAX / 8)
}

fn time_of(ticks: u64) -> Duration {
    Duration::from_micros(ticks * 1_000_000 / RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Hears pieces of 250 ms that come at such times; returns by how much the line leapt ahead.
    fn run(
        clock: &mut SourceClock,
        pieces: std::ops::Range<u64>,
        came: impl Fn(u64) -> u64,
    ) -> Duration {
        let leaps = pieces.filter_map(|n| clock.note(ms(came(n)), ms(n * 250)));
        leaps.sum()
    }

    #[test]
    fn even_sound_is_heard_a_little_after_it_came() {
        let mut clock = SourceClock::default();
        // Up to 150 ms late, now and then.
        let leapt = run(&mut clock, 0..400, |n| 1_000 + n * 250 + n * 37 % 150);
        assert_eq!((leapt, clock.heard(ms(0))), (Duration::ZERO, ms(1_200)));
    }

    #[test]
    fn burst_is_heard_before_it_came() {
        let mut clock = SourceClock::default();
        // Five seconds at once, and on at their pace: the first sample would have been heard five seconds earlier.
        let came = |n: u64| if n < 20 { 10_000 } else { 10_000 + (n - 20) * 250 };
        let leapt = run(&mut clock, 0..60, came);
        assert_eq!((leapt, clock.heard(ms(0))), (ms(5_000), ms(5_200)));
        assert_eq!(clock.heard(ms(15_000)), ms(20_200), "as it comes");
    }

    #[test]
    fn held_up_sound_leaves_the_line_where_it_is() {
        let mut clock = SourceClock::default();
        // Three seconds come at once.
        let came = |n: u64| if (40..52).contains(&n) { 14_000 } else { 1_000 + n * 250 };
        assert_eq!(run(&mut clock, 0..100, came), Duration::ZERO);
        assert_eq!(clock.heard(ms(0)), ms(1_200));
    }

    #[test]
    fn pause_of_a_source_moves_the_line() {
        for pause in [3_000, 60_000] {
            let mut clock = SourceClock::default();
            let came = |n: u64| 1_000 + n * 250 + if n >= 40 { pause } else { 0 };
            assert_eq!(run(&mut clock, 0..46, came), Duration::ZERO);
            assert_eq!(clock.heard(ms(10_000)), ms(11_200 + pause));
        }
    }

    #[test]
    fn drifting_source_is_followed() {
        for ppm in [100_i64, -100] {
            let mut clock = SourceClock::default();
            let came = |n: u64| {
                (n * 250_000).saturating_add_signed(n.cast_signed() * ppm / 4) / 1_000 + 1_000
            };
            let leapt = run(&mut clock, 0..40_000, came);
            assert_eq!(leapt, Duration::ZERO);
            let (heard, expected) = (clock.heard(ms(9_999_750)), ms(came(39_999)) + LEAD);
            assert!(heard.abs_diff(expected) <= ms(260), "{ppm}: {heard:?} {expected:?}");
        }
    }
}
