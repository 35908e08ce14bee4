//! Buffer of moments around the time that plays, without a browser.

use std::sync::Arc;

use bandstand_domain::{
    Millis,
    chat::ChatMessage,
    crowd::{CROWD_MOMENT, CrowdMoment, Gesture},
    recordings::Moments,
};

/// Milliseconds before the time that plays from which on moments are loaded after a seek.
const BEFORE: i64 = 5 * Millis::MINUTE;
/// Milliseconds that are loaded ahead of what plays, at the least.
const AHEAD: i64 = Millis::MINUTE;
/// Milliseconds behind what plays after which moments are forgotten.
const BEHIND: i64 = 15 * Millis::MINUTE;
/// The longest step of the time that plays which is no seek, in milliseconds.
const STEP: i64 = 3 * Millis::SECOND;
/// The most messages that are kept behind what plays.
const KEPT: usize = 500;

/// Moments that are loaded: a window that goes along with what plays, and begins anew after a seek.
#[derive(Debug, Default)]
pub struct MomentBuffer {
    from: Millis,
    until: Millis,
    /// In the order in which they were sent.
    messages: Vec<Arc<ChatMessage>>,
    /// In the order of time.
    crowd: Vec<CrowdMoment>,
}

impl MomentBuffer {
    /// Instant from which moments are to be loaded next, while `now` plays; none where there are enough.
    pub fn wanted(&self, now: Millis) -> Option<Millis> {
        let (behind, ahead) = (now.since(self.from), self.until.since(now));
        // Where much was said there is enough of it behind.
        let few = self.messages_at(now).len() < KEPT;
        if behind < 0 || ahead < -BEFORE || behind < BEFORE / 2 && few {
            return Some(now.plus(-BEFORE));
        }
        (ahead < AHEAD).then_some(self.until)
    }

    /// Takes moments that were loaded from `asked` on, while `now` plays, and forgets what is far behind.
    pub fn take(&mut self, asked: Millis, moments: Moments, now: Millis) {
        if asked != self.until {
            *self = Self { from: asked, ..Self::default() };
        }
        self.until = moments.until;
        self.messages.extend(moments.messages.into_iter().map(Arc::new));
        // The first may be the one that went on at the end of the last window.
        let last = self.crowd.last().map(|it| it.at);
        self.crowd.extend(moments.crowd.into_iter().filter(|it| Some(it.at) > last));
        self.forget(now);
    }

    /// Messages sent up to `now`, the oldest first.
    pub fn messages_at(&self, now: Millis) -> &[Arc<ChatMessage>] {
        &self.messages[..self.messages.partition_point(|it| it.sent_at <= now)]
    }

    /// Number of people who were there at `now`.
    pub fn count_at(&self, now: Millis) -> u32 {
        // A moment that is missing is as the one before it.
        let moment = self.moment_at(now).filter(|it| now.since(it.at) < 2 * CROWD_MOMENT);
        moment.map_or(0, |it| it.count)
    }

    /// Likes up to `now`, where they are known.
    pub fn likes_at(&self, now: Millis) -> Option<u64> {
        self.moment_at(now).map(|it| it.likes)
    }

    /// Gestures of the seconds that began after `before` and up to `now`; none after a seek.
    pub fn gestures_between(&self, before: Millis, now: Millis) -> Vec<(Gesture, u32)> {
        if !(0..=STEP).contains(&now.since(before)) {
            return Vec::new();
        }
        let since = before.plus(-CROWD_MOMENT);
        let moments = &self.crowd[self.crowd.partition_point(|it| it.at < since)..];
        let moments = moments.iter().take_while(|it| it.at <= now);
        let made = |(second, ..): &&(u8, Gesture, u32), at: Millis| {
            let at = at.plus(i64::from(*second) * Millis::SECOND);
            before < at && at <= now
        };
        let gestures =
            moments.flat_map(|it| it.gestures.iter().filter(move |one| made(one, it.at)));
        gestures.map(|(_, gesture, count)| (*gesture, *count)).collect()
    }

    fn moment_at(&self, now: Millis) -> Option<&CrowdMoment> {
        self.crowd[..self.crowd.partition_point(|it| it.at <= now)].last()
    }

