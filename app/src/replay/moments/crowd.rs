//! Crowd of a show that is played again: as many figures as were there, and what they did. Nothing tells who
//! they were.

use bandstand_domain::{
    Millis, PersonId, ShowId,
    crowd::{CrowdChange, CrowdSnapshot, Figure},
};
use leptos::{portal::Portal, prelude::*};

use super::loader::ReplayedMoments;
use crate::{
    crowd::{CrowdHandle, CrowdView},
    player::WatchSession,
};

/// Place of the crowd on a show's page.
const PLACE: &str = ".stage-crowd";

/// The crowd as it was at the time that plays, in place of the crowd as it is, and the likes up to then.
pub fn crowd_then(session: WatchSession, moments: ReplayedMoments) -> AnyView {
    let (crowd, show) = (CrowdHandle::new(), session.show);
    crowd.reset(CrowdSnapshot { show, figures: Vec::new(), count: None, peak: 0, likes: 0 });
    Effect::new(move |before: Option<(Millis, u32)>| {
        let now = session.replayed.get().unwrap_or_default();
        let (then, were) = before.unwrap_or_default();
        let (count, likes, gestures) = moments
            .buffer
            .with(|it| (it.count_at(now), it.likes_at(now), it.gestures_between(then, now)));
        session.likes_then.maybe_update(|old| std::mem::replace(old, likes) != likes);
        if count != were || !gestures.is_empty() {
            crowd.change(CrowdChange { more: gestures, ..change(show, were, count) });
        }
        (now, count)
    });
    on_cleanup(move || {
        let _ = session.likes_then.try_set(None);
    });
    let place = move || session.scene.get()?.query_selector(PLACE).ok().flatten();
    (move || {
        let mount = place()?;
        Some(view! { <Portal mount><CrowdView crowd me=Signal::stored(None)/></Portal> })
    })
    .into_any()
}

/// Lets the last ones come or go, until so many are there.
fn change(show: ShowId, before: u32, count: u32) -> CrowdChange {
    let person = |number| PersonId::new(format!("{show}-{number}"));
    let figure = |number| Figure { person: person(number), name: String::new(), look: None };
    CrowdChange {
        show,
        came: (before..count).map(figure).collect(),
        left: (count..before).map(person).collect(),
        gestures: Vec::new(),
        more: Vec::new(),
        count,
        peak: count,
        likes: 0,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_leaves_is_who_came_last() {
        let show = ShowId(Uuid::nil());
        let came = change(show, 2, 5);
        assert_eq!((came.came.len(), came.left.len(), came.count), (3, 0, 5));
        let left = change(show, 5, 4);
        assert_eq!(left.left, [came.came[2].person.clone()]);
        assert!(came.came.iter().all(|it| it.name.is_empty()));
    }
}
