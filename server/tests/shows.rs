//! Announcing, changing, deleting and listing shows.

use bandstand_domain::{
    Refusal, ShowId,
    accounts::ArtistProfile,
    channel::{Cursor, Event, Topic},
    shows::{Genre, Section, ShowDraft, ShowEvent, ShowList, ShowReason},
};
use bandstand_server::{config::UserCommand, own_account::operator};
use jiff::{
    Span, Timestamp,
    civil::{DateTime, Weekday},
    tz::TimeZone,
};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::Row;
use uuid::Uuid;

use crate::support::app::{TestApp, User, clock_in, draft, fields, registration};

/// All durable events of a topic.
async fn events(app: &TestApp, topic: Topic) -> Vec<Event> {
    let rows = sqlx::query("SELECT event FROM events WHERE topic = $1 ORDER BY cursor")
        .bind(topic.to_string())
        .fetch_all(&app.running.venue.services.database.read)
        .await
        .unwrap();
    rows.iter().map(|row| serde_json::from_str(row.try_get(0).unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_show_is_announced_changed_and_deleted() {
    let app = TestApp::start().await;
    let ana = app.artist("Ana").await;
    let mut form = draft("  Quiet night ", 24);
    form.description = "One\r\ntwo \n".into();
    let id = ana.create(&form).await.unwrap();

    let page = ana.show(id).await.unwrap();
    assert!(page.mine);
    assert_eq!(page.cursor, Cursor(1));
    assert_eq!((page.card.title.as_str(), page.description.as_str()), ("Quiet night", "One\ntwo"));
    assert_eq!(page.card.artist.stage_name, "Ana on stage");
    assert_eq!(page.card.ends_at.since(page.card.starts_at), 2 * 3_600_000);
    assert!(!app.nobody().show(id).await.unwrap().mine);

    let mut kept: ShowDraft =
        ana.call::<_, ShowReason>("shows/draft", json!({ "id": id })).await.unwrap();
    assert_eq!((&kept.starts, &kept.ends), (&form.starts, &form.ends));
    kept.title = "Loud night".into();
    kept.starts = clock_in(25);
    ana.update(id, &kept).await.unwrap();
    let on = app.nobody().whats_on().await;
    assert_eq!((on.cursor, on.upcoming.shows.len()), (Cursor(2), 1));
    assert_eq!(on.upcoming.shows[0].title, "Loud night");

    ana.delete(id).await.unwrap();
    assert_eq!(app.nobody().show(id).await, Err(Refusal::Gone));
    assert_eq!(ana.delete(id).await, Err(Refusal::Gone));
    assert_eq!(ana.update(id, &kept).await, Err(Refusal::Gone));
    assert_eq!(app.nobody().whats_on().await.upcoming.shows, []);

    for topic in [Topic::Shows, Topic::Show(id)] {
        let events = events(&app, topic).await;
        let [
            Event::Show(ShowEvent::Changed { .. }),
            Event::Show(ShowEvent::Changed { show, description }),
            last,
        ] = events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!(show.title, "Loud night");
        assert_eq!(description.is_some(), topic != Topic::Shows);
        assert_eq!(last, &Event::Show(ShowEvent::Deleted { show: id }));
    }
}

#[tokio::test]
async fn a_show_goes_into_a_calendar_and_a_change_of_it_is_newer() {
    let app = TestApp::start().await;
    let ana = app.artist("Ana").await;
    let mut form = draft("Songs; for, nobody", 24);
    form.description = "One\nEND:VCALENDAR".into();
    let id = ana.create(&form).await.unwrap();
    let path = format!("/shows/{id}/calendar.ics");
    let calendar = async || {
        let response = app.nobody().page(&path).await;
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status(), kind, response.text().await.unwrap().replace("\r\n ", ""))
    };
    let (status, kind, first) = calendar().await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/calendar; charset=utf-8"));
    for line in [
        &format!("UID:{id}"),
        "SEQUENCE:0",
        "SUMMARY:Songs\\; for\\, nobody – Ana on stage",
        &format!("DESCRIPTION:One\\nEND:VCALENDAR\\n\\n{}/shows/{id}", app.url),
        "END:VCALENDAR",
    ] {
        assert_eq!(first.split("\r\n").filter(|it| *it == line).count(), 1, "{line}: {first}");
    }
    form.starts = clock_in(25);
    ana.update(id, &form).await.unwrap();
    let changed = calendar().await.2;
    assert!(changed.contains(&format!("UID:{id}\r\nSEQUENCE:1\r\n")), "{changed}");
    ana.delete(id).await.unwrap();
    assert_eq!(calendar().await.0, StatusCode::GONE);
    app.stop().await;
}

#[tokio::test]
async fn only_the_artist_changes_their_show() {
    let app = TestApp::start().await;
    let form = draft("Quiet night", 24);
    let id = app.artist("ana").await.create(&form).await.unwrap();
    let other = app.artist("other").await;
    let visitor = app.visitor("visitor").await;
    let guest = app.guest("Guest").await;
    let not_an_artist = Refusal::Because(ShowReason::NotAnArtist);
    let wrong = ShowDraft::default();
    for (user, may_create, may_change) in [
        (app.nobody(), Some(Refusal::NotLoggedIn), Refusal::NotLoggedIn),
        (guest, Some(Refusal::NotLoggedIn), Refusal::NotLoggedIn),
        (visitor, Some(not_an_artist), Refusal::Forbidden),
        (other, None, Refusal::Forbidden),
    ] {
        if let Some(refusal) = may_create {
            assert_eq!(user.create(&form).await.as_ref(), Err(&refusal));
            let mine = user.call::<ShowList, ShowReason>("shows/mine", json!({})).await;
            assert_eq!(mine, Err(refusal));
        }
        // Who may not is told so whatever they sent.
        assert_eq!(user.update(id, &wrong).await.as_ref(), Err(&may_change));
        assert_eq!(user.update(id, &form).await.as_ref(), Err(&may_change));
        assert_eq!(user.delete(id).await.as_ref(), Err(&may_change));
        let read = user.call::<ShowDraft, ShowReason>("shows/draft", json!({ "id": id })).await;
        assert_eq!(read, Err(may_change));
    }
    assert_eq!(events(&app, Topic::Show(id)).await.len(), 1, "nothing has changed");

    let unknown = ShowId(Uuid::from_u128(1));
    let ana = app.artist("ana2").await;
    assert_eq!(ana.show(unknown).await, Err(Refusal::NotFound));
    assert_eq!(ana.update(unknown, &form).await, Err(Refusal::NotFound));
    assert_eq!(ana.delete(unknown).await, Err(Refusal::NotFound));
}

#[tokio::test]
async fn what_a_show_cannot_be() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let form = draft("Quiet night", 24);
    let with = |change: &dyn Fn(&mut ShowDraft)| {
        let mut form = form.clone();
        change(&mut form);
        form
    };
    for (field, form) in [
        ("title", with(&|form| form.title = "Hi".into())),
        ("genres", with(&|form| form.genres.clear())),
        ("time_zone", with(&|form| form.time_zone = "Europe/Atlantis".into())),
        (
            "starts",
            with(&|form| {
                form.starts = clock_in(-1);
                form.ends = clock_in(1);
            }),
        ),
        ("starts", with(&|form| form.starts = "2027-02-30T20:00".into())),
        ("ends", with(&|form| form.ends = form.starts.clone())),
        ("ends", with(&|form| form.ends = clock_in(37))),
        (
            "starts",
            with(&|form| {
                form.starts = clock_in(3 * 365 * 24);
                form.ends = clock_in(3 * 365 * 24 + 1);
            }),
        ),
    ] {
        assert_eq!(fields(ana.create(&form).await), [field], "{form:?}");
    }
    let all_wrong = with(&|form| {
        form.title = "Hi".into();
        form.genres.clear();
        form.starts = clock_in(-1);
        form.ends = clock_in(-2);
    });
    assert_eq!(fields(ana.create(&all_wrong).await), ["title", "genres", "starts", "ends"]);
    let kept = ana.create(&form).await.unwrap();
    assert_eq!(fields(ana.update(kept, &all_wrong).await), ["title", "genres", "starts", "ends"]);
    // The night in which the clocks go forward in Berlin next year.
    let year = Timestamp::now().to_zoned_datetime(TimeZone::UTC).year() + 1;
    let night = jiff::civil::date(year, 3, 1).nth_weekday_of_month(-1, Weekday::Sunday).unwrap();
    let form = with(&|form| {
        form.time_zone = "Europe/Berlin".into();
        form.starts = format!("{night}T02:30");
        form.ends = format!("{night}T04:30");
    });
    assert_eq!(fields(ana.create(&form).await), ["starts"]);
    let form = ShowDraft { starts: format!("{night}T01:30"), ..form };
    let id = ana.create(&form).await.unwrap();
    let card = ana.show(id).await.unwrap().card;
    assert_eq!(card.ends_at.since(card.starts_at), 2 * 3_600_000, "one hour is left out");
    assert!(card.starts_text.ends_with(&format!("{year}, 01:30 (Berlin)")), "{card:?}");
}

#[tokio::test]
async fn a_new_show_begins_as_the_last_one_was() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let next = async || -> ShowDraft {
        ana.call::<_, ShowReason>("shows/next_draft", json!({})).await.unwrap()
    };
    let first = next().await;
    assert!(!first.genres.is_empty(), "what the artist plays");
    assert_eq!((first.starts.as_str(), first.time_zone.as_str()), ("", ""));

    let mut form = draft("Quiet night", 24);
    form.genres = vec![Genre("metal".into())];
    form.members_only = true;
    ana.create(&form).await.unwrap();
    let later = |local: &str, weeks: i64| {
        let local: DateTime = local.parse().unwrap();
        let later = local.checked_add(Span::new().weeks(weeks)).unwrap();
        later.strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let begun = next().await;
    assert_eq!(begun.audio_hours, 3, "the venue's limit");
    let expected = ShowDraft {
        audio_hours: 3,
        title: String::new(),
        description: String::new(),
        starts: later(&form.starts, 1),
        ends: later(&form.ends, 1),
        ..form.clone()
    };
    assert_eq!(begun, expected);
    ana.create(&ShowDraft { title: "Quiet night again".into(), ..begun }).await.unwrap();
    assert_eq!(next().await.starts, later(&form.starts, 2));
}

#[tokio::test]
async fn an_artist_plays_one_show_at_a_time() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let tries = (0..8).map(|number| {
        let (ana, form) = (ana.clone(), draft(&format!("Try number {number}"), 24));
        async move { ana.create(&form).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let refusal = results.into_iter().find_map(Result::err).unwrap();
    let Refusal::Invalid(errors) = refusal else { panic!("{refusal:?}") };
    assert!(
        errors.of("starts").unwrap().to_string().ends_with("already stands at that time."),
        "{errors:?}"
    );

    // Right after is fine, and so is anybody else at the same time.
    let after = ana.create(&draft("The second one", 26)).await.unwrap();
    app.artist("ben").await.create(&draft("Elsewhere", 24)).await.unwrap();
    assert_eq!(fields(ana.update(after, &draft("The second one", 25)).await), ["starts"]);
    ana.update(after, &draft("The second, later", 27)).await.unwrap();
    ana.delete(after).await.unwrap();
    ana.create(&draft("In its place", 27)).await.unwrap();
}

/// The titles of all pages of a section.
async fn titles(user: &User, section: Section, mut list: ShowList, pages: usize) -> Vec<String> {
    let mut titles = Vec::new();
    for page in 1.. {
        titles.extend(list.shows.drain(..).map(|card| card.title));
        let Some(next) = list.next else {
            assert_eq!(page, pages);
            break;
        };
        let arguments = json!({ "section": section, "next": next });
        list = user.call::<_, ShowReason>("shows/more", arguments).await.unwrap();
    }
    titles
}

#[tokio::test]
async fn lists_go_on_page_by_page() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let mut expected = Vec::new();
    for number in 0..26 {
        let title = format!("Show {number:02}");
        ana.create(&draft(&title, 24 + 3 * number)).await.unwrap();
        expected.push(title);
    }
    let nobody = app.nobody();
    let on = nobody.whats_on().await;
    assert_eq!(titles(&nobody, Section::Upcoming, on.upcoming, 2).await, expected);
    let mine: ShowList = ana.call::<_, ShowReason>("shows/mine", json!({})).await.unwrap();
    assert_eq!(mine.shows.len(), 26);

    // All at the same time: what comes after which must then hang on something else.
    app.change("UPDATE shows SET stage = 'ended', starts_at = 1000").await;
    let on = nobody.whats_on().await;
    let mut past = titles(&nobody, Section::Past, on.past, 3).await;
    past.sort();
    assert_eq!(past, expected);

    for wrong in ["", "AAAA", "x".repeat(500).as_str()] {
        let arguments = json!({ "section": "past", "next": wrong });
        let refused = nobody.call::<ShowList, ShowReason>("shows/more", arguments).await;
        assert_eq!(fields(refused), ["next"]);
    }
}

#[tokio::test]
async fn the_first_html_has_the_list() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    ana.create(&draft("A <b>bold</b> night", 24)).await.unwrap();
    let page = app.nobody().page("/").await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    let (visible, _) = html.split_once("</main>").unwrap();
    assert!(visible.contains("A &lt;b&gt;bold&lt;/b&gt; night"), "{visible}");
    assert!(!html.contains("<b>bold"), "{html}");
    assert!(visible.contains("ana on stage"), "{visible}");
}

#[tokio::test]
async fn the_list_holds_shows_of_artists_who_are_confirmed_and_not_closed() {
    let app = TestApp::start().await;
    let mut form = registration("ada");
    form.artist = Some(ArtistProfile {
        stage_name: "Ada on stage".into(),
        genres: vec![Genre("jazz".into())],
    });
    let ada = app.nobody();
    ada.register(&form).await.unwrap();
    let show = ada.create(&draft("Songs for nobody", 24)).await.unwrap();
    let listed = async || -> Vec<ShowId> {
        let list = app.nobody().whats_on().await.upcoming.shows;
        list.into_iter().map(|show| show.id).collect()
    };
    let events = "SELECT count(*) FROM events WHERE topic = 'shows'";
    assert_eq!((listed().await, app.count(events).await), (vec![], 0));
    app.confirm(&ada, "ada@example.org").await;
    assert_eq!((listed().await, app.count(events).await), (vec![show], 1));

    let config = || app.running.venue.services.config.as_ref().clone();
    let who = || String::from("ada");
    operator::run(config(), UserCommand::Disable { who: who() }).await.unwrap();
    assert_eq!((listed().await, app.count(events).await), (vec![], 2));
    operator::run(config(), UserCommand::Enable { who: who() }).await.unwrap();
    assert_eq!((listed().await, app.count(events).await), (vec![show], 3));
}
