//! State of the crowd: persons, places and gestures. It is told the time, in milliseconds of any
//! monotonic clock.

use bandstand_domain::{
    PersonId,
    crowd::{CrowdChange, CrowdSnapshot, Figure, Gesture},
};

use super::{
    layout::{Layout, Side},
    look::Look,
    places::Places,
};

/// Duration of an arrival, in milliseconds.
pub const COMING: f64 = 480.0;
/// Duration of a departure, in milliseconds.
pub const LEAVING: f64 = 520.0;
/// Duration of a walk to another place, in milliseconds.
pub const WALKING: f64 = 900.0;
/// Duration of a jump, in milliseconds.
pub const JUMP: f64 = 520.0;
/// Duration of a heart's rise, in milliseconds.
pub const HEART: f64 = 1_700.0;
/// The most hearts in the air; the oldest go first.
const MAX_HEARTS: usize = 160;
/// The farthest place that is still well seen; one's own is never farther.
const NEAR: u32 = 22;
/// Time between two people who move up, in milliseconds.
const MOVING_UP: f64 = 160.0;

/// Somebody's figure.
#[derive(Clone, Debug)]
pub struct CrowdFigure {
    /// Tells one figure from another that was kept at the same index before.
    pub generation: u32,
    /// Name of the person.
    pub name: String,
    /// Look.
    pub look: Look,
    /// Their place.
    pub place: u32,
    /// Origin of a walk, in CSS pixels, and its begin.
    pub walk: Option<(f32, f32, f64)>,
    /// Time of their arrival.
    pub came: f64,
    /// Time of their departure; a figure that leaves has no place any more.
    pub left: Option<f64>,
    /// Gesture with its begin and its end.
    pub gesture: Option<(Gesture, f64, f64)>,
}

/// A heart in the air.
#[derive(Clone, Copy, Debug)]
pub struct Heart {
    /// Place that it rises from.
    pub place: u32,
    /// Since when.
    pub since: f64,
}

/// Everybody who is present.
///
/// Invariant: `at[place]` is the index of the figure of whoever stands at that place in `places`.
#[derive(Debug, Default)]
pub struct CrowdState {
    places: Places,
    at: Vec<u32>,
    /// All figures, those who leave included. An index is used again once its figure is gone.
    figures: Vec<Option<CrowdFigure>>,
    vacant: Vec<u32>,
    me: Option<PersonId>,
    side: Side,
    /// Person who is pointed at, to be named.
    pointed: Option<PersonId>,
    /// People who are marked for whoever sees them from the stage: the artist's helpers.
    marked: Vec<PersonId>,
    /// Number of gestures so far.
    cheers: u64,
    layout: Layout,
    hearts: Vec<Heart>,
    generation: u32,
    last_move: f64,
    busy_until: f64,
    leaving: usize,
    version: u64,
    pub(super) level: f32,
    energy: f32,
    beat: f32,
}

impl CrowdState {
    /// Takes all who are present. Those who were known keep their places.
    pub fn reset(&mut self, snapshot: CrowdSnapshot, now: f64) {
        let gone: Vec<PersonId> = {
            let present: std::collections::HashSet<&PersonId> =
                snapshot.figures.iter().map(|figure| &figure.person).collect();
            self.places.people().filter(|person| !present.contains(person)).cloned().collect()
        };
        for person in gone {
            self.leave(&person, now);
        }
        // A crowd that is found comes in like a wave from the front, not all in one blink.
        let mut delay = 0.0;
        for figure in snapshot.figures {
            if self.come(figure, now + f64::min(delay, 900.0)) {
                delay += 3.0;
            }
        }
        self.come_near();
    }

    /// Lets people come, go and move.
    pub fn change(&mut self, change: CrowdChange, now: f64) {
        for figure in change.came {
            self.come(figure, now);
        }
        for person in &change.left {
            self.leave(person, now);
        }
        for (person, gesture) in &change.gestures {
            if let Some(place) = self.places.of(person) {
                self.gesture(place, *gesture, now);
            }
        }
        let more: u32 = change.more.iter().map(|(_, count)| count).sum();
        self.cheers += change.gestures.len() as u64 + u64::from(more);
        // Who else did it isn't told: people here and there do.
        let all = self.places.extent() as u32;
        for (gesture, count) in change.more {
            for number in 0..count.min(all) {
                let place = (number * all / count.min(all) + now as u32) % all;
                if self.places.taken(place) {
                    self.gesture(place, gesture, now);
                }
            }
        }
        self.come_near();
    }