    fn forget(&mut self, now: Millis) {
        let since = now.plus(-BEHIND);
        self.crowd.retain(|it| it.at >= since);
        let old = self.messages.partition_point(|it| it.sent_at < since);
        let surplus = self.messages_at(now).len().saturating_sub(KEPT);
        self.messages.drain(..old.max(surplus));
        self.from = self.from.max(since.min(self.until));
        if let Some(first) = self.messages.first().filter(|_| surplus > old) {
            self.from = self.from.max(first.sent_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{PersonId, chat::MessageId};
    use uuid::Uuid;

    use super::*;

    /// Wall-clock time of a minute.
    fn minute(minute: i64) -> Millis {
        Millis(1_000_020_000_000).plus(minute * Millis::MINUTE)
    }

    fn said(at: Millis) -> ChatMessage {
        ChatMessage {
            id: MessageId(Uuid::from_u128(u128::from(at.0.unsigned_abs()))),
            author: PersonId::new("ada"),
            name: "Ada".into(),
            from_artist: false,
            badge: None,
            text: String::new(),
            sent_at: at,
            position: at.0,
            replies_to: None,
            mentions: vec![],
            files: Vec::new(),
            edited_at: None,
            replies: 0,
            reactions: vec![],
        }
    }

    /// Three people for each ten seconds of the even minutes, who wave in the fifth.
    fn crowd(from: Millis, until: Millis) -> Vec<CrowdMoment> {
        let times = (from.0 + 1..until.0).filter(|it| it % CROWD_MOMENT == 0);
        let times = times.filter(|it| it / Millis::MINUTE % 2 == 0);
        let moment = |at| CrowdMoment {
            at: Millis(at),
            count: 3,
            likes: u64::try_from(at - minute(0).0).unwrap() / 1_000,
            gestures: vec![(4, Gesture::Wave, 2)],
        };
        times.map(moment).collect()
    }

    /// Answer of the venue: a message each `every` milliseconds, at most 200 of ten minutes.
    fn answer(from: Millis, every: i64) -> Moments {
        let until = from.plus((10 * Millis::MINUTE).min(200 * every));
        let times = (from.0..until.0).filter(|it| it % every == 0);
        let crowd = crowd(from.plus(-CROWD_MOMENT), until);
        Moments { messages: times.map(|it| said(Millis(it))).collect(), crowd, until }
    }

    /// Loads all that is wanted while `now` plays; from which instants on.
    fn load(buffer: &mut MomentBuffer, now: Millis, every: i64) -> Vec<Millis> {
        let mut asked = Vec::new();
        while let Some(from) = buffer.wanted(now) {
            buffer.take(from, answer(from, every), now);
            asked.push(from);
            assert!(asked.len() < 100, "{asked:?}");
        }
        asked
    }

    #[test]
    fn what_was_said_shows_when_its_moment_comes_and_not_before() {
        let mut buffer = MomentBuffer::default();
        assert!(buffer.messages_at(minute(60)).is_empty());
        assert_eq!(load(&mut buffer, minute(60), Millis::MINUTE), [minute(55)]);
        let count = |now| buffer.messages_at(now).len();
        assert_eq!((count(minute(60)), count(minute(61).plus(-1)), count(minute(61))), (6, 6, 7));
    }

    #[test]
    fn windows_are_loaded_ahead_and_forgotten_behind() {
        let mut buffer = MomentBuffer::default();
        let mut asked = Vec::new();
        for time in 60..120 {
            asked.extend(load(&mut buffer, minute(time), Millis::MINUTE));
            assert!(buffer.messages.len() <= 30, "{}", buffer.messages.len());
        }
        assert_eq!(asked[..3], [minute(55), minute(65), minute(75)]);
        assert_eq!(asked.len(), 7);
        let shown = buffer.messages_at(minute(119));
        assert!(shown.windows(2).all(|it| it[0].sent_at < it[1].sent_at));
        assert_eq!(shown.last().unwrap().sent_at, minute(119));
    }

    #[test]
    fn a_seek_shows_what_was_said_before_it() {
        let mut buffer = MomentBuffer::default();
        load(&mut buffer, minute(60), Millis::MINUTE);
        // Far on, back again, and a step that is loaded already.
        assert_eq!(load(&mut buffer, minute(90), Millis::MINUTE), [minute(85)]);
        assert_eq!(buffer.messages_at(minute(90)).len(), 6);
        assert_eq!(load(&mut buffer, minute(30), Millis::MINUTE), [minute(25)]);
        assert_eq!(buffer.messages_at(minute(30)).len(), 6);
        assert_eq!(load(&mut buffer, minute(29), Millis::MINUTE), []);
        assert_eq!(buffer.messages_at(minute(29)).len(), 5);
        // A gap is left out.
        assert_eq!(load(&mut buffer, minute(36), Millis::MINUTE), [minute(35)]);
    }

    #[test]
    fn crowd_is_there_and_moves_at_its_moment() {
        let mut buffer = MomentBuffer::default();
        for time in 60..75 {
            load(&mut buffer, minute(time), Millis::MINUTE);
        }
        assert!(buffer.crowd.windows(2).all(|it| it[0].at < it[1].at));
        assert!(buffer.crowd.len() <= 150, "{}", buffer.crowd.len());
        let at = |seconds: i64| minute(74).plus(seconds * Millis::SECOND);
        let counts = [0, 59, 69, 70, 80].map(|it| buffer.count_at(at(it)));
        assert_eq!(counts, [3, 3, 3, 0, 0]);
        assert_eq!(buffer.likes_at(at(25)), Some(74 * 60 + 20));
        assert_eq!(buffer.likes_at(minute(20)), None);
        let waves = |from, to| buffer.gestures_between(at(from), at(to));
        assert_eq!(waves(3, 4), [(Gesture::Wave, 2)]);
        assert_eq!((waves(4, 5), waves(4, 4), waves(5, 3)), (vec![], vec![], vec![]));
        assert_eq!(waves(0, 30), [], "a seek");
    }

    #[test]
    fn where_much_is_said_memory_is_bounded_and_all_of_it_loaded() {
        let mut buffer = MomentBuffer::default();
        let asked = load(&mut buffer, minute(60), 100);
        assert_eq!(asked.first(), Some(&minute(55)));
        let shown = buffer.messages_at(minute(60));
        assert_eq!((shown.len(), shown[KEPT - 1].sent_at), (KEPT, minute(60)));
        assert!(buffer.messages.len() <= KEPT + 800, "{}", buffer.messages.len());
        assert_eq!(load(&mut buffer, minute(60), 100), []);
    }
}
