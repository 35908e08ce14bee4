//! Chat: answers, reactions, changes, pins and mentions, and what remains of them.

use bandstand_domain::{
    Refusal, ShowId,
    channel::{Event, Snapshot, Topic},
    chat::{
        ChatError, ChatEvent, ChatMessage, ChatPage, ChatPlace, ChatReason, MAX_EDITS, MAX_PINS,
        MessageId, Reaction, ReactionCount,
    },
};
use bandstand_server::own_account::deletion;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    app::{PASSWORD, TestApp, User, fields},
    channel::Follower,
};

impl User {
    pub async fn edit_message(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        text: &str,
    ) -> Result<(), ChatError> {
        let place = place.into();
        self.call("chat/edit", json!({ "place": place, "id": id, "text": text })).await
    }

    pub async fn react(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        reaction: Reaction,
        on: bool,
    ) -> Result<Vec<ReactionCount>, ChatError> {
        let arguments = json!({ "place": place.into(), "id": id, "reaction": reaction, "on": on });
        self.call("chat/react", arguments).await
    }

    pub async fn pin(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        pinned: bool,
    ) -> Result<(), ChatError> {
        let arguments = json!({ "place": place.into(), "id": id, "pinned": pinned });
        self.call("chat/pin", arguments).await
    }

    async fn answer(&self, show: ShowId, text: &str, to: Uuid) -> Result<(), ChatError> {
        let arguments = json!({
            "place": ChatPlace::Show(show), "id": Uuid::new_v4(), "text": text, "replies_to": to
        });
        self.call("chat/post", arguments).await
    }

    async fn thread(&self, show: ShowId, id: Uuid) -> ChatPage {
        let arguments = json!({ "place": ChatPlace::Show(show), "id": id, "before": i64::MAX });
        self.call::<_, ChatReason>("chat/thread", arguments).await.unwrap()
    }

    async fn quotes(&self, show: ShowId, ids: &[Uuid]) -> Vec<ChatMessage> {
        let arguments = json!({ "place": ChatPlace::Show(show), "ids": ids });
        self.call::<_, ChatReason>("chat/messages", arguments).await.unwrap()
    }
}

fn counts(all: &[ReactionCount]) -> Vec<(Reaction, u32, bool)> {
    all.iter().map(|it| (it.reaction, it.count, it.mine)).collect()
}

