//! Facts of the crowd for one on stage: who somebody is, who stands beside them, how much is
//! clapped.

use bandstand_domain::PersonId;

use super::{CrowdFigure, CrowdState};
use crate::crowd::layout::{Side, Spot, scale};

/// Half the width of a figure, as a part of its height: what is taken for it.
const HALF: f32 = 0.21;
/// Height of a figure from the crown that is taken for it, likewise.
const REACH: f32 = 0.75;

/// Direction from one figure to another, as the viewer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureStep {
    /// To the next one on the left.
    Left,
    /// To the next one on the right.
    Right,
    /// To the row behind.
    Back,
    /// To the row before.
    Front,
}

/// Somebody who is pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Somebody {
    /// Name.
    pub name: String,
    /// True if they are marked.
    pub marked: bool,
    /// Middle of the figure and its crown, in CSS pixels.
    pub at: (f32, f32),
}

impl CrowdState {
    /// Turns the crowd, so that it is seen from this side.
    pub fn turn(&mut self, side: Side) {
        self.side = side;
    }

    /// Marks these people, and nobody else.
    pub fn mark(&mut self, people: Vec<PersonId>) {
        self.marked = people;
    }

    /// Number of gestures so far.
    pub fn cheers(&self) -> u64 {
        self.cheers
    }

    /// Points at the figure at a point in CSS pixels, or at nobody. Returns whether that is somebody
    /// else than before.
    pub fn point(&mut self, at: Option<(f32, f32)>) -> bool {
        let found = at.and_then(|(x, y)| {
            self.nearest(|figure, spot| {
                let tall = self.layout.tall * scale(spot.row);
                let crown = spot.y + tall * (1.0 - figure.look.height) - tall * 0.1;
                let inside =
                    (x - spot.x).abs() < tall * HALF && (crown..crown + tall * REACH).contains(&y);
                inside.then_some((f32::from(spot.row), (x - spot.x).abs()))
            })
        });
        self.point_at(found)
    }

    /// Points at somebody beside whom it was pointed at; at the best place first. Returns whether
    /// that is somebody else than before.
    pub fn step(&mut self, step: FigureStep) -> bool {
        let from = self.pointed.as_ref().and_then(|person| self.places.of(person));
        let Some(from) = from.and_then(|place| self.layout.spots.get(place as usize)).copied()
        else {
            let first = self.nearest(|figure, _| Some((figure.place as f32, 0.0)));
            return self.point_at(first);
        };
        let found = self.nearest(|_, spot| {
            let (aside, behind) = (spot.x - from.x, f32::from(spot.row) - f32::from(from.row));
            let ahead = match step {
                FigureStep::Left => -aside,
                FigureStep::Right => aside,
                FigureStep::Back => behind,
                FigureStep::Front => -behind,
            };
            let beside = matches!(step, FigureStep::Left | FigureStep::Right);
            (ahead > 0.0 && !(beside && behind != 0.0)).then_some((ahead, aside.abs()))
        });
        found.is_some() && self.point_at(found)
    }

    /// Person who is pointed at.
    pub fn pointed(&self) -> Option<Somebody> {
        let person = self.pointed.as_ref()?;
        let (figure, spot) = self.seen(self.places.of(person)?)?;
        let tall = self.layout.tall * scale(spot.row);
        Some(Somebody {
            name: figure.name.clone(),
            marked: self.marked.contains(person),
            at: (spot.x, spot.y + tall * (1.0 - figure.look.height)),
        })
    }

    /// Place of whoever is pointed at.
    pub fn pointed_place(&self) -> Option<u32> {
        self.places.of(self.pointed.as_ref()?)
    }

    /// Places of those who are marked and here.
    pub fn marked_places(&self) -> impl Iterator<Item = u32> {
        self.marked.iter().filter_map(|person| self.places.of(person))
    }

