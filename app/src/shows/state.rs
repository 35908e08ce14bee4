//! State of the list of shows, changed by the events of its topic.

use bandstand_domain::{
    Millis, ShowId,
    channel::Event,
    shows::{Section, ShowCard, ShowEvent, ShowList, WhatsOn},
    stage::StageState,
};

/// Time for which the page opens with a show whose artist is late, while there is another one to come.
const PATIENCE: i64 = 20 * Millis::MINUTE;

/// The list of shows in its three sections, each in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatsOnState {
    /// On stage: as the server said (fullest first), then those who came since.
    pub live: Vec<ShowCard>,
    /// To come, soonest first.
    pub upcoming: ShowList,
    /// Over, latest first.
    pub past: ShowList,
}

impl From<WhatsOn> for WhatsOnState {
    fn from(first: WhatsOn) -> Self {
        Self { live: first.live, upcoming: first.upcoming, past: first.past }
    }
}

impl WhatsOnState {
    /// Takes in what happened; events about anything but the list change nothing.
    pub fn apply(&mut self, event: &Event, now: Millis) {
        match event {
            Event::Show(ShowEvent::Changed { show, .. }) => self.put(show.clone(), now),
            Event::Show(ShowEvent::Deleted { show }) => self.remove(*show),
            _ => {}
        }
    }

    /// Takes in a further page of upcoming or past shows.
    pub fn extend(&mut self, section: Section, page: ShowList, now: Millis) {
        let (Section::Upcoming | Section::Past) = section else { return };
        // First, so that what comes with this page is not taken for something beyond it.
        match section {
            Section::Upcoming => self.upcoming.next = page.next,
            _ => self.past.next = page.next,
        }
        for show in page.shows {
            self.remove(show.id);
            match show.section(now) {
                Section::Live => self.live.push(show),
                Section::Upcoming => insert(&mut self.upcoming.shows, show, upcoming_key),
                Section::Past => insert(&mut self.past.shows, show, past_key),
            }
        }
    }

    /// Lets time pass: shows that nobody came to play are over at their end.
    pub fn pass(&mut self, now: Millis) {
        while let Some(at) =
            self.upcoming.shows.iter().position(|show| show.section(now) != Section::Upcoming)
        {
            let show = self.upcoming.shows.remove(at);
            self.put(show, now);
        }
    }

    /// All that is loaded, each with its section.
    pub fn all(&self) -> impl Iterator<Item = &ShowCard> {
        self.live.iter().chain(&self.upcoming.shows).chain(&self.past.shows)
    }

    /// The show that the page opens with: the fullest stage that somebody plays on, else one to which they
    /// come back, else the next show.
    pub fn first(&self, now: Millis) -> Option<&ShowCard> {
        let is_played = |show: &&ShowCard| show.stage == StageState::Live;
        let is_due = |show: &&ShowCard| now.since(show.starts_at) < PATIENCE;
        let on_air = self.live.iter().find(is_played).or(self.live.first());
        let upcoming = &self.upcoming.shows;
        on_air.or_else(|| upcoming.iter().find(is_due)).or(upcoming.first())
    }

    fn put(&mut self, show: ShowCard, now: Millis) {
        let section = show.section(now);
        if section == Section::Live
            && let Some(place) = self.live.iter_mut().find(|other| other.id == show.id)
        {
            // Nobody changes places on stage because of a new title.
            *place = show;
            return;
        }
        self.remove(show.id);
        match section {
            Section::Live => self.live.push(show),
            Section::Upcoming => place(&mut self.upcoming, show, upcoming_key),
            Section::Past => place(&mut self.past, show, past_key),
        }
    }

    fn remove(&mut self, id: ShowId) {
        for list in [&mut self.live, &mut self.upcoming.shows, &mut self.past.shows] {
            list.retain(|show| show.id != id);
        }
    }
}

type Key = (i64, ShowId);

fn upcoming_key(show: &ShowCard) -> Key {
    (show.starts_at.0, show.id)
}

fn past_key(show: &ShowCard) -> Key {
    (show.starts_at.0.saturating_neg(), show.id)
}

fn insert(list: &mut Vec<ShowCard>, show: ShowCard, key: fn(&ShowCard) -> Key) {
    let at = list.partition_point(|other| key(other) < key(&show));
    list.insert(at, show);
}