#[tokio::test]
async fn an_answer_leads_to_its_message_and_its_thread() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let question = bob.say(show, "Which song is next?").await;
    let first = artist.say_in(show, "A new one", Some(question)).await;
    bob.say(show, "Louder!").await;
    artist.say_in(show, "And then an old one", Some(question)).await;
    bob.say_in(show, "Nice", Some(first)).await;
    assert_eq!(bob.answer(show, "What?", Uuid::new_v4()).await, Err(Refusal::NotFound));

    let page = bob.history(show, i64::MAX).await;
    let replies: Vec<_> = page.messages.iter().map(|it| it.replies).collect();
    assert_eq!(replies, [2, 1, 0, 0, 0]);
    assert_eq!(page.messages[1].replies_to, Some(MessageId(question)));
    let thread = bob.thread(show, question).await;
    let texts: Vec<_> = thread.messages.iter().map(|it| (&*it.text, it.replies)).collect();
    assert_eq!(texts, [("A new one", 1), ("And then an old one", 0)]);
    let quotes = bob.quotes(show, &[question, Uuid::new_v4(), first]).await;
    let quotes: Vec<_> = quotes.iter().map(|it| it.id.0).collect();
    assert_eq!(quotes, [question, first]);

    // What is gone can't be quoted or answered, and nothing says that it was.
    bob.unsay(show, question).await.unwrap();
    assert!(bob.quotes(show, &[question]).await.is_empty());
    assert_eq!(bob.answer(show, "Too late", question).await, Err(Refusal::NotFound));
    let page = bob.history(show, i64::MAX).await;
    assert_eq!(page.messages[0].replies_to, None);
    assert!(bob.thread(show, question).await.messages.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn reactions_count_once_and_are_told_together() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let song = artist.say(show, "A song").await;
    let mut follower = app.follow(&bob, show).await;
    let both = [
        bob.react(show, song, Reaction::Heart, true),
        bob.react(show, song, Reaction::Heart, true),
    ];
    for answer in futures::future::join_all(both).await {
        assert_eq!(counts(&answer.unwrap()), [(Reaction::Heart, 1, true)]);
    }
    eve.react(show, song, Reaction::Party, true).await.unwrap();
    let answer = eve.react(show, song, Reaction::Heart, true).await.unwrap();
    assert_eq!(
        counts(&answer),
        [(Reaction::Heart, 2, true), (Reaction::Party, 1, true)],
        "in the order of the kinds"
    );
    bob.react(show, song, Reaction::Heart, false).await.unwrap();
    let told = |it: &Follower| {
        let all = it.events.iter().filter_map(|event| match event {
            Event::Chat(ChatEvent::Reacted { reactions, .. }) => Some(counts(reactions)),
            _ => None,
        });
        all.collect::<Vec<_>>()
    };
    let last = vec![(Reaction::Heart, 1, false), (Reaction::Party, 1, false)];
    follower.until(|it| told(it).last() == Some(&last)).await;
    assert!(told(&follower).len() < 5, "{:?}", told(&follower));

    // Whoever comes anew sees the same, and their own.
    for (who, mine) in [(&bob, false), (&eve, true)] {
        let Some(Snapshot::Show { chat, .. }) = app.follow(who, show).await.present else {
            panic!("no present")
        };
        let expected = [(Reaction::Heart, 1, mine), (Reaction::Party, 1, mine)];
        assert_eq!(counts(&chat.messages[0].reactions), expected);
        assert_eq!(who.history(show, i64::MAX).await, chat);
    }
    let unknown = bob.react(show, Uuid::new_v4(), Reaction::Wow, true).await;
    assert_eq!(unknown, Err(Refusal::NotFound));
    artist.mute(show, eve.person(), true).await.unwrap();
    let muted = eve.react(show, song, Reaction::Wow, true).await;
    assert_eq!(muted, Err(Refusal::Because(ChatReason::Muted)));
    artist.unsay(show, song).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM chat_reactions").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_changed_message_never_says_again_what_it_said() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let mut away = app.follow(&bob, show).await;
    let typo = bob.say(show, "A tpyo").await;
    assert_eq!(artist.edit_message(show, typo, "Mine").await, Err(Refusal::Forbidden));
    assert_eq!(fields(bob.edit_message(show, typo, " ").await), ["text"]);
    for text in ["A second tpyo", "A second tpyo", "A typo"] {
        bob.edit_message(show, typo, text).await.unwrap();
    }
    bob.say(show, "that was it").await;
    let cursor = away.cursor;
    away = Follower::new(app.channel(&bob).await, Topic::Show(show));
    away.cursor = cursor;
    away.subscribe(Some(bob.join(show).await.unwrap().token)).await.unwrap();
    away.until(|it| it.texts().contains(&"that was it")).await;
    assert_eq!(away.texts(), ["A typo", "that was it"]);
    let edits: Vec<_> = away
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Chat(ChatEvent::Edited { message }) => Some(&*message.text),
            _ => None,
        })
        .collect();
    assert_eq!(edits, ["A typo", "A typo"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%tpyo%'").await, 0);
    assert!(bob.history(show, i64::MAX).await.messages[0].edited_at.is_some());
    for number in 2..MAX_EDITS {
        bob.edit_message(show, typo, &format!("{number}")).await.unwrap();
    }
    let once_more = bob.edit_message(show, typo, "once more").await;
    assert_eq!(once_more, Err(Refusal::Because(ChatReason::TooManyEdits)));
    bob.unsay(show, typo).await.unwrap();
    let said = "SELECT COUNT(*) FROM events WHERE event LIKE '%\"19\"%' OR event LIKE '%typo%'";
    assert_eq!(app.count(said).await, 0);
    assert_eq!(bob.edit_message(show, typo, "back").await, Err(Refusal::NotFound));
    app.stop().await;
}

#[tokio::test]
async fn pinned_messages_are_there_for_who_comes() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    let rules = artist.say(show, "Be kind").await;
    assert_eq!(bob.pin(show, rules, true).await, Err(Refusal::Forbidden));
    assert_eq!(artist.pin(show, Uuid::new_v4(), true).await, Err(Refusal::NotFound));
    let mut follower = app.follow(&bob, show).await;
    for _ in 0..2 {
        artist.pin(show, rules, true).await.unwrap();
    }
    let pinned = ChatEvent::Pinned { message: MessageId(rules), pinned: true };
    follower.until(|it| it.events.contains(&Event::Chat(pinned.clone()))).await;
    for number in 1..MAX_PINS {
        let id = artist.say(show, &format!("{number}")).await;
        artist.pin(show, id, true).await.unwrap();
    }
    let one_more = bob.say(show, "me, too").await;
    let full = artist.pin(show, one_more, true).await;
    assert_eq!(full, Err(Refusal::Because(ChatReason::TooManyPins)));
    let Some(Snapshot::Show { chat, .. }) = app.follow(&bob, show).await.present else {
        panic!("no present")
    };
    assert_eq!(chat.pinned.len(), usize::try_from(MAX_PINS).unwrap());
    assert_eq!(chat.pinned.last().unwrap().text, "Be kind");
    artist.unsay(show, rules).await.unwrap();
    artist.pin(show, one_more, true).await.unwrap();
    artist.pin(show, one_more, false).await.unwrap();
    assert_eq!(bob.history(show, i64::MAX).await.pinned.len() + 1, MAX_PINS as usize);
    app.stop().await;
}

