//! Moments of a crowd, for whoever plays its show again: bookkeeping without clock or database.

use std::collections::VecDeque;

use bandstand_domain::{
    Millis,
    crowd::{CROWD_MOMENT, CrowdMoment, Gesture},
};

/// The most moments that wait to be written; the oldest go first.
const MAX_WAITING: usize = 6;

/// Moments of a crowd that aren't written yet: numbers alone, of nobody in particular.
#[derive(Debug, Default)]
pub struct MomentLog {
    /// The moment that goes on.
    current: Option<CrowdMoment>,
    waiting: VecDeque<CrowdMoment>,
}

impl MomentLog {
    /// Notes how many are there at `now`, the likes so far, and who has just moved how.
    pub fn note(
        &mut self,
        now: Millis,
        count: u32,
        likes: u64,
        gestures: impl IntoIterator<Item = (Gesture, u32)>,
    ) {
        let at = begin_of(now);
        if self.current.as_ref().is_none_or(|it| it.at != at) {
            self.close();
        }
        let current = self.current.get_or_insert_with(|| CrowdMoment {
            at,
            count: 0,
            likes,
            gestures: Vec::new(),
        });
        (current.count, current.likes) = (current.count.max(count), likes);
        let second = u8::try_from(now.since(at) / Millis::SECOND).unwrap_or_default();
        for (gesture, times) in gestures {
            let same = |it: &&mut (u8, Gesture, u32)| (it.0, it.1) == (second, gesture);
            match current.gestures.iter_mut().find(same) {
                Some((.., count)) => *count = count.saturating_add(times),
                None => current.gestures.push((second, gesture, times)),
            }
        }
    }

    /// Takes what is to be written at `now`: of the moment that goes on, what there is of it.
    pub fn take(&mut self, now: Millis) -> Vec<CrowdMoment> {
        if self.current.as_ref().is_some_and(|it| it.at != begin_of(now)) {
            self.close();
        }
        let current = self.current.clone().filter(|it| it.count > 0);
        self.waiting.drain(..).chain(current).collect()
    }

    fn close(&mut self) {
        let Some(moment) = self.current.take().filter(|it| it.count > 0) else { return };
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(moment);
    }
}

/// Beginning of the moment in which `now` is.
fn begin_of(now: Millis) -> Millis {
    Millis(now.0 - now.0.rem_euclid(CROWD_MOMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(moments: &[CrowdMoment]) -> Vec<i64> {
        moments.iter().map(|it| it.at.0).collect()
    }

    #[test]
    fn moment_has_the_most_who_were_there_and_gestures_by_the_second() {
        let mut log = MomentLog::default();
        log.note(Millis(20_000), 2, 5, []);
        log.note(Millis(23_400), 3, 6, [(Gesture::Wave, 1), (Gesture::Heart, 2)]);
        log.note(Millis(23_900), 1, 6, [(Gesture::Wave, 1)]);
        log.note(Millis(29_999), 1, 7, [(Gesture::Wave, 4)]);
        let gestures = vec![(3, Gesture::Wave, 2), (3, Gesture::Heart, 2), (9, Gesture::Wave, 4)];
        let moment = CrowdMoment { at: Millis(20_000), count: 3, likes: 7, gestures };
        let expected = [moment];
        assert_eq!(log.take(Millis(29_999)), expected, "what there is of it");
        assert_eq!(log.take(Millis(30_000)), expected, "all of it");
        assert_eq!(log.take(Millis(30_000)), []);
    }

    #[test]
    fn nothing_is_kept_while_nobody_is_there_and_what_waits_is_bounded() {
        let mut log = MomentLog::default();
        log.note(Millis(5_000), 0, 0, []);
        log.note(Millis(15_000), 0, 0, []);
        assert_eq!(log.take(Millis(25_000)), []);
        for second in 0..100 {
            log.note(Millis(second * 1_000), 1, 0, [(Gesture::Jump, u32::MAX)]);
        }
        let taken = log.take(Millis(99_000));
        assert_eq!(times(&taken), [30_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000]);
    }
}