/// Puts a show into a list of which further pages may be missing: what belongs beyond the last
/// loaded one stays away, it comes with its page.
fn place(list: &mut ShowList, show: ShowCard, key: fn(&ShowCard) -> Key) {
    let beyond = list.next.is_some() && list.shows.last().is_none_or(|last| key(last) < key(&show));
    if !beyond {
        insert(&mut list.shows, show, key);
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::shows::Artist;
    use uuid::Uuid;

    use super::*;

    const NOW: Millis = Millis(100 * Millis::HOUR);

    fn show(number: u128, hours_from_now: i64, stage: StageState) -> ShowCard {
        let starts_at = NOW.plus(hours_from_now * Millis::HOUR);
        ShowCard {
            id: ShowId(Uuid::from_u128(number)),
            title: format!("Show {number}"),
            genres: vec![],
            artist: Artist { handle: "ada".into(), stage_name: "Ada".into() },
            starts_at,
            ends_at: starts_at.plus(Millis::HOUR),
            time_zone: "UTC".into(),
            starts_text: String::new(),
            stage,
            members_only: false,
            medium: Default::default(),
            artwork: None,
            replay: false,
        }
    }

    fn state(next: Option<&str>) -> WhatsOnState {
        let next = next.map(str::to_owned);
        WhatsOnState {
            live: vec![show(1, 0, StageState::Live), show(2, 0, StageState::Live)],
            upcoming: ShowList {
                shows: vec![show(3, 2, StageState::Empty), show(4, 6, StageState::Empty)],
                next: next.clone(),
            },
            past: ShowList {
                shows: vec![show(5, -3, StageState::Ended), show(6, -9, StageState::Ended)],
                next,
            },
        }
    }

    /// Applies `shows` as changes, and reads the sections as numbers.
    fn check(mut state: WhatsOnState, shows: &[ShowCard], want: [&[u128]; 3]) {
        for show in shows {
            state.apply(
                &Event::Show(ShowEvent::Changed { show: show.clone(), description: None }),
                NOW,
            );
        }
        let numbers = |list: &[ShowCard]| list.iter().map(|show| show.id.0.as_u128()).collect();
        let got: [Vec<u128>; 3] =
            [numbers(&state.live), numbers(&state.upcoming.shows), numbers(&state.past.shows)];
        assert_eq!(got.each_ref().map(Vec::as_slice), want);
    }

    #[test]
    fn shows_move_between_sections_in_order() {
        use StageState::*;
        check(state(None), &[show(9, 4, Empty)], [&[1, 2], &[3, 9, 4], &[5, 6]]);
        check(state(None), &[show(4, 1, Empty)], [&[1, 2], &[4, 3], &[5, 6]]);
        check(state(None), &[show(3, 2, Live)], [&[1, 2, 3], &[4], &[5, 6]]);
        check(state(None), &[show(1, 0, Paused)], [&[1, 2], &[3, 4], &[5, 6]]);
        check(state(None), &[show(1, -4, Ended)], [&[2], &[3, 4], &[5, 1, 6]]);
        check(state(None), &[show(9, 8, Empty), show(9, 8, Empty)], [&[1, 2], &[3, 4, 9], &[5, 6]]);
    }

    #[test]
    fn what_is_beyond_the_loaded_pages_comes_with_its_page() {
        let mut state = state(Some("more"));
        let far = show(9, 20, StageState::Empty);
        check(state.clone(), std::slice::from_ref(&far), [&[1, 2], &[3, 4], &[5, 6]]);
        check(state.clone(), &[show(3, 30, StageState::Empty)], [&[1, 2], &[4], &[5, 6]]);
        let again = show(4, 6, StageState::Empty);
        state.extend(Section::Upcoming, ShowList { shows: vec![again, far], next: None }, NOW);
        check(state, &[], [&[1, 2], &[3, 4, 9], &[5, 6]]);
    }

    #[test]
    fn a_deleted_show_is_nowhere() {
        let mut state = state(None);
        for number in [1, 3, 6, 77] {
            let show = ShowId(Uuid::from_u128(number));
            state.apply(&Event::Show(ShowEvent::Deleted { show }), NOW);
        }
        check(state, &[], [&[2], &[4], &[5]]);
    }

    #[test]
    fn the_page_opens_with_who_plays_and_is_patient_with_who_is_late() {
        let mut state = state(None);
        let first = |state: &WhatsOnState, minutes: i64| {
            state.first(NOW.plus(minutes * Millis::MINUTE)).map(|show| show.id.0.as_u128())
        };
        assert_eq!(first(&state, 0), Some(1));
        state.live[0].stage = StageState::Dropped;
        assert_eq!(first(&state, 0), Some(2));
        state.live[1].stage = StageState::Paused;
        assert_eq!(first(&state, 0), Some(1));
        state.live.clear();
        assert_eq!(first(&state, 2 * 60 + 19), Some(3));
        assert_eq!(first(&state, 2 * 60 + 20), Some(4));
        state.upcoming.shows.truncate(1);
        assert_eq!(first(&state, 2 * 60 + 20), Some(3), "nobody else comes");
        state.upcoming.shows.clear();
        assert_eq!(first(&state, 0), None);
    }

    #[test]
    fn time_passes() {
        let mut state = state(None);
        state.pass(NOW.plus(2 * Millis::HOUR));
        check(state.clone(), &[], [&[1, 2], &[3, 4], &[5, 6]]);
        state.pass(NOW.plus(3 * Millis::HOUR));
        check(state, &[], [&[1, 2], &[4], &[3, 5, 6]]);
    }
}
