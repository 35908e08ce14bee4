//! Presence at one show, and gestures: bookkeeping without clock, sockets or database.
//!
//! A person is there once, whatever number of connections they have. When the last one goes, they
//! stay for [`GRACE`]: a page that reloads neither leaves nor comes.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use bandstand_domain::{
    PersonId, ShowId,
    crowd::{ChosenLook, CrowdChange, CrowdSnapshot, Figure, GESTURES_A_SECOND, Gesture},
};

/// Grace period of a person whose last connection is gone.
pub const GRACE: Duration = Duration::from_secs(2);
/// The most persons at one show.
pub const MAX_PERSONS: usize = 5_000;
/// The most connections of one person to one show.
pub const MAX_CONNECTIONS: usize = 10;
/// The most gestures that one change tells one by one. What goes beyond is counted: a change goes to
/// everybody, ten times a second, and in a crowd of thousands it would be more than the sound.
pub const MAX_GESTURES: usize = 32;

/// Reason to refuse a person at a show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttendanceRefused {
    /// There are [`MAX_PERSONS`].
    Full,
    /// This person has [`MAX_CONNECTIONS`].
    TooManyConnections,
}

/// The crowd of one show.
#[derive(Debug)]
pub struct Presence {
    show: ShowId,
    persons: HashMap<PersonId, Person>,
    /// In the order of coming; told at the next tick.
    arrivals: Vec<PersonId>,
    /// In the order of time: everybody gets the same grace.
    leaving: VecDeque<(Instant, PersonId)>,
    gestures: Vec<(PersonId, Gesture)>,
    /// Those beyond [`MAX_GESTURES`].
    more: Vec<(Gesture, u32)>,
    peak: u32,
    likes: u64,
    changed: bool,
}

#[derive(Debug)]
struct Person {
    name: String,
    look: Option<ChosenLook>,
    connections: usize,
    leaves_at: Option<Instant>,
    /// True once the others were told of them, by this name and with this look.
    told: bool,
    second: Instant,
    gestures_in_second: u32,
}

impl Presence {
    /// An empty crowd of a show that has had `peak` and `likes`.
    pub fn new(show: ShowId, peak: u32, likes: u64) -> Self {
        Self {
            show,
            persons: HashMap::new(),
            arrivals: Vec::new(),
            leaving: VecDeque::new(),
            gestures: Vec::new(),
            more: Vec::new(),
            peak,
            likes,
            changed: false,
        }
    }

    /// A connection of `person` comes in.
    ///
    /// # Errors
    /// [`AttendanceRefused`].
    pub fn enter(
        &mut self,
        person: &PersonId,
        name: &str,
        now: Instant,
    ) -> Result<(), AttendanceRefused> {
        if let Some(known) = self.persons.get_mut(person) {
            if known.connections >= MAX_CONNECTIONS {
                return Err(AttendanceRefused::TooManyConnections);
            }
            known.connections += 1;
            known.leaves_at = None;
            if known.name != name {
                known.name = name.to_owned();
                self.tell_again(person);
            }
            return Ok(());
        }
        if self.persons.len() >= MAX_PERSONS {
            return Err(AttendanceRefused::Full);
        }
        let newcomer = Person {
            name: name.to_owned(),
            look: None,
            connections: 1,
            leaves_at: None,
            told: false,
            second: now,
            gestures_in_second: 0,
        };
        self.persons.insert(person.clone(), newcomer);
        self.arrivals.push(person.clone());
        self.peak = self.peak.max(self.count());
        self.changed = true;
        Ok(())
    }

    /// A person's figure has this look from now on, if they are there. Returns whether they had another one.
    pub fn dress(&mut self, person: &PersonId, look: Option<ChosenLook>) -> bool {
        let known = self.persons.get_mut(person).filter(|it| it.look != look);
        let Some(known) = known else { return false };
        known.look = look;
        self.tell_again(person);
        true
    }

    /// Tells the others anew who is there, unless that is still to come.
    fn tell_again(&mut self, person: &PersonId) {
        if let Some(known) = self.persons.get_mut(person)
            && known.told
        {
            known.told = false;
            self.arrivals.push(person.clone());
            self.changed = true;
        }
    }

    /// A connection of `person` is gone.
    pub fn leave(&mut self, person: &PersonId, now: Instant) {
        let Some(known) = self.persons.get_mut(person) else { return };
        known.connections = known.connections.saturating_sub(1);
        if known.connections == 0 {
            let leaves_at = now + GRACE;
            known.leaves_at = Some(leaves_at);
            self.leaving.push_back((leaves_at, person.clone()));
        }
    }