    /// Names of all who are here, those who are marked first, and whether they are.
    pub fn names(&self) -> Vec<(String, bool)> {
        let name = |place: u32| Some(self.seen(place)?.0.name.clone());
        let marked: Vec<u32> = self.marked_places().collect();
        let others = (0..self.places.extent() as u32).filter(|place| !marked.contains(place));
        let named = |place: u32| name(place).map(|name| (name, marked.contains(&place)));
        marked.iter().copied().chain(others).filter_map(named).collect()
    }

    fn point_at(&mut self, place: Option<u32>) -> bool {
        let person = place.and_then(|place| self.places.at(place)).cloned();
        let other = person != self.pointed;
        self.pointed = person;
        other
    }

    fn seen(&self, place: u32) -> Option<(&CrowdFigure, &Spot)> {
        let figure = self.figures[self.figure_at(place)? as usize].as_ref()?;
        Some((figure, self.layout.spots.get(place as usize)?))
    }

    /// Place of the figure for which `far` is least; it is none for those that are out of question.
    fn nearest(&self, far: impl Fn(&CrowdFigure, &Spot) -> Option<(f32, f32)>) -> Option<u32> {
        let all = (0..self.places.extent() as u32).filter_map(|place| {
            let (figure, spot) = self.seen(place)?;
            Some((far(figure, spot)?, place))
        });
        let less = |one: &((f32, f32), u32), other: &((f32, f32), u32)| {
            one.0.0.total_cmp(&other.0.0).then(one.0.1.total_cmp(&other.0.1))
        };
        all.min_by(less).map(|(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{
        ShowId,
        crowd::{CrowdSnapshot, Figure},
    };
    use uuid::Uuid;

    use super::*;

    fn house(people: usize) -> CrowdState {
        let mut state = CrowdState::default();
        let figures = (0..people).map(|i| Figure {
            person: PersonId::new(format!("p{i}")),
            name: format!("Name {i}"),
            look: None,
        });
        let figures = figures.collect();
        state.turn(Side::Front);
        state.reset(
            CrowdSnapshot {
                show: ShowId(Uuid::nil()),
                figures,
                count: Some(people as u32),
                peak: 0,
                likes: 0,
            },
            0.0,
        );
        state.fit(820.0, 480.0);
        state
    }

    #[test]
    fn pointer_names_whoever_stands_before_the_others() {
        let mut state = house(200);
        let spot = state.layout().spots[0];
        let tall = state.layout().tall;
        assert!(state.point(Some((spot.x, spot.y + tall * 0.5))));
        let somebody = state.pointed().unwrap();
        assert_eq!((somebody.name.as_str(), somebody.at.0), ("Name 0", spot.x));
        assert!(!state.point(Some((spot.x + 1.0, spot.y + tall * 0.5))), "the same one");
        assert!(state.point(Some((spot.x, 2.0))));
        assert_eq!(state.pointed(), None);
    }

    #[test]
    fn arrows_reach_everybody_of_a_row_and_the_other_rows() {
        let mut state = house(60);
        assert!(state.step(FigureStep::Right));
        assert_eq!(state.pointed().unwrap().name, "Name 0");
        while state.step(FigureStep::Left) {}
        let mut row = 1;
        while state.step(FigureStep::Right) {
            row += 1;
        }
        assert_eq!(row, state.layout().spots[..60].iter().filter(|spot| spot.row == 0).count());
        let mut rows = 1;
        while state.step(FigureStep::Back) {
            rows += 1;
        }
        let farthest = state.layout().spots[..60].iter().map(|spot| spot.row).max().unwrap();
        assert_eq!(rows, farthest + 1);
        assert!(state.step(FigureStep::Front));
    }

    #[test]
    fn marked_people_come_first_in_the_list() {
        let mut state = house(5);
        state.mark(vec![PersonId::new("p3"), PersonId::new("elsewhere")]);
        let names = state.names();
        assert_eq!(names[0], ("Name 3".into(), true));
        assert_eq!(names.iter().filter(|(_, marked)| *marked).count(), 1);
        assert_eq!(names.len(), 5);
    }
}
