//! Chat: who may say, delete and mute, and what remains of it.

use bandstand_domain::{
    PersonId, Refusal,
    channel::{Event, Snapshot, Topic},
    chat::{ChatError, ChatEvent, ChatPage, ChatPlace, ChatReason},
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    app::{TestApp, User, fields},
    channel::Follower,
};

impl User {
    pub async fn post_as(
        &self,
        show: impl Into<ChatPlace>,
        id: Uuid,
        text: &str,
    ) -> Result<(), ChatError> {
        self.call("chat/post", json!({ "place": show.into(), "id": id, "text": text })).await
    }

    pub async fn unsay(&self, show: impl Into<ChatPlace>, id: Uuid) -> Result<(), ChatError> {
        self.call("chat/delete", json!({ "place": show.into(), "id": id })).await
    }

    pub async fn mute(
        &self,
        show: impl Into<ChatPlace>,
        person: PersonId,
        muted: bool,
    ) -> Result<(), ChatError> {
        let arguments = json!({ "place": show.into(), "person": person, "muted": muted });
        self.call("chat/mute", arguments).await
    }

    pub async fn history(&self, show: impl Into<ChatPlace>, before: i64) -> ChatPage {
        let arguments = json!({ "place": show.into(), "before": before });
        self.call::<_, ChatReason>("chat/history", arguments).await.unwrap()
    }
}

#[tokio::test]
async fn a_message_is_posted_once_under_its_identity() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut follower = app.follow(&bob, show).await;
    let id = Uuid::new_v4();
    let posts = [bob.post_as(show, id, " hello\r\nall "), bob.post_as(show, id, "hello\nall")];
    for post in futures::future::join_all(posts).await {
        post.unwrap();
    }
    assert_eq!(eve.post_as(show, id, "mine").await, Err(Refusal::Forbidden));
    assert_eq!(fields(bob.post_as(show, Uuid::new_v4(), "  ").await), ["text"]);
    assert_eq!(fields(bob.post_as(show, Uuid::new_v4(), &"x".repeat(501)).await), ["text"]);
    let nobody = app.nobody().post_as(show, Uuid::new_v4(), "psst").await;
    assert_eq!(nobody, Err(Refusal::NotLoggedIn));
    artist.say(show, "welcome").await;
    follower.until(|it| it.texts().contains(&"welcome")).await;
    assert_eq!(follower.texts(), ["hello\nall", "welcome"]);
    let page = bob.history(show, i64::MAX).await;
    let from: Vec<_> = page.messages.iter().map(|it| (it.name.as_str(), it.from_artist)).collect();
    assert_eq!(from, [("Bob", false), ("ada on stage", true)]);
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_message_is_gone_everywhere() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut away = app.follow(&bob, show).await;
    let secret = bob.say(show, "my secret").await;
    let rude = eve.say(show, "something rude").await;
    assert_eq!(eve.unsay(show, secret).await, Err(Refusal::Forbidden));
    assert_eq!(eve.unsay(show, Uuid::new_v4()).await, Err(Refusal::NotFound));
    bob.unsay(show, secret).await.unwrap();
    bob.unsay(show, secret).await.unwrap();
    artist.unsay(show, rude).await.unwrap();
    let last = bob.say(show, "nice").await;

    // Who was away catches up without ever getting the text.
    let cursor = away.cursor;
    away = Follower::new(app.channel(&bob).await, Topic::Show(show));
    away.cursor = cursor;
    away.subscribe(Some(bob.join(show).await.unwrap().token)).await.unwrap();
    away.until(|it| it.texts().contains(&"nice")).await;
    assert_eq!(away.texts(), ["nice"]);
    let deleted = away
        .events
        .iter()
        .filter(|it| matches!(it, Event::Chat(ChatEvent::Deleted { .. })))
        .count();
    assert_eq!(deleted, 4, "two places left empty, two deletions told");

    let new = app.follow(&eve, show).await;
    let Some(Snapshot::Show { chat, .. }) = new.present else { panic!("no present") };
    assert_eq!(chat.messages.iter().map(|it| it.id.0).collect::<Vec<_>>(), [last]);
    assert_eq!(bob.history(show, i64::MAX).await, chat);
    let left = "SELECT COUNT(*) FROM events WHERE event LIKE '%secret%' OR event LIKE '%rude%'";
    assert_eq!(app.count(left).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn the_artist_mutes_and_nobody_else() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.visitor("eve").await);
    let mut follower = app.follow(&bob, show).await;
    eve.say(show, "noise").await;
    assert_eq!(bob.mute(show, eve.person(), true).await, Err(Refusal::Forbidden));
    assert_eq!(artist.mute(show, artist.person(), true).await, Err(Refusal::Forbidden));
    let unknown = artist.mute(show, PersonId::new("nobody"), true).await;
    assert_eq!(unknown, Err(Refusal::NotFound));
    for _ in 0..2 {
        artist.mute(show, eve.person(), true).await.unwrap();
    }
    let muted = eve.post_as(show, Uuid::new_v4(), "more noise").await;
    assert_eq!(muted, Err(Refusal::Because(ChatReason::Muted)));
    assert!(eve.join(show).await.unwrap().muted);
    // The artist's page knows it from the start, and nobody else's does.
    for (who, known) in [(&artist, vec![eve.person()]), (&bob, vec![])] {
        let Some(Snapshot::Show { muted, .. }) = app.follow(who, show).await.present else {
            panic!("a show has a present")
        };
        assert_eq!(muted, known);
    }
    artist.mute(show, eve.person(), false).await.unwrap();
    eve.say(show, "sorry").await;
    follower.until(|it| it.texts().contains(&"sorry")).await;
    let told: Vec<_> = follower
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Chat(ChatEvent::Muted { person, muted }) => Some((person.clone(), *muted)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(eve.person(), true), (eve.person(), false)]);
    app.stop().await;
}

