//! Who is drawn, where, and what they do.

use super::*;
use bandstand_domain::ShowId;
use uuid::Uuid;

fn person(i: usize) -> PersonId {
    PersonId::new(format!("p{i}"))
}

fn figures(range: std::ops::Range<usize>) -> Vec<Figure> {
    range.map(|i| Figure { person: person(i), name: String::new(), look: None }).collect()
}

fn snapshot(range: std::ops::Range<usize>) -> CrowdSnapshot {
    CrowdSnapshot {
        show: ShowId(Uuid::nil()),
        figures: figures(range),
        count: None,
        peak: 0,
        likes: 0,
    }
}

fn change(came: std::ops::Range<usize>, left: std::ops::Range<usize>) -> CrowdChange {
    CrowdChange {
        show: ShowId(Uuid::nil()),
        came: figures(came),
        left: left.map(person).collect(),
        gestures: Vec::new(),
        more: Vec::new(),
        count: 0,
        peak: 0,
        likes: 0,
    }
}

fn check(state: &CrowdState) {
    let present = state.figures.iter().flatten().filter(|figure| figure.left.is_none());
    let mut places: Vec<u32> = present.map(|figure| figure.place).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), state.count(), "every person exactly once");
    for place in places {
        let figure = state.figures[state.figure_at(place).unwrap() as usize].as_ref();
        assert_eq!(figure.unwrap().place, place);
    }
}

#[test]
fn everybody_is_drawn_once_whatever_comes_and_goes() {
    let mut state = CrowdState::default();
    state.reset(snapshot(0..400), 0.0);
    state.fit(900.0, 260.0);
    state.change(change(390..450, 0..300), 10.0);
    assert_eq!(state.count(), 150);
    check(&state);
    let mut now = 10.0;
    while state.places.extent() > 170 {
        now += 200.0;
        state.pass(now, 16.0);
        check(&state);
    }
    state.reset(snapshot(440..1_000), now);
    assert_eq!(state.count(), 560);
    check(&state);
    state.pass(now + 10_000.0, 16.0);
    assert_eq!(state.figures.iter().flatten().count(), 560, "who left is gone");
    assert!(!state.busy(now + 20_000.0));
    state.clear();
    assert_eq!(state.count(), 0);
}

#[test]
fn a_reconnect_moves_nobody_and_oneself_stands_near() {
    let mut state = CrowdState::default();
    state.set_me(Some(person(300)));
    state.reset(snapshot(0..400), 0.0);
    check(&state);
    assert!(state.my_place().unwrap() <= NEAR);
    let before: Vec<_> = (0..400).map(|i| state.places.of(&person(i))).collect();
    state.reset(snapshot(0..400), 50.0);
    let after: Vec<_> = (0..400).map(|i| state.places.of(&person(i))).collect();
    assert_eq!(before, after);
}

#[test]
fn gestures_go_on_and_end() {
    let mut state = CrowdState::default();
    state.reset(snapshot(0..3), 0.0);
    let mut jumps = change(0..0, 0..0);
    jumps.gestures = vec![(person(1), Gesture::Jump), (person(99), Gesture::Jump)];
    state.change(jumps.clone(), 1_000.0);
    state.change(jumps, 1_400.0);
    let (_, begun, until) = state.figures[1].as_ref().unwrap().gesture.unwrap();
    assert_eq!((begun, until), (1_000.0, 1_000.0 + 2.0 * JUMP));
    let mut heart = change(0..0, 0..0);
    heart.gestures = vec![(person(2), Gesture::Heart); 500];
    state.change(heart, 1_500.0);
    assert_eq!(state.hearts().len(), MAX_HEARTS);
    state.pass(9_000.0, 16.0);
    assert!(state.hearts().is_empty() && !state.busy(9_000.0));
}

#[test]
fn gestures_that_are_only_counted_are_made_by_so_many_people() {
    let mut state = CrowdState::default();
    state.reset(snapshot(0..50), 0.0);
    let mut waves = change(0..0, 0..0);
    waves.more = vec![(Gesture::Wave, 20), (Gesture::Jump, 0)];
    state.change(waves.clone(), 1_000.0);
    let waving = |state: &CrowdState| {
        state.figures.iter().flatten().filter(|it| it.gesture.is_some()).count()
    };
    assert_eq!(waving(&state), 20);
    waves.more = vec![(Gesture::Wave, u32::MAX)];
    state.change(waves.clone(), 1_100.0);
    assert_eq!(waving(&state), 50);
    state.clear();
    state.change(waves, 1_200.0);
}

#[test]
fn the_level_is_bounded() {
    let mut state = CrowdState::default();
    for level in [f32::NAN, -3.0, 7.0] {
        state.set_level(level);
        state.pass(0.0, 100.0);
        assert!((0.0..=1.0).contains(&state.music().1));
    }
}