    /// Forgets everybody at once.
    pub fn clear(&mut self) {
        let (me, layout) = (self.me.take(), std::mem::take(&mut self.layout));
        let (generation, version) = (self.generation, self.version + 1);
        let (side, marked) = (self.side, std::mem::take(&mut self.marked));
        *self = Self { me, side, marked, layout, generation, version, ..Self::default() };
    }

    /// Says which of them is looking.
    pub fn set_me(&mut self, me: Option<PersonId>) {
        if me != self.me {
            self.me = me;
            self.come_near();
        }
    }

    /// Number of people who are present.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The viewer's own place.
    pub fn my_place(&self) -> Option<u32> {
        self.places.of(self.me.as_ref()?)
    }

    /// The viewer's own row; 0 is the first.
    pub fn my_row(&self) -> Option<u16> {
        Some(self.layout.spots.get(self.my_place()? as usize)?.row)
    }

    /// Crown of a person's figure, in CSS pixels.
    pub fn crown_of(&self, person: &PersonId) -> Option<(f32, f32)> {
        let spot = self.layout.spots.get(self.places.of(person)? as usize)?;
        Some((spot.x, spot.y))
    }

    /// Sets the loudness of the music, 0 to 1.
    pub fn set_level(&mut self, level: f32) {
        self.level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
    }

    /// Energy of the music (slow) and its loudness at this moment (quick), 0 to 1.
    pub fn music(&self) -> (f32, f32) {
        (self.energy, self.beat)
    }

    /// Layout of the places.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Grows with everybody who comes and goes: what is drawn by it is as it was while it is the same.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All figures by index; an index stays the same while the figure is there.
    pub fn figures(&self) -> &[Option<CrowdFigure>] {
        &self.figures
    }

    /// The index of the figure at a place.
    pub fn figure_at(&self, place: u32) -> Option<u32> {
        self.places.taken(place).then(|| self.at[place as usize])
    }

    /// Hearts in the air.
    pub fn hearts(&self) -> &[Heart] {
        &self.hearts
    }

    /// Returns whether something moves that wants every frame: the music, or people.
    pub fn busy(&self, now: f64) -> bool {
        now < self.busy_until || self.energy > 0.02
    }

    /// Grows the layout with the crowd, or lays it out anew for another size. Returns whether the
    /// size changed, so that what was drawn for it is of no use any more.
    pub fn fit(&mut self, width: f32, height: f32) -> bool {
        let (width, height) = (width.max(40.0), height.max(24.0));
        let layout = &self.layout;
        let resized = (layout.side, layout.width, layout.height) != (self.side, width, height);
        if resized || self.places.extent() > self.layout.spots.len() {
            let people = self.places.extent().max(32).next_power_of_two();
            self.layout = Layout::new(self.side, width, height, people);
        }
        resized
    }

    /// Lets time pass: `elapsed` milliseconds up to `now`. Returns whether somebody changed places
    /// or is gone, so that the order of drawing is another one.
    pub fn pass(&mut self, now: f64, elapsed: f64) -> bool {
        let quick = 1.0 - (-elapsed as f32 / 70.0).exp();
        let slow = 1.0 - (-elapsed as f32 / 900.0).exp();
        self.beat += (self.level - self.beat) * quick;
        self.energy += (self.level - self.energy) * slow;
        self.hearts.retain(|heart| now - heart.since < HEART);
        let mut changed = false;
        if self.leaving > 0 || now < self.busy_until + 100.0 {
            for index in 0..self.figures.len() {
                let Some(figure) = &mut self.figures[index] else { continue };
                if figure.left.is_some_and(|left| now - left >= LEAVING) {
                    self.figures[index] = None;
                    self.vacant.push(index as u32);
                    self.leaving -= 1;
                    changed = true;
                    continue;
                }
                if figure.gesture.is_some_and(|(_, _, until)| now >= until) {
                    figure.gesture = None;
                }
                if figure.walk.is_some_and(|(_, _, since)| now - since >= WALKING) {
                    figure.walk = None;
                }
            }
        }
        if now - self.last_move >= MOVING_UP
            && let Some((from, to)) = self.places.move_up()
        {
            self.last_move = now;
            let index = self.at[from as usize];
            self.at[to as usize] = index;
            self.walk(index, from, to, now);
            changed = true;
        }
        changed
    }