#[tokio::test]
async fn history_comes_in_pages_and_a_chat_closes_with_its_show() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    for number in 0..60 {
        bob.say(show, &format!("{number}")).await;
    }
    let latest = bob.history(show, i64::MAX).await;
    assert_eq!((latest.messages.len(), latest.more), (50, true));
    let earlier = bob.history(show, latest.messages[0].position).await;
    assert_eq!((earlier.messages.len(), earlier.more), (10, false));
    assert_eq!(earlier.messages[9].text, "9");
    let nobody = app.nobody();
    let unnamed = async || {
        let arguments = json!({ "place": ChatPlace::Show(show), "before": i64::MAX });
        nobody.call::<ChatPage, ChatReason>("chat/history", arguments).await
    };
    assert_eq!(unnamed().await, Err(Refusal::NotLoggedIn));
    artist.end(show).await.unwrap();
    bob.say(show, "once more").await;
    assert_eq!(unnamed().await, Err(Refusal::NotLoggedIn), "it goes on");
    app.end_encores().await;
    let late = bob.post_as(show, Uuid::new_v4(), "encore").await;
    assert_eq!(late, Err(Refusal::Because(ChatReason::Over)));
    // From now on it is a part of the show's page, for who comes too late as well.
    assert_eq!(nobody.history(show, i64::MAX).await.messages.len(), 50);
    app.stop().await;
}

#[tokio::test]
async fn who_talks_too_much_waits_and_nobody_else_does() {
    let app = TestApp::configured(|_| {}).await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut refused = None;
    for _ in 0..30 {
        if let Err(why) = bob.post_as(show, Uuid::new_v4(), "la").await {
            refused = Some(why);
            break;
        }
    }
    assert!(matches!(refused, Some(Refusal::TooMany { retry_after: 1.. })), "{refused:?}");
    artist.say(show, "easy, everybody").await;
    app.stop().await;
}
