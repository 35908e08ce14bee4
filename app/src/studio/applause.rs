//! Applause meter: how loud the house is, by the gestures of all who are in it.

/// Milliseconds in which applause that has stopped falls to a third.
const FADING: f64 = 3_500.0;
/// Gestures a second of each person at which a house couldn't be louder.
const ROARING: f64 = 1.2;
/// The fewest people by whom a house is measured: one alone who claps doesn't bring it down.
const SMALLEST_HOUSE: u32 = 3;

/// Loudness of the house, in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loudness {
    /// Nobody claps.
    #[default]
    Quiet,
    /// Some do.
    Warm,
    /// Many do.
    Loud,
    /// All do.
    Roaring,
}

impl Loudness {
    /// Loudness at a level.
    pub fn at(level: f64) -> Self {
        match level {
            level if level < 0.06 => Self::Quiet,
            level if level < 0.4 => Self::Warm,
            level if level < 0.8 => Self::Loud,
            _ => Self::Roaring,
        }
    }
}

/// Counts gestures, and forgets them as they fade. It is told the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applause {
    heat: f64,
    counted: u64,
    at: f64,
}

impl Applause {
    /// Begins at `now`, in milliseconds, when there were as many gestures already.
    pub fn new(counted: u64, now: f64) -> Self {
        Self { heat: 0.0, counted, at: now }
    }

    /// Level at `now`, 0 to 1, when there were `gestures` so far in a house of `people`. A tenth of the
    /// people is nearly a third as loud as all of them, as ears hear it.
    pub fn level(&mut self, gestures: u64, people: u32, now: f64) -> f64 {
        let passed = (now - self.at).max(0.0);
        let more = gestures.saturating_sub(self.counted) as f64;
        self.heat = self.heat * (-passed / FADING).exp() + more;
        (self.counted, self.at) = (gestures, now);
        let most = f64::from(people.max(SMALLEST_HOUSE)) * ROARING * FADING / 1_000.0;
        (self.heat / most).sqrt().min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Level after `seconds` in which so many gestures come every second.
    fn after(applause: &mut Applause, people: u32, every_second: u64, seconds: u64) -> f64 {
        let mut level = 0.0;
        for _ in 0..seconds {
            let (gestures, now) = (applause.counted + every_second, applause.at + 1_000.0);
            level = applause.level(gestures, people, now);
        }
        level
    }

    #[test]
    fn a_house_that_claps_as_one_roars_and_falls_silent_again() {
        for people in [3, 40, 2_000] {
            let mut applause = Applause::new(17, 0.0);
            assert_eq!(applause.level(17, people, 500.0), 0.0);
            let loud = after(&mut applause, people, u64::from(people) * 2, 6);
            assert_eq!(Loudness::at(loud), Loudness::Roaring, "{people}");
            let silent = after(&mut applause, people, 0, 25);
            assert_eq!(Loudness::at(silent), Loudness::Quiet, "{people}");
        }
    }

    #[test]
    fn a_few_in_a_large_house_are_heard_and_one_alone_is_not_all() {
        let mut applause = Applause::default();
        let some = after(&mut applause, 400, 40, 6);
        assert_eq!(Loudness::at(some), Loudness::Warm);
        let mut applause = Applause::default();
        let alone = after(&mut applause, 1, 1, 6);
        assert!(Loudness::at(alone) != Loudness::Roaring && alone > 0.3);
    }
}
