//! News of a crowd's figures, which the part keeps that paints them: until it is there, the news wait.

use bandstand_domain::{
    PersonId,
    crowd::{CrowdChange, CrowdSnapshot},
};

use super::state::CrowdState;

/// News of the figures.
pub enum CrowdNews {
    /// All who are present.
    All(CrowdSnapshot),
    /// Some come, go and move.
    Changed(CrowdChange),
    /// The viewer's own person.
    Me(Option<PersonId>),
}

/// Takes news into the figures, at a time.
pub type TakeNews = fn(&mut CrowdState, CrowdNews, f64);

/// See [`TakeNews`].
pub fn take(state: &mut CrowdState, news: CrowdNews, now: f64) {
    match news {
        CrowdNews::All(snapshot) => state.reset(snapshot, now),
        CrowdNews::Changed(change) => state.change(change, now),
        CrowdNews::Me(me) => state.set_me(me),
    }
}

/// News that wait. They grow no larger than the crowd: what somebody did meanwhile is over.
#[derive(Default)]
pub struct WaitingNews {
    /// All who are present.
    pub all: Option<CrowdSnapshot>,
    /// The viewer's own person.
    pub me: Option<PersonId>,
}

impl WaitingNews {
    /// Adds news.
    pub fn add(&mut self, news: CrowdNews) {
        match (news, &mut self.all) {
            (CrowdNews::All(snapshot), all) => *all = Some(snapshot),
            (CrowdNews::Changed(change), Some(all)) => {
                let stays = |it: &PersonId| change.came.iter().all(|other| other.person != *it);
                all.figures.retain(|figure| stays(&figure.person));
                all.figures.extend(change.came);
                all.figures.retain(|figure| !change.left.contains(&figure.person));
            }
            // The first news are of all.
            (CrowdNews::Changed(_), None) => {}
            (CrowdNews::Me(me), _) => self.me = me,
        }
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{ShowId, crowd::Figure};
    use uuid::Uuid;

    use super::*;

    fn figure(name: &str) -> Figure {
        Figure { person: PersonId::new(name), name: name.into(), look: None }
    }

    #[test]
    fn waiting_news_are_of_who_is_there_once_each() {
        let show = ShowId(Uuid::nil());
        let change = |came: &[&str], left: &[&str]| {
            let came = came.iter().map(|it| figure(it)).collect();
            let left = left.iter().map(|it| PersonId::new(*it)).collect();
            let (gestures, more) = (Vec::new(), Vec::new());
            CrowdNews::Changed(CrowdChange {
                show,
                came,
                left,
                gestures,
                more,
                count: 0,
                peak: 0,
                likes: 0,
            })
        };
        let mut waiting = WaitingNews::default();
        waiting.add(change(&["early"], &[]));
        assert!(waiting.all.is_none());
        let figures = vec![figure("ada"), figure("bob")];
        waiting.add(CrowdNews::All(CrowdSnapshot {
            show,
            figures,
            count: None,
            peak: 2,
            likes: 0,
        }));
        waiting.add(change(&["eve", "ada"], &["bob"]));
        let names: Vec<_> =
            waiting.all.iter().flat_map(|it| &it.figures).map(|it| &it.name).collect();
        assert_eq!(names, ["eve", "ada"]);
    }
}
