//! Loudness of a crowd: how much it did in each second of a show, and where that was most.

use crate::{Millis, crowd::CROWD_MOMENT};

/// The most loud moments that are told of a show.
pub const MAX_LOUD_MOMENTS: usize = 5;
/// Seconds over which is summed: a crowd doesn't clap at once.
const WINDOW: usize = 10;
/// Seconds of what is loud that count as one moment.
const APART: usize = 60;
/// Least that is loud within [`WINDOW`]: two people who wave are no uproar.
const LEAST: u32 = 8;
/// The most seconds that are looked at: two days.
const MAX_SECONDS: i64 = 48 * 60 * 60;

/// Loudness of a crowd: messages, likes and gestures by the second.
#[derive(Clone, Debug)]
pub struct CrowdLoudness {
    from: Millis,
    seconds: Vec<u32>,
}

impl CrowdLoudness {
    /// A crowd that was quiet between two instants.
    pub fn new(from: Millis, until: Millis) -> Self {
        let seconds = (until.since(from) / Millis::SECOND).clamp(0, MAX_SECONDS);
        Self { from, seconds: vec![0; usize::try_from(seconds).unwrap_or_default()] }
    }

    /// The instant up to which it is looked at.
    pub fn ends(&self) -> Millis {
        let seconds = i64::try_from(self.seconds.len()).unwrap_or(MAX_SECONDS);
        self.from.plus(seconds * Millis::SECOND)
    }

    /// Notes that the crowd did so much in the second of an instant.
    pub fn note(&mut self, at: Millis, count: u32) {
        let second = at.since(self.from).div_euclid(Millis::SECOND);
        let second = usize::try_from(second).ok().and_then(|it| self.seconds.get_mut(it));
        if let Some(sum) = second {
            *sum = sum.saturating_add(count);
        }
    }

    /// Notes that the crowd did so much in the ten seconds of a moment, nobody knows when in it.
    pub fn note_moment(&mut self, at: Millis, count: u32) {
        let seconds = u32::try_from(CROWD_MOMENT / Millis::SECOND).unwrap_or(1);
        for second in 0..seconds {
            let done = |seconds: u32| u64::from(count) * u64::from(seconds);
            let part = done(second + 1) / u64::from(seconds) - done(second) / u64::from(seconds);
            let part = u32::try_from(part).unwrap_or(u32::MAX);
            self.note(at.plus(i64::from(second) * Millis::SECOND), part);
        }
    }

    /// Moments that stand out, in order: the beginnings of their ten seconds, in milliseconds since the first
    /// instant. Each is the loudest for a minute before and after it.
    pub fn loudest(&self) -> Vec<u64> {
        let sums = self.sums();
        let usual = median(&sums);
        // More than chance makes of a crowd that does as much as usual (four deviations of a Poisson process).
        let chance = f64::from(usual) + 4.0 * f64::from(usual).sqrt();
        let least = LEAST.max(usual.saturating_mul(2)).max(chance.ceil() as u32);
        let is_peak = |(second, sum): &(usize, u32)| {
            let before = &sums[second.saturating_sub(APART)..*second];
            let after = &sums[second + 1..sums.len().min(second + 1 + APART)];
            *sum >= least && before.iter().all(|it| it < sum) && after.iter().all(|it| it <= sum)
        };
        let mut peaks: Vec<_> = sums.iter().copied().enumerate().filter(is_peak).collect();
        peaks.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        peaks.truncate(MAX_LOUD_MOMENTS);
        let mut times: Vec<_> = peaks.iter().map(|(second, _)| *second as u64 * 1_000).collect();
        times.sort_unstable();
        times
    }

    /// Sums of the ten seconds from each on.
    fn sums(&self) -> Vec<u32> {
        let mut sum = self.seconds.iter().take(WINDOW).map(|it| u64::from(*it)).sum::<u64>();
        let bounded = |sum: u64| u32::try_from(sum).unwrap_or(u32::MAX);
        let Some(steps) = self.seconds.len().checked_sub(WINDOW) else { return Vec::new() };
        let mut sums = vec![bounded(sum)];
        for second in 0..steps {
            sum += u64::from(self.seconds[second + WINDOW]);
            sum -= u64::from(self.seconds[second]);
            sums.push(bounded(sum));
        }
        sums
    }
}