#[tokio::test]
async fn who_is_there_can_be_mentioned_and_nobody_else() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (ben, _cleo) = (app.visitor("ben").await, app.visitor("cleo").await);
    let present = app.follow(&ben, show).await;
    artist.say(show, "Hello @BEN, @cleo, @nobody and mail@ada").await;
    drop(present);
    let mentions = |page: ChatPage| {
        let last = page.messages.last().unwrap().clone();
        last.mentions.into_iter().map(|it| (it.handle, it.person)).collect::<Vec<_>>()
    };
    let of_ben = vec![("ben".to_owned(), ben.person())];
    assert_eq!(mentions(ben.history(show, i64::MAX).await), of_ben);
    let id = ben.say(show, "Hi").await;
    ben.edit_message(show, id, "Hi @ada!").await.unwrap();
    let of_ada = vec![("ada".to_owned(), artist.person())];
    assert_eq!(mentions(ben.history(show, i64::MAX).await), of_ada);
    app.stop().await;
}

#[tokio::test]
async fn an_erased_person_is_in_no_chat_any_more() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let ben = app.visitor("ben").await;
    let own = ben.say(show, "I was here").await;
    let song = artist.say_in(show, "Hello @ben", Some(own)).await;
    ben.react(show, song, Reaction::Heart, true).await.unwrap();
    ben.edit_message(show, own, "I was here once").await.unwrap();
    artist.pin(show, own, true).await.unwrap();
    let person = ben.person();
    ben.post("accounts/delete", json!({ "password": PASSWORD })).await;
    app.change("UPDATE accounts SET deleted_at = deleted_at - 1209600000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    let page = artist.history(show, i64::MAX).await;
    assert_eq!(page.messages.len(), 1);
    let left = &page.messages[0];
    assert!(left.replies_to.is_none() && left.mentions.is_empty() && left.reactions.is_empty());
    assert!(page.pinned.is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%I was here%'").await, 0);
    let log = "SELECT COUNT(*) FROM events WHERE event LIKE '%\"mentions\"%'";
    assert_eq!(app.count(log).await, 0, "{person}");
    app.stop().await;
}
