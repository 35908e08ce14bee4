//! Assignment of people to places, which are numbered from the front and centre outward.

use std::collections::{BTreeSet, HashMap};

use bandstand_domain::PersonId;

/// Places of all persons.
///
/// Invariant: every person has exactly one place, every place at most one person, and `free` holds
/// exactly the empty places below the highest one taken.
#[derive(Debug, Default)]
pub struct Places {
    of: HashMap<PersonId, u32>,
    people: Vec<Option<PersonId>>,
    free: BTreeSet<u32>,
}

impl Places {
    /// Number of people.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// One more than the highest place that is taken.
    pub fn extent(&self) -> usize {
        self.people.len()
    }

    /// Place of a person.
    pub fn of(&self, person: &PersonId) -> Option<u32> {
        self.of.get(person).copied()
    }

    /// Person at a place.
    pub fn at(&self, place: u32) -> Option<&PersonId> {
        self.people.get(place as usize)?.as_ref()
    }

    /// Everybody, by place.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        self.people.iter().flatten()
    }

    /// Gives somebody who comes the best free place; `None` when they are here already.
    pub fn come(&mut self, person: PersonId) -> Option<u32> {
        if self.of.contains_key(&person) {
            return None;
        }
        let place = self.free.pop_first().unwrap_or_else(|| {
            self.people.push(None);
            self.people.len() as u32 - 1
        });
        self.people[place as usize] = Some(person.clone());
        self.of.insert(person, place);
        Some(place)
    }

    /// Frees the place of somebody who leaves.
    pub fn leave(&mut self, person: &PersonId) -> Option<u32> {
        let place = self.of.remove(person)?;
        self.people[place as usize] = None;
        self.free.insert(place);
        self.trim();
        Some(place)
    }

    /// Lets one person from the outer edge move up when there are many gaps further in: the places
    /// from and to. To be called again and again, with time for people to walk in between.
    pub fn move_up(&mut self) -> Option<(u32, u32)> {
        if self.people.len() <= self.of.len() + self.of.len() / 8 + 2 {
            return None;
        }
        let to = self.free.pop_first()?;
        let from = self.people.len() as u32 - 1;
        let person = self.people[from as usize].take()?;
        self.of.insert(person.clone(), to);
        self.people[to as usize] = Some(person);
        self.free.insert(from);
        self.trim();
        Some((from, to))
    }

    /// Lets two people change places. Both have to be taken.
    pub fn swap(&mut self, one: u32, other: u32) {
        self.people.swap(one as usize, other as usize);
        for place in [one, other] {
            if let Some(person) = &self.people[place as usize] {
                self.of.insert(person.clone(), place);
            }
        }
    }

    /// Returns whether somebody stands at a place.
    pub fn taken(&self, place: u32) -> bool {
        self.people.get(place as usize).is_some_and(Option::is_some)
    }

    fn trim(&mut self) {
        while let Some(None) = self.people.last() {
            self.people.pop();
            self.free.remove(&(self.people.len() as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(i: u32) -> PersonId {
        PersonId::new(i.to_string())
    }

    fn check(places: &Places) {
        let seated: Vec<_> = places.people().collect();
        assert_eq!(seated.len(), places.len());
        for seated in seated {
            let place = places.of(seated).unwrap();
            assert_eq!(places.people[place as usize].as_ref(), Some(seated));
        }
        assert_eq!(places.free.len() + places.len(), places.extent());
        assert!(places.free.iter().all(|place| !places.taken(*place)));
    }

    #[test]
    fn everybody_once_and_at_the_same_place_while_present() {
        let mut places = Places::default();
        for i in 0..5_000 {
            assert_eq!(places.come(person(i)), Some(i));
        }
        assert_eq!(places.come(person(7)), None);
        check(&places);
        for i in (0..5_000).filter(|i| i % 10 == 0) {
            places.leave(&person(i)).unwrap();
        }
        assert_eq!(places.len(), 4_500);
        assert_eq!(places.leave(&person(10)), None);
        assert_eq!(places.of(&person(11)), Some(11));
        // The best gap first.
        assert_eq!(places.come(person(9_999)), Some(0));
        check(&places);
    }

    #[test]
    fn a_shrunken_crowd_moves_up_until_it_is_dense() {
        let mut places = Places::default();
        for i in 0..600 {
            places.come(person(i));
        }
        for i in 0..590 {
            places.leave(&person(i));
        }
        while let Some((from, to)) = places.move_up() {
            assert!(to < from);
            check(&places);
        }
        assert_eq!(places.len(), 10);
        assert!(places.extent() <= 13);
        places.swap(places.of(&person(595)).unwrap(), places.of(&person(599)).unwrap());
        check(&places);
    }
}