fn median(sums: &[u32]) -> u32 {
    let mut sums = sums.to_vec();
    let middle = sums.len() / 2;
    if sums.is_empty() { 0 } else { *sums.select_nth_unstable(middle).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Millis = Millis(1_000_000_500);

    fn second(second: i64) -> Millis {
        FROM.plus(second * Millis::SECOND)
    }

    /// An hour in which each second has so much, in turn.
    fn hour(usual: &[u32]) -> CrowdLoudness {
        let mut crowd = CrowdLoudness::new(FROM, second(3_600));
        for (at, count) in (0..3_600).zip(usual.iter().cycle()) {
            crowd.note(second(at), *count);
        }
        crowd
    }

    #[test]
    fn nothing_stands_out_of_a_crowd_that_does_what_it_always_does() {
        for usual in [&[0][..], &[1, 0, 0, 0], &[3], &[40, 50, 60]] {
            assert!(hour(usual).loudest().is_empty(), "{usual:?}");
        }
        let mut few = hour(&[0]);
        few.note(second(100), LEAST - 1);
        assert!(few.loudest().is_empty());
        assert!(CrowdLoudness::new(FROM, second(WINDOW as i64 - 1)).loudest().is_empty());
        assert!(CrowdLoudness::new(FROM, FROM.plus(-1)).loudest().is_empty());
    }

    #[test]
    fn a_peak_is_told_once_from_before_its_first_second() {
        let mut crowd = hour(&[1, 0]);
        // A storm of half a minute, whose sides are loud as well.
        for (at, count) in (600..630).zip((1..=15).chain((1..=15).rev())) {
            crowd.note(second(at), count * 2);
        }
        let peaks = crowd.loudest();
        let [peak] = peaks[..] else { panic!("{peaks:?}") };
        assert!((605_000..=612_000).contains(&peak), "{peak}");
        // Of one second, it begins as early as it is in the sum.
        let mut crowd = hour(&[0]);
        crowd.note(second(100), 50);
        assert_eq!(crowd.loudest(), [91_000]);
    }

    #[test]
    fn at_most_five_are_told_the_loudest_in_the_order_of_time() {
        let mut crowd = hour(&[1]);
        for (minute, count) in
            [(5, 60), (10, 90), (20, 50), (30, 100), (40, 70), (45, 80), (50, 40)]
        {
            crowd.note(second(minute * 60), count);
        }
        let minutes: Vec<_> = crowd.loudest().iter().map(|it| it.div_ceil(60_000)).collect();
        assert_eq!(minutes, [5, 10, 30, 40, 45]);
    }

    #[test]
    fn peaks_are_a_minute_apart() {
        let mut crowd = hour(&[0]);
        for at in (0..3_600).step_by(30) {
            crowd.note(second(at), 20 + u32::try_from(at % 90).unwrap());
        }
        let peaks = crowd.loudest();
        assert!(!peaks.is_empty());
        assert!(peaks.windows(2).all(|it| it[1] - it[0] > 60_000), "{peaks:?}");
    }

    #[test]
    fn what_is_known_by_the_moment_is_spread_over_it() {
        let mut crowd = CrowdLoudness::new(FROM, second(60));
        crowd.note_moment(second(20), 25);
        assert_eq!(crowd.seconds.iter().sum::<u32>(), 25);
        assert_eq!(crowd.seconds[20..30], [2, 3, 2, 3, 2, 3, 2, 3, 2, 3]);
        // What is before and after isn't played.
        crowd.note_moment(second(-5), 10);
        crowd.note(second(60), 7);
        crowd.note(second(-1), 7);
        assert_eq!(crowd.seconds.iter().sum::<u32>(), 30);
    }

    #[test]
    fn a_night_of_much_noise_is_bounded() {
        let mut crowd = CrowdLoudness::new(FROM, FROM.plus(i64::MAX / 2));
        assert_eq!(crowd.seconds.len() as i64, MAX_SECONDS);
        for at in [100, 101, 5_000] {
            crowd.note(second(at), u32::MAX);
            crowd.note(second(at), u32::MAX);
        }
        assert_eq!(crowd.loudest().len(), 2);
    }
}
