//! Reading a chat: search, unread marks, who types, and hidden people.

use bandstand_domain::{
    Refusal,
    channel::{ClientFrame, ServerFrame, Snapshot},
    chat::{ChatError, ChatNews, ChatPlace, ChatReason, HiddenPerson, SearchPage},
    rooms::RoomRole,
};
use bandstand_server::own_account::deletion;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp, User, fields};

impl User {
    async fn search_chat(&self, place: impl Into<ChatPlace>, text: &str) -> Vec<String> {
        let arguments = json!({ "place": place.into(), "text": text, "before": i64::MAX });
        let page: SearchPage = self.call::<_, ChatReason>("chat/search", arguments).await.unwrap();
        assert_eq!(page.next, None);
        page.messages.into_iter().map(|it| it.text).collect()
    }

    async fn hide_person(&self, other: &User, hide: bool) -> Result<(), ChatError> {
        let hidden = HiddenPerson { person: other.person(), name: "Somebody".into() };
        self.call("chat/hide", json!({ "hidden": hidden, "hide": hide })).await
    }

    async fn hidden_people(&self) -> Vec<HiddenPerson> {
        self.call::<_, ChatReason>("chat/hidden", json!({})).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_said_is_found_by_its_words_and_no_longer_than_it_is_there() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let bob = app.guest("Bob").await;
    bob.say(show, "The ÉTUDE in C was lovely").await;
    let other = artist.say(show, "An etude, 100% new").await;
    artist.say(show, "And a waltz").await;
    assert_eq!(bob.search_chat(show, "etude").await.len(), 2);
    assert_eq!(bob.search_chat(show, " lovely Étude ").await, ["The ÉTUDE in C was lovely"]);
    assert_eq!(bob.search_chat(show, "100%").await, ["An etude, 100% new"]);
    for nothing in ["", "10_%", "%", "polka"] {
        let found = bob.search_chat(show, nothing).await;
        assert!(found.is_empty() || nothing == "%", "{nothing}: {found:?}");
    }
    assert_eq!(bob.search_chat(show, "%").await, ["An etude, 100% new"]);
    artist.edit_message(show, other, "A polka").await.unwrap();
    assert_eq!(bob.search_chat(show, "etude").await.len(), 1);
    assert_eq!(bob.search_chat(show, "polka").await.len(), 1);
    artist.unsay(show, other).await.unwrap();
    assert!(bob.search_chat(show, "polka").await.is_empty());
    let eve = app.visitor("eve").await;
    let room = app.room_of(&[(&artist, RoomRole::Owner)]).await;
    artist.say_in(room, "a secret", None).await;
    assert_eq!(artist.search_chat(room, "secret").await, ["a secret"]);
    let place = ChatPlace::Room(room);
    let arguments = json!({ "place": place, "text": "secret", "before": i64::MAX });
    assert_eq!(eve.post("chat/search", arguments).await.status(), 404);
    app.stop().await;
}

#[tokio::test]
async fn a_room_is_read_forward_only_and_by_members() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = app.room_of(&[(&ada, RoomRole::Owner), (&ben, RoomRole::Guest)]).await;
    for text in ["one", "two"] {
        ada.say_in(room, text, None).await;
    }
    let place = ChatPlace::Room(room);
    let read = async |who: &User, position: i64| {
        let arguments = json!({ "place": place, "position": position });
        who.post("chat/read", arguments).await.status().as_u16()
    };
    for position in [2, 1, 999] {
        assert_eq!(read(&ben, position).await, 200);
    }
    let Some(Snapshot::Room { page, .. }) = app.follow_room(&ben, room).await.unwrap().present
    else {
        panic!("no present")
    };
    assert_eq!(page.read_to, 2);
    assert_eq!(read(&app.visitor("eve").await, 1).await, 404);
    assert_eq!(read(&app.nobody(), 1).await, 401);
    app.stop().await;
}

#[tokio::test]
async fn who_types_is_told_to_the_others_of_the_place() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = app.room_of(&[(&ada, RoomRole::Owner), (&ben, RoomRole::Member)]).await;
    let mut adas = app.follow_room(&ada, room).await.unwrap();
    let mut bens = app.follow_room(&ben, room).await.unwrap();
    let elsewhere = app.room_of(&[(&ada, RoomRole::Owner)]).await;
    // Whoever doesn't follow a place types nowhere.
    bens.channel.say(&ClientFrame::Typing { place: elsewhere.into() }).await;
    bens.channel.say(&ClientFrame::Typing { place: room.into() }).await;
    let heard = adas.channel.next().await.unwrap();
    let news = ChatNews::Typing { person: ben.person(), name: "ben".into() };
    assert_eq!(heard, ServerFrame::ChatNews { place: room.into(), news });
    app.stop().await;
}

#[tokio::test]
async fn hidden_people_are_ones_own_and_go_with_either() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let (eve, guest) = (app.visitor("eve").await, app.guest("Gus").await);
    assert_eq!(guest.hide_person(&ben, true).await, Err(Refusal::NotLoggedIn));
    assert_eq!(ada.hide_person(&ada, true).await, Err(Refusal::Forbidden));
    let nameless = json!({ "hidden": { "person": "x", "name": "" }, "hide": true });
    assert_eq!(fields(ada.call::<(), ChatReason>("chat/hide", nameless).await), ["name"]);
    for _ in 0..2 {
        ada.hide_person(&ben, true).await.unwrap();
    }
    ada.hide_person(&eve, true).await.unwrap();
    ben.hide_person(&ada, true).await.unwrap();
    assert_eq!(ada.hidden_people().await.len(), 2);
    assert!(eve.hidden_people().await.is_empty());
    ada.hide_person(&eve, false).await.unwrap();
    let data: Value = ada.page("/settings/export").await.json().await.unwrap();
    assert_eq!(data["hidden_people"], json!(["Somebody"]));
    ben.post("accounts/delete", json!({ "password": PASSWORD })).await;
    app.change("UPDATE accounts SET deleted_at = deleted_at - 1209600000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert!(ada.hidden_people().await.is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM chat_hidden").await, 0);
    app.stop().await;
}