    /// A person's figure moves; too much of it is dropped.
    pub fn gesture(&mut self, person: &PersonId, gesture: Gesture, now: Instant) {
        let Some(known) = self.persons.get_mut(person) else { return };
        if now.saturating_duration_since(known.second) >= Duration::from_secs(1) {
            known.second = now;
            known.gestures_in_second = 0;
        }
        if known.gestures_in_second < GESTURES_A_SECOND {
            known.gestures_in_second += 1;
            self.changed = true;
            if self.gestures.len() < MAX_GESTURES {
                self.gestures.push((person.clone(), gesture));
            } else if let Some((_, count)) = self.more.iter_mut().find(|(it, _)| *it == gesture) {
                *count += 1;
            } else {
                self.more.push((gesture, 1));
            }
        }
    }

    /// There are `likes` now. They only grow: an answer that comes late changes nothing.
    pub fn liked(&mut self, likes: u64) {
        if likes > self.likes {
            self.likes = likes;
            self.changed = true;
        }
    }

    /// Returns the change since the last tick; `None` when there is none.
    pub fn tick(&mut self, now: Instant) -> Option<CrowdChange> {
        let mut left = Vec::new();
        while let Some((leaves_at, person)) = self.leaving.pop_front_if(|(at, _)| *at <= now) {
            // Who came back in between has another time to leave at, or none.
            if self.persons.get(&person).is_some_and(|it| it.leaves_at == Some(leaves_at)) {
                self.persons.remove(&person);
                left.push(person);
                self.changed = true;
            }
        }
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut came = Vec::new();
        for person in std::mem::take(&mut self.arrivals) {
            if let Some(known) = self.persons.get_mut(&person) {
                known.told = true;
                came.push(Figure { person, name: known.name.clone(), look: known.look });
            }
        }
        Some(CrowdChange {
            show: self.show,
            came,
            left,
            gestures: std::mem::take(&mut self.gestures),
            more: std::mem::take(&mut self.more),
            count: self.count(),
            peak: self.peak,
            likes: self.likes,
        })
    }
}

impl Presence {
    /// The whole crowd as of the last tick: what a newcomer is told right after it.
    pub fn snapshot(&self) -> CrowdSnapshot {
        let told = self.persons.iter().filter(|(_, it)| it.told);
        let figures = told
            .map(|(person, it)| Figure {
                person: person.clone(),
                name: it.name.clone(),
                look: it.look,
            })
            .collect();
        CrowdSnapshot { show: self.show, figures, count: None, peak: self.peak, likes: self.likes }
    }

    /// Earliest time at which a person leaves.
    pub fn next_leave(&self) -> Option<Instant> {
        self.leaving.front().map(|(at, _)| *at)
    }

    /// Returns whether `person` is there.
    pub fn contains(&self, person: &PersonId) -> bool {
        self.persons.contains_key(person)
    }

    /// Number of persons there.
    pub fn count(&self) -> u32 {
        u32::try_from(self.persons.len()).unwrap_or(u32::MAX)
    }

