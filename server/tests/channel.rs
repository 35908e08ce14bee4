//! The live channel: rights, order, and coming back.

use std::time::Instant;

use bandstand_domain::{
    Refusal,
    channel::{ClientFrame, Cursor, Event, ServerFrame, Snapshot, Topic},
    shows::ShowEvent,
    stage::StageReason,
};
use futures::future::join_all;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{
    app::{TestApp, draft, fields},
    channel::Follower,
};

const WRITERS: usize = 4;
const MESSAGES: usize = 8;

#[tokio::test]
async fn each_page_gets_everything_once_however_often_it_comes_back() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    let reader = app.guest("Reader").await;
    let writers = join_all((0..WRITERS).map(|number| {
        let app = &app;
        async move {
            let writer = app.guest(&format!("Writer {number}")).await;
            for message in 0..MESSAGES {
                writer.say(show, &format!("{number}.{message}")).await;
            }
        }
    }));
    let all = WRITERS * MESSAGES;
    let faithful = async {
        let mut follower = app.follow(&reader, show).await;
        follower.until(|it| it.texts().len() >= all).await;
        follower
    };
    let fickle = async {
        let mut follower = app.follow(&reader, show).await;
        while follower.texts().len() < all {
            follower.channel = app.channel(&reader).await;
            let token = reader.join(show).await.unwrap().token;
            follower.subscribe(Some(token)).await.unwrap();
            let enough = (follower.texts().len() + 3).min(all);
            follower.until(|it| it.texts().len() >= enough).await;
        }
        follower
    };
    let late = async {
        let mut follower = app.follow(&reader, show).await;
        follower.until(|it| it.texts().len() >= all / 2).await;
        // Comes as new in the midst of it: the present and what follows fit together.
        let mut follower = app.follow(&reader, show).await;
        follower.until(|it| it.texts().len() >= all).await;
        follower
    };
    let (faithful, fickle, late, _) = tokio::join!(faithful, fickle, late, writers);
    let mut expected: Vec<String> = (0..WRITERS)
        .flat_map(|number| (0..MESSAGES).map(move |message| format!("{number}.{message}")))
        .collect();
    expected.sort();
    for follower in [faithful, fickle, late] {
        let mut texts = follower.texts();
        texts.sort_unstable();
        assert_eq!(texts, expected);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_that_was_away_for_too_long_begins_anew() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut follower = Follower::new(app.channel(&artist).await, Topic::Shows);
    follower.cursor = Some(Cursor(1_000));
    follower.subscribe(None).await.unwrap();
    assert_eq!(follower.present, Some(Snapshot::Shows));
    artist.update(show, &draft("Songs for somebody", 2)).await.unwrap();
    follower.until(|it| !it.events.is_empty()).await;
    assert!(matches!(&follower.events[0], Event::Show(ShowEvent::Changed { show, .. })
        if show.title == "Songs for somebody"));
    app.stop().await;
}

#[tokio::test]
async fn a_show_is_followed_with_a_token_of_ones_own_and_once() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let other = artist.create(&draft("Songs for others", 9)).await.unwrap();
    let (bob, eve) = (app.guest("Bob").await, app.visitor("eve").await);
    let nobody = app.nobody();
    let nameless = nobody.join(show).await.unwrap_err();
    assert_eq!(nameless, Refusal::Because(StageReason::Nameless));
    assert_eq!(bob.stage(show).await.unwrap_err(), Refusal::Forbidden);

    let token = || async { bob.join(show).await.unwrap().token };
    let mut stolen = Follower::new(app.channel(&eve).await, Topic::Show(show));
    assert_eq!(stolen.subscribe(Some(token().await)).await, Err(Refusal::Forbidden));
    assert_eq!(stolen.subscribe(None).await, Err(Refusal::Forbidden));
    let stage = artist.stage(show).await.unwrap().token;
    let mut wrong = Follower::new(app.channel(&artist).await, Topic::Show(show));
    assert_eq!(wrong.subscribe(Some(stage)).await, Err(Refusal::Forbidden));

    let mut elsewhere = Follower::new(app.channel(&bob).await, Topic::Show(other));
    assert_eq!(elsewhere.subscribe(Some(token().await)).await, Err(Refusal::Forbidden));
    let mut once = Follower::new(app.channel(&bob).await, Topic::Show(show));
    let used = token().await;
    once.subscribe(Some(used.clone())).await.unwrap();
    let mut twice = Follower::new(app.channel(&bob).await, Topic::Show(show));
    assert_eq!(twice.subscribe(Some(used)).await, Err(Refusal::Forbidden));

    // A channel that was open before its person had a name takes the name's token.
    let mut early = Follower::new(app.channel(&nobody).await, Topic::Show(show));
    assert_eq!(fields(nobody.join_as(show, " ").await), ["name"]);
    assert_eq!(nobody.join(show).await, Err(Refusal::Because(StageReason::Nameless)));
    let ticket = nobody.join_as(show, "Zoe").await.unwrap();
    assert_eq!((ticket.name.as_str(), ticket.artist), ("Zoe", false));
    early.subscribe(Some(ticket.token)).await.unwrap();
    assert_eq!(nobody.join(show).await.unwrap().person, ticket.person, "the name stays");
    assert_eq!(artist.join_as(show, "Somebody").await, Err(Refusal::Forbidden));
    app.stop().await;
}