    /// Lets somebody come; false when they are there, and may have another name or look now.
    fn come(&mut self, Figure { person, name, look }: Figure, now: f64) -> bool {
        let look = Look::of(person.seed(), look);
        if let Some(place) = self.places.of(&person) {
            if let Some(figure) = &mut self.figures[self.at[place as usize] as usize] {
                figure.name = name;
            }
            self.dress(place, look);
            return false;
        }
        let Some(place) = self.places.come(person) else { return false };
        self.generation = self.generation.wrapping_add(1);
        self.version += 1;
        let figure = Some(CrowdFigure {
            generation: self.generation,
            name,
            look,
            place,
            walk: None,
            came: now,
            left: None,
            gesture: None,
        });
        let index = match self.vacant.pop() {
            Some(index) => {
                self.figures[index as usize] = figure;
                index
            }
            None => {
                self.figures.push(figure);
                self.figures.len() as u32 - 1
            }
        };
        if self.at.len() <= place as usize {
            self.at.resize(place as usize + 1, 0);
        }
        self.at[place as usize] = index;
        self.stay_busy(now + COMING);
        true
    }

    fn dress(&mut self, place: u32, look: Look) {
        let Some(figure) = &mut self.figures[self.at[place as usize] as usize] else { return };
        if figure.look == look {
            return;
        }
        figure.look = look;
        // What was drawn of them is of no use any more.
        self.generation = self.generation.wrapping_add(1);
        figure.generation = self.generation;
        self.version += 1;
    }

    fn leave(&mut self, person: &PersonId, now: f64) {
        let Some(place) = self.places.leave(person) else { return };
        self.version += 1;
        if let Some(figure) = &mut self.figures[self.at[place as usize] as usize] {
            figure.left = Some(now);
            self.leaving += 1;
        }
        self.stay_busy(now + LEAVING);
    }

    fn gesture(&mut self, place: u32, gesture: Gesture, now: f64) {
        let Some(figure) = &mut self.figures[self.at[place as usize] as usize] else { return };
        let lasts = match gesture {
            Gesture::Applause => 1_400.0,
            Gesture::Heart => 900.0,
            Gesture::Wave => 1_900.0,
            Gesture::Jump => JUMP,
        };
        // The same again goes on: no jerk back to its beginning, and a jump ends on the ground.
        let begun = match figure.gesture {
            Some((same, begun, until)) if same == gesture && now < until => begun,
            _ => now,
        };
        let until = match gesture {
            Gesture::Jump => begun + JUMP * ((now - begun + JUMP * 0.6) / JUMP).ceil(),
            _ => now + lasts,
        };
        figure.gesture = Some((gesture, begun, until));
        self.stay_busy(until);
        if gesture == Gesture::Heart {
            if self.hearts.len() >= MAX_HEARTS {
                self.hearts.remove(0);
            }
            self.hearts.push(Heart { place, since: now });
            self.stay_busy(now + HEART);
        }
    }

    /// Brings the viewer to a place where they see themselves.
    fn come_near(&mut self) {
        let Some(place) = self.my_place().filter(|place| *place > NEAR) else { return };
        let seed = self.me.as_ref().map_or(0, PersonId::seed);
        let other = 7 + (seed % u64::from(NEAR - 7)) as u32;
        if !self.places.taken(other) {
            return;
        }
        self.places.swap(place, other);
        self.version += 1;
        self.at.swap(place as usize, other as usize);
        for (index, place) in [(self.at[other as usize], other), (self.at[place as usize], place)] {
            if let Some(figure) = &mut self.figures[index as usize] {
                figure.place = place;
            }
        }
    }

    fn walk(&mut self, index: u32, from: u32, to: u32, now: f64) {
        let start = self.layout.spots.get(from as usize).copied();
        if let Some(figure) = &mut self.figures[index as usize] {
            figure.place = to;
            figure.walk = start.map(|spot| (spot.x, spot.y, now));
        }
        self.stay_busy(now + WALKING);
    }

    fn stay_busy(&mut self, until: f64) {
        self.busy_until = self.busy_until.max(until);
    }
}

pub mod house;
#[cfg(test)]
mod tests;
