//! State of a show's page, changed by the events of its topic.

use bandstand_domain::{
    channel::Event,
    shows::{ShowEvent, ShowPage},
    stage::StageEvent,
};

/// Effect of an event on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageChange {
    /// Nothing that the page shows.
    Nothing,
    /// The page is another now.
    Changed,
    /// There is no show any more.
    Gone,
}

/// Takes an event into the page.
pub fn apply(page: &mut ShowPage, event: &Event) -> PageChange {
    match event {
        Event::Show(ShowEvent::Changed { show, description }) if show.id == page.card.id => {
            page.card = show.clone();
            if let Some(description) = description {
                page.description.clone_from(description);
            }
            PageChange::Changed
        }
        Event::Stage(StageEvent::Changed {
            state,
            live_since,
            ended_at,
            kept,
            records,
            recorded,
            ..
        }) => {
            page.card.stage = *state;
            page.live_since = live_since.or(page.live_since);
            page.ended_at = *ended_at;
            page.kept = *kept;
            page.records = *records;
            page.recorded = *recorded;
            PageChange::Changed
        }
        Event::Show(ShowEvent::Played { show, track }) if *show == page.card.id => {
            page.tracks.push(track.clone());
            PageChange::Changed
        }
        Event::Show(ShowEvent::Deleted { show }) if *show == page.card.id => PageChange::Gone,
        _ => PageChange::Nothing,
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use bandstand_domain::{
        Millis, ShowId,
        channel::Cursor,
        shows::{Artist, Genre, Medium, ShowCard},
        stage::StageState,
    };

    /// A show that starts at minute 60 and lasts an hour.
    pub fn page() -> ShowPage {
        let card = ShowCard {
            id: ShowId(uuid::Uuid::from_u128(7)),
            title: "Mira at the Harbour".into(),
            genres: vec![Genre("folk".into())],
            artist: Artist { handle: "mira".into(), stage_name: "Mira Voss".into() },
            starts_at: Millis(Millis::HOUR),
            ends_at: Millis(2 * Millis::HOUR),
            time_zone: "Europe/Lisbon".into(),
            starts_text: "Thu 1 Jan, 01:00".into(),
            stage: StageState::Empty,
            members_only: false,
            medium: Medium::Video,
            artwork: None,
            replay: false,
        };
        ShowPage {
            card,
            description: "By the water.".into(),
            live_since: None,
            ended_at: None,
            kept: false,
            records: true,
            recorded: false,
            peak: 0,
            likes: 0,
            tracks: Vec::new(),
            mine: false,
            cursor: Cursor(0),
            now: Millis(0),
        }
    }

    #[test]
    fn the_stage_and_the_text_follow_the_events() {
        let mut page = page();
        let since = Some(Millis(5));
        let live = Event::Stage(StageEvent::Changed {
            state: StageState::Live,
            publication: 1,
            live_since: since,
            ended_at: None,
            kept: true,
            records: true,
            recorded: true,
        });
        assert_eq!(apply(&mut page, &live), PageChange::Changed);
        assert_eq!((page.card.stage, page.live_since, page.kept), (StageState::Live, since, true));
        assert!(page.recorded);

        let dropped = Event::Stage(StageEvent::Changed {
            state: StageState::Dropped,
            publication: 1,
            live_since: None,
            ended_at: None,
            kept: false,
            records: true,
            recorded: false,
        });
        apply(&mut page, &dropped);
        assert_eq!(
            (page.card.stage, page.live_since, page.kept),
            (StageState::Dropped, since, false)
        );
        assert!(page.records && !page.recorded, "the recorder has ended, and is to begin again");

        let show = ShowCard { title: "Mira at the Pier".into(), ..page.card.clone() };
        apply(&mut page, &Event::Show(ShowEvent::Changed { show, description: None }));
        assert_eq!(page.card.title, "Mira at the Pier");
        assert_eq!(page.description, "By the water.");
    }

    #[test]
    fn another_show_is_not_this_one() {
        let mut page = page();
        let other = ShowId(uuid::Uuid::from_u128(8));
        assert_eq!(
            apply(&mut page, &Event::Show(ShowEvent::Deleted { show: other })),
            PageChange::Nothing
        );
        let this = page.card.id;
        assert_eq!(
            apply(&mut page, &Event::Show(ShowEvent::Deleted { show: this })),
            PageChange::Gone
        );
    }
}