#[tokio::test]
async fn who_subscribes_again_and_again_has_to_wait() {
    let app = TestApp::configured(|_| {}).await;
    app.artist_with_show().await;
    let nobody = app.nobody();
    let begun = Instant::now();
    let mut told = 0;
    for _ in 0..18 {
        let mut channel = app.channel(&nobody).await;
        let opened = Instant::now();
        for _ in 0..12 {
            channel.subscribe(Topic::Shows, Some(Cursor(0)), None).await;
        }
        channel
            .say(&ClientFrame::Subscribe { topic: Topic::Shows, after: None, token: None })
            .await;
        let mut refused = 0;
        let mut told_here = 0;
        while refused + told_here < 13 {
            match channel.next().await.expect("the channel stays open") {
                ServerFrame::Refused { why: Refusal::TooMany { retry_after }, .. } => {
                    assert!((1..=9).contains(&retry_after), "{retry_after}");
                    refused += 1;
                }
                ServerFrame::Subscribed { .. } => told_here += 1,
                ServerFrame::Events { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let most = 9 + opened.elapsed().as_secs();
        assert!(told_here <= most, "one connection began {told_here} of {most}");
        told += told_here;
    }
    // The connections have 144 at once together, their address 120, and four more a second.
    let most = 121 + begun.elapsed().as_millis() / 250;
    assert!(u128::from(told) <= most, "one address began {told} of {most}");
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_show_ends_for_those_who_follow_it() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut follower = app.follow(&bob, show).await;
    let spare = bob.join(show).await.unwrap().token;
    artist.delete(show).await.unwrap();
    let end = loop {
        if let Err(why) = follower.hear().await {
            break why;
        }
    };
    assert_eq!(end, Refusal::Gone);
    assert_eq!(follower.events.last(), Some(&Event::Show(ShowEvent::Deleted { show })));
    assert_eq!(follower.subscribe(Some(spare)).await, Err(Refusal::Gone));
    assert_eq!(bob.join(show).await.unwrap_err(), Refusal::Gone);
    app.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_and_frames_of_other_kinds_are_turned_away() {
    let app = TestApp::start().await;
    let bob = app.guest("Bob").await;
    for origin in [Some("https://elsewhere.example"), Some("null"), Some(""), None] {
        match app.channel_from(&bob, origin).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403, "{origin:?}"),
            other => panic!("let in from {origin:?}: {:?}", other.is_ok()),
        }
    }
    let large = format!("{{\"unsubscribe\":{{\"topic\":\"{}\"}}}}", "x".repeat(5_000));
    for nonsense in [Message::text("{\"sing\":{}}"), Message::binary(vec![1]), large.into()] {
        let mut channel = app.channel(&bob).await;
        channel.send(nonsense).await;
        assert_eq!(channel.next().await, Ok(ServerFrame::Bye { again: false }));
        assert_eq!(channel.next().await, Err(Some(1008)));
    }
    app.stop().await;
}

#[tokio::test]
async fn who_follows_is_told_when_the_venue_closes() {
    let app = TestApp::start().await;
    let bob = app.guest("Bob").await;
    let mut channel = app.channel(&bob).await;
    channel.say(&ClientFrame::Unsubscribe { topic: Topic::Shows }).await;
    let mut follower = Follower::new(channel, Topic::Shows);
    follower.subscribe(None).await.unwrap();
    let stopping = tokio::spawn(app.running.stop());
    assert_eq!(follower.channel.next().await, Ok(ServerFrame::Bye { again: true }));
    assert_eq!(follower.channel.next().await, Err(Some(1001)));
    stopping.await.unwrap();
}

#[test]
fn the_examples_in_the_protocol_are_frames() {
    let text = include_str!("../../PROTOCOL.md");
    let examples = |kind: &str| {
        let fence = format!("```json {kind}\n");
        text.split(&fence as &str)
            .skip(1)
            .map(|rest| rest.split("```").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (page, venue) = (examples("page"), examples("venue"));
    assert!(page.len() >= 4 && venue.len() >= 9);
    for example in page {
        let frame: ClientFrame = serde_json::from_str(&example).expect(&example);
        let _ = frame;
    }
    for example in venue {
        let frame: ServerFrame = serde_json::from_str(&example).expect(&example);
        let again = serde_json::to_value(&frame).unwrap();
        let example: serde_json::Value = serde_json::from_str(&example).unwrap();
        assert_eq!(again, example);
    }
}
