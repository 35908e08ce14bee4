//! Moderation of chats: rules, messages that wait, bans, and the log.

use bandstand_domain::{
    Refusal,
    channel::{Event, ServerFrame, Snapshot},
    chat::{
        ChatBan, ChatError, ChatEvent, ChatNews, ChatPlace, ChatReason, HeldMessage, HeldWhy,
        MAX_HELD_EACH, MessageId, ModerationAct, ModerationPage, RulesForm,
    },
    rooms::RoomRole,
    stage::StageReason,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::{TestApp, User, fields},
    channel::{Channel, until_cut},
};

impl User {
    async fn set_rules(
        &self,
        place: impl Into<ChatPlace>,
        form: RulesForm,
    ) -> Result<(), ChatError> {
        self.call("chat/set_rules", json!({ "place": place.into(), "form": form })).await
    }

    async fn mute_guests(
        &self,
        place: impl Into<ChatPlace>,
        minutes: u32,
    ) -> Result<(), ChatError> {
        self.call("chat/mute_guests", json!({ "place": place.into(), "minutes": minutes })).await
    }

    async fn send_in(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        text: &str,
    ) -> Result<Option<HeldWhy>, ChatError> {
        self.call("chat/post", json!({ "place": place.into(), "id": id, "text": text })).await
    }

    async fn held(&self, place: impl Into<ChatPlace>) -> Vec<String> {
        let held: Vec<HeldMessage> = self
            .call::<_, ChatReason>("chat/held", json!({ "place": place.into() }))
            .await
            .unwrap();
        held.into_iter().map(|it| it.message.text).collect()
    }

    async fn decide_on(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        approved: bool,
    ) -> Result<(), ChatError> {
        let arguments = json!({ "place": place.into(), "id": id, "approved": approved });
        self.call("chat/decide", arguments).await
    }

    async fn ban_from(
        &self,
        place: impl Into<ChatPlace>,
        who: &User,
        banned: bool,
    ) -> Result<(), ChatError> {
        let arguments = json!({ "place": place.into(), "person": who.person(), "banned": banned });
        self.call("chat/ban", arguments).await
    }

    async fn acts(&self, place: impl Into<ChatPlace>) -> Vec<(ModerationAct, String)> {
        let arguments = json!({ "place": place.into(), "before": i64::MAX });
        let page: ModerationPage =
            self.call::<_, ChatReason>("chat/moderation_log", arguments).await.unwrap();
        page.entries.into_iter().map(|it| (it.act, it.whom)).collect()
    }
}

/// Hears until the chat tells something of the moment.
async fn news(channel: &mut Channel) -> ChatNews {
    loop {
        if let ServerFrame::ChatNews { news, .. } = channel.next().await.unwrap() {
            return news;
        }
    }
}

#[tokio::test]
async fn slow_mode_and_the_muting_of_guests_hold_for_all_but_moderators() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, ben) = (app.guest("Bob").await, app.visitor("ben").await);
    let slow = RulesForm { slow: 3_600, ..RulesForm::default() };
    assert_eq!(bob.set_rules(show, slow.clone()).await, Err(Refusal::Forbidden));
    let wrong = RulesForm { slow: 999_999, ..RulesForm::default() };
    assert_eq!(fields(artist.set_rules(show, wrong).await), ["slow"]);
    let mut follower = app.follow(&ben, show).await;
    bob.say(show, "before").await;
    for _ in 0..2 {
        artist.set_rules(show, slow.clone()).await.unwrap();
    }
    ben.say(show, "once").await;
    for who in [&bob, &ben] {
        let again = who.send_in(show, Uuid::new_v4(), "again").await;
        assert!(matches!(again, Err(Refusal::TooMany { retry_after: 3_000.. })), "{again:?}");
    }
    artist.say(show, "one").await;
    artist.say(show, "two").await;
    artist.set_rules(show, RulesForm::default()).await.unwrap();
    artist.mute_guests(show, 5).await.unwrap();
    let muted = bob.send_in(show, Uuid::new_v4(), "hey").await;
    assert_eq!(muted, Err(Refusal::Because(ChatReason::GuestsMuted)));
    let id = ben.say(show, "still here").await;
    let react = bob.react(show, id, bandstand_domain::chat::Reaction::Wow, true).await;
    assert_eq!(react, Err(Refusal::Because(ChatReason::GuestsMuted)));
    artist.mute_guests(show, 0).await.unwrap();
    bob.say(show, "back").await;
    follower.until(|it| it.texts().contains(&"back")).await;
    let told =
        follower.events.iter().filter(|it| matches!(it, Event::Chat(ChatEvent::ChatRules { .. })));
    assert_eq!(told.count(), 4);
    let acts: Vec<_> = artist.acts(show).await.into_iter().map(|it| it.0).collect();
    use ModerationAct::{GuestsMuted, GuestsUnmuted, Ruled};
    assert_eq!(acts, [GuestsUnmuted, GuestsMuted, Ruled, Ruled]);
    let log =
        bob.post("chat/moderation_log", json!({ "place": ChatPlace::Show(show), "before": 9 }));
    assert_eq!(log.await.status(), 403);
    app.stop().await;
}