    /// The most who were there at once.
    pub fn peak(&self) -> u32 {
        self.peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    fn crowd() -> (Presence, Instant) {
        (Presence::new(ShowId(uuid::Uuid::from_u128(1)), 0, 0), Instant::now())
    }

    fn person(name: &str) -> PersonId {
        PersonId::new(name)
    }

    fn names(figures: &[Figure]) -> Vec<&str> {
        figures.iter().map(|figure| figure.name.as_str()).collect()
    }

    #[test]
    fn persons_are_counted_and_not_connections() {
        let (mut crowd, now) = crowd();
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        crowd.enter(&person("bob"), "Bob", now).unwrap();
        let change = crowd.tick(now).unwrap();
        assert_eq!((names(&change.came), change.count, change.peak), (vec!["Ada", "Bob"], 2, 2));
        crowd.leave(&person("ada"), now);
        assert_eq!(crowd.tick(now + GRACE * 2), None);
        crowd.leave(&person("ada"), now);
        let change = crowd.tick(now + GRACE).unwrap();
        assert_eq!((change.left, change.count, change.peak), (vec![person("ada")], 1, 2));
        assert_eq!(names(&crowd.snapshot().figures), ["Bob"]);
    }

    #[test]
    fn a_reload_is_not_seen_and_a_late_leave_removes_nobody_who_came_back() {
        let (mut crowd, now) = crowd();
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        crowd.tick(now);
        crowd.leave(&person("ada"), now);
        crowd.enter(&person("ada"), "Ada", now + GRACE / 2).unwrap();
        assert_eq!(crowd.tick(now + GRACE), None);
        // Leaves again: the grace begins anew.
        crowd.leave(&person("ada"), now + GRACE);
        assert_eq!(crowd.tick(now + GRACE * 2 - TICK), None);
        assert_eq!(crowd.tick(now + GRACE * 2).unwrap().left, [person("ada")]);
        crowd.leave(&person("ada"), now + GRACE * 2);
        assert_eq!((crowd.count(), crowd.next_leave()), (0, None));
    }

    #[test]
    fn who_reloads_twice_has_the_whole_grace_each_time() {
        let (mut crowd, now) = crowd();
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        crowd.tick(now);
        crowd.leave(&person("ada"), now);
        crowd.enter(&person("ada"), "Ada", now + GRACE / 4).unwrap();
        let again = now + GRACE / 2;
        crowd.leave(&person("ada"), again);
        assert_eq!(crowd.tick(now + GRACE), None);
        assert_eq!(crowd.tick(again + GRACE).unwrap().left, [person("ada")]);
    }

    #[test]
    fn a_newcomer_is_told_once_and_a_new_name_again() {
        let (mut crowd, now) = crowd();
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        assert!(crowd.snapshot().figures.is_empty());
        crowd.tick(now);
        assert_eq!(names(&crowd.snapshot().figures), ["Ada"]);
        assert_eq!(crowd.tick(now + TICK), None);
        crowd.enter(&person("ada"), "Ada L.", now).unwrap();
        assert_eq!(names(&crowd.tick(now + TICK).unwrap().came), ["Ada L."]);
        assert_eq!(names(&crowd.snapshot().figures), ["Ada L."]);
    }

    #[test]
    fn a_new_look_is_told_again_and_of_who_is_there_alone() {
        let (mut crowd, now) = crowd();
        let look = ChosenLook::of([1; 7]);
        crowd.dress(&person("eve"), look);
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        crowd.dress(&person("ada"), look);
        let came = crowd.tick(now).unwrap().came;
        assert_eq!((came.len(), came[0].look), (1, look));
        crowd.dress(&person("ada"), look);
        assert_eq!(crowd.tick(now + TICK), None);
        assert_eq!(crowd.snapshot().figures[0].look, look);
    }

    #[test]
    fn gestures_are_limited_by_the_second_and_only_for_those_present() {
        let (mut crowd, now) = crowd();
        crowd.gesture(&person("eve"), Gesture::Jump, now);
        assert_eq!(crowd.tick(now), None);
        crowd.enter(&person("ada"), "Ada", now).unwrap();
        for _ in 0..20 {
            crowd.gesture(&person("ada"), Gesture::Wave, now);
        }
        assert_eq!(crowd.tick(now).unwrap().gestures.len(), GESTURES_A_SECOND as usize);
        crowd.gesture(&person("ada"), Gesture::Wave, now + Duration::from_millis(999));
        assert_eq!(crowd.tick(now + TICK), None);
        crowd.gesture(&person("ada"), Gesture::Wave, now + Duration::from_secs(1));
        assert_eq!(crowd.tick(now + TICK).unwrap().gestures.len(), 1);
    }

    #[test]
    fn gestures_of_a_large_crowd_are_bounded_and_the_rest_is_counted() {
        let (mut crowd, now) = crowd();
        for number in 0..MAX_PERSONS {
            crowd.enter(&person(&number.to_string()), "A", now).unwrap();
        }
        crowd.tick(now);
        for number in 0..MAX_PERSONS {
            let gesture = if number % 2 == 0 { Gesture::Applause } else { Gesture::Jump };
            crowd.gesture(&person(&number.to_string()), gesture, now);
        }
        let change = crowd.tick(now + TICK).unwrap();
        assert_eq!(change.gestures.len(), MAX_GESTURES);
        let half = u32::try_from((MAX_PERSONS - MAX_GESTURES) / 2).unwrap();
        assert_eq!(change.more, [(Gesture::Applause, half), (Gesture::Jump, half)]);
        assert!(serde_json::to_string(&change).unwrap().len() < 4_096);
        crowd.gesture(&person("0"), Gesture::Wave, now + TICK);
        let change = crowd.tick(now + TICK * 2).unwrap();
        assert_eq!((change.gestures.len(), change.more.len()), (1, 0));
    }

    #[test]
    fn there_is_room_for_so_many_persons_and_so_many_pages_of_each() {
        let (mut crowd, now) = crowd();
        for number in 0..MAX_PERSONS {
            crowd.enter(&person(&number.to_string()), "A", now).unwrap();
        }
        assert_eq!(crowd.enter(&person("late"), "Late", now), Err(AttendanceRefused::Full));
        for _ in 1..MAX_CONNECTIONS {
            crowd.enter(&person("0"), "A", now).unwrap();
        }
        assert_eq!(crowd.enter(&person("0"), "A", now), Err(AttendanceRefused::TooManyConnections));
    }

    #[test]
    fn likes_only_grow() {
        let (mut crowd, now) = crowd();
        crowd.liked(5);
        crowd.liked(4);
        assert_eq!(crowd.tick(now).unwrap().likes, 5);
        crowd.liked(5);
        assert_eq!(crowd.tick(now), None);
    }
}