#[tokio::test]
async fn listed_words_are_refused_or_wait() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let words = RulesForm { words: "Spam\n\n buy now ".into(), ..RulesForm::default() };
    artist.set_rules(show, words.clone()).await.unwrap();
    for text in ["SPAM!", "please buy, now"] {
        let refused = bob.send_in(show, Uuid::new_v4(), text).await;
        assert_eq!(refused, Err(Refusal::Because(ChatReason::Word)), "{text}");
    }
    let fine = bob.say(show, "spammers buy nowhere").await;
    let edited = bob.edit_message(show, fine, "spam after all").await;
    assert_eq!(edited, Err(Refusal::Because(ChatReason::Word)));
    artist.say(show, "no spam").await;
    artist.set_rules(show, RulesForm { hold_words: true, ..words }).await.unwrap();
    let held = bob.send_in(show, Uuid::new_v4(), "spam").await;
    assert_eq!(held, Ok(Some(HeldWhy::Word)));
    let rules: RulesForm = artist
        .call::<_, ChatReason>("chat/rules", json!({ "place": ChatPlace::Show(show) }))
        .await
        .unwrap();
    assert_eq!(rules.words, "Spam\nbuy now");
    let status = bob.post("chat/rules", json!({ "place": ChatPlace::Show(show) })).await.status();
    assert_eq!(status, 403);
    app.stop().await;
}

#[tokio::test]
async fn a_message_that_waits_is_seen_by_its_author_and_moderators_alone() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    artist.set_rules(show, RulesForm { hold: true, ..RulesForm::default() }).await.unwrap();
    let mut desk = app.follow(&artist, show).await;
    let mut bobs = app.follow(&bob, show).await;
    let Some(Snapshot::Show { chat, .. }) = &bobs.present else { panic!("no present") };
    assert!(chat.rules.hold);
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    for _ in 0..2 {
        assert_eq!(bob.send_in(show, first, "first").await, Ok(Some(HeldWhy::Rule)));
    }
    assert_eq!(news(&mut desk.channel).await, ChatNews::Waiting(1));
    assert_eq!(eve.send_in(show, first, "mine").await, Err(Refusal::Forbidden));
    bob.send_in(show, second, "second").await.unwrap();
    assert_eq!(artist.held(show).await, ["first", "second"]);
    assert_eq!(bob.held(show).await, ["first", "second"]);
    assert!(eve.held(show).await.is_empty());
    assert!(eve.history(show, i64::MAX).await.messages.is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%second%'").await, 0);

    assert_eq!(bob.decide_on(show, first, true).await, Err(Refusal::Forbidden));
    let both = [artist.decide_on(show, first, true), artist.decide_on(show, first, true)];
    let both = futures::future::join_all(both).await;
    assert_eq!(both.iter().filter(|it| it.is_ok()).count(), 1, "{both:?}");
    artist.decide_on(show, second, false).await.unwrap();
    assert_eq!(news(&mut bobs.channel).await, ChatNews::Rejected(MessageId(second)));
    let page = eve.history(show, i64::MAX).await;
    let texts: Vec<_> = page.messages.iter().map(|it| (&*it.name, &*it.text)).collect();
    assert_eq!(texts, [("Bob", "first")]);
    assert_eq!(bob.send_in(show, first, "first").await, Ok(None), "it is there");
    for number in 0..MAX_HELD_EACH {
        eve.send_in(show, Uuid::new_v4(), &format!("{number}")).await.unwrap();
    }
    let full = eve.send_in(show, Uuid::new_v4(), "one more").await;
    assert_eq!(full, Err(Refusal::Because(ChatReason::TooManyHeld)));
    let edited = bob.edit_message(show, first, "third").await;
    assert_eq!(edited, Err(Refusal::Because(ChatReason::EditHeld)));
    artist.say(show, "at once").await;
    let acts = artist.acts(show).await;
    assert_eq!(acts[0], (ModerationAct::Rejected, "Bob".into()));
    assert_eq!(acts[1], (ModerationAct::Approved, "Bob".into()));
    app.stop().await;
}

#[tokio::test]
async fn who_is_banned_is_cut_and_stays_out_with_their_address() {
    // Everybody here comes from one address.
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, ben) = (app.guest("Bob").await, app.visitor("ben").await);
    assert_eq!(artist.ban_from(show, &bob, true).await, Err(Refusal::NotFound), "never there");
    let inside = app.follow(&bob, show).await;
    assert_eq!(bob.ban_from(show, &artist, true).await, Err(Refusal::Forbidden));
    assert_eq!(artist.ban_from(show, &artist, true).await, Err(Refusal::Forbidden));
    for _ in 0..2 {
        artist.ban_from(show, &bob, true).await.unwrap();
    }
    until_cut(inside).await;
    assert_eq!(bob.join(show).await, Err(Refusal::Because(StageReason::Banned)));
    let said = bob.send_in(show, Uuid::new_v4(), "psst").await;
    assert_eq!(said, Err(Refusal::Because(ChatReason::Banned)));
    let another = app.guest("Not Bob").await;
    assert_eq!(another.join(show).await, Err(Refusal::Because(StageReason::Banned)));
    // Whoever has an account is themselves, wherever they are.
    ben.join(show).await.unwrap();
    ben.say(show, "Hello").await;
    artist.ban_from(show, &ben, true).await.unwrap();
    assert_eq!(ben.join(show).await, Err(Refusal::Because(StageReason::Banned)));
    let bans: Vec<ChatBan> = artist
        .call::<_, ChatReason>("chat/bans", json!({ "place": ChatPlace::Show(show) }))
        .await
        .unwrap();
    let names: Vec<_> = bans.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["ben", "Bob"]);
    artist.ban_from(show, &bob, false).await.unwrap();
    another.join(show).await.unwrap();
    app.change("UPDATE chat_bans SET origin_until = 1").await;
    let acts: Vec<_> = artist.acts(show).await;
    assert_eq!(
        acts,
        [
            (ModerationAct::Unbanned, "Bob".into()),
            (ModerationAct::Banned, "ben".into()),
            (ModerationAct::Banned, "Bob".into())
        ]
    );
    app.stop().await;
}

#[tokio::test]
async fn what_moderators_do_is_logged_in_rooms_and_nobody_else_reads_it() {
    let app = TestApp::start().await;
    let (ada, max) = (app.visitor("ada").await, app.visitor("max").await);
    let ben = app.visitor("ben").await;
    let room = app
        .room_of(&[(&ada, RoomRole::Owner), (&max, RoomRole::Moderator), (&ben, RoomRole::Member)])
        .await;
    let (rude, own) = (ben.say_in(room, "rude", None).await, max.say_in(room, "own", None).await);
    max.unsay(room, rude).await.unwrap();
    max.unsay(room, own).await.unwrap();
    let kept = ben.say_in(room, "sorry", None).await;
    max.pin(room, kept, true).await.unwrap();
    max.mute(room, ben.person(), true).await.unwrap();
    let place = ChatPlace::Room(room);
    let ban = json!({ "place": place, "person": ben.person(), "banned": true });
    assert_eq!(ada.post("chat/ban", ban).await.status(), 404, "rooms have their own");
    use ModerationAct::{Deleted, Muted, Pinned};
    let acts: Vec<_> = ada.acts(room).await;
    let ben_ = || "ben".to_owned();
    assert_eq!(acts, [(Muted, ben_()), (Pinned, ben_()), (Deleted, ben_())]);
    for function in ["rules", "bans", "moderation_log"] {
        let arguments = json!({ "place": place, "before": 9 });
        let status = ben.post(&format!("chat/{function}"), arguments).await.status();
        assert_eq!(status, 403, "{function}");
    }
    let log: Value = serde_json::to_value(ada.acts(room).await).unwrap();
    assert!(!log.to_string().contains("rude"));
    app.stop().await;
}
