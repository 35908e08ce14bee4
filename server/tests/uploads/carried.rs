//! Files that messages carry.

use bandstand_domain::{
    channel::Event,
    chat::{
        ChatError, ChatEvent, ChatMessage, ChatPage, ChatPlace, ChatReason, HeldMessage, HeldWhy,
        MAX_FILES, RulesForm, SearchPage,
    },
    uploads::UploadEvent,
};
use bandstand_server::{chat, clock, own_account::deletion, uploads};
use sqlx::Row;
use uuid::Uuid;

use super::*;
use crate::support::app::draft;

impl User {
    /// Brings a file that a message is to carry.
    async fn bring_for_message(&self, room: &TestRoom, name: &str, content: &[u8]) -> RoomFileId {
        let begun = self
            .tus(Method::POST, &format!("/rooms/{}/uploads", room.id))
            .header("upload-length", content.len())
            .header("upload-metadata", format!("for_message,filename {}", STANDARD.encode(name)))
            .send()
            .await
            .unwrap();
        let upload = begun.headers()["location"].to_str().unwrap().to_owned();
        let there = self.piece(&upload, 0, content.to_vec()).await;
        assert_eq!(there.status(), StatusCode::NO_CONTENT);
        upload.rsplit_once('/').unwrap().1.parse().unwrap()
    }

    async fn post_with(
        &self,
        place: impl Into<ChatPlace>,
        id: Uuid,
        text: &str,
        files: &[RoomFileId],
    ) -> Result<Option<HeldWhy>, ChatError> {
        let place = place.into();
        let message = json!({ "place": place, "id": id, "text": text, "files": files });
        self.call("chat/post", message).await
    }

    async fn file_status(&self, room: &TestRoom, file: RoomFileId) -> u16 {
        self.page(&format!("/rooms/{}/files/{file}", room.id)).await.status().as_u16()
    }

    async fn latest_in(&self, room: &TestRoom) -> Vec<ChatMessage> {
        self.history(room.id, i64::MAX).await.messages
    }

    async fn hold_all_in(&self, room: &TestRoom) {
        let form = RulesForm { hold: true, ..RulesForm::default() };
        let rules = json!({ "place": ChatPlace::Room(room.id), "form": form });
        self.call::<(), ChatReason>("chat/set_rules", rules).await.unwrap();
    }

    async fn decide_on_held(
        &self,
        room: &TestRoom,
        id: Uuid,
        approved: bool,
    ) -> Result<(), ChatError> {
        let place = ChatPlace::Room(room.id);
        self.call("chat/decide", json!({ "place": place, "id": id, "approved": approved })).await
    }
}

/// Names of the files of a message; nothing for one that is gone.
fn names(message: &ChatMessage) -> Vec<&str> {
    message.files.iter().map(|it| it.file.as_ref().map_or("", |it| it.name.as_str())).collect()
}

fn no_such<T>() -> Result<T, ChatError> {
    Err(Refusal::Because(ChatReason::NoSuchFile))
}

#[tokio::test]
async fn files_come_with_their_message_and_are_missed_in_it_once_they_are_gone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let photo = ben.bring_for_message(&room, "tea.jpg", &content::jpeg(400, 300, &[])).await;
    let list = ben.bring_for_message(&room, "list.bin", &noise(700)).await;
    // Until they are sent they are Ben's alone.
    assert!(ada.files(&room).await.unwrap().files.is_empty());
    assert_eq!(
        (ada.file_status(&room, photo).await, ben.file_status(&room, photo).await),
        (404, 200)
    );
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%tea.jpg%'").await, 0);
    assert_eq!(ben.own_files().await.unwrap().files.len(), 2);

    let mut follower = app.follow_room(&ada, room.id).await.unwrap();
    let (question, id) = (ada.say_in(room.id, "Photos?", None).await, Uuid::new_v4());
    let answer = json!({
        "place": ChatPlace::Room(room.id), "id": id, "text": "", "replies_to": question,
        "files": [photo, list, photo],
    });
    for _ in 0..2 {
        let posted: Result<Option<HeldWhy>, ChatError> =
            ben.call("chat/post", answer.clone()).await;
        assert_eq!(posted, Ok(None), "the same again is the same message");
    }
    let told = |it: &Event| match it {
        Event::Upload(UploadEvent::FileShared { file }) => {
            file.message.is_some_and(|message| message.0 == id)
        }
        _ => false,
    };
    follower.until(|it| it.events.iter().filter(|event| told(event)).count() == 2).await;
    let posted = follower.events.iter().find_map(|event| match event {
        Event::Chat(ChatEvent::Posted { message }) if message.id.0 == id => Some(message),
        _ => None,
    });
    assert_eq!(names(posted.unwrap()), ["tea.jpg", "list.bin"]);
    let message = ada.latest_in(&room).await.pop().unwrap();
    assert_eq!(&message, posted.unwrap());
    assert_eq!(message.files[0].file.as_ref().unwrap().size, Some((400, 300)));
    let place = ChatPlace::Room(room.id);
    let thread: ChatPage = ada
        .call::<_, ChatReason>(
            "chat/thread",
            json!({ "place": place, "id": question, "before": i64::MAX }),
        )
        .await
        .unwrap();
    let quoted: Vec<ChatMessage> = ada
        .call::<_, ChatReason>("chat/messages", json!({ "place": place, "ids": [id] }))
        .await
        .unwrap();
    assert_eq!((&thread.messages[0], &quoted[0]), (&message, &message));
    ben.call::<(), ChatReason>("chat/edit", json!({ "place": place, "id": id, "text": "Here" }))
        .await
        .unwrap();
    let found: SearchPage = ada
        .call::<_, ChatReason>(
            "chat/search",
            json!({ "place": place, "text": "here", "before": i64::MAX }),
        )
        .await
        .unwrap();
    assert_eq!(names(&found.messages[0]), ["tea.jpg", "list.bin"]);
    let page = ada.files(&room).await.unwrap();
    assert!(page.files.iter().all(|file| file.message.is_some_and(|it| it.0 == id)));
    assert_eq!((page.files.len(), ada.file_status(&room, list).await), (2, 200));

    // Who comes later is told nothing of a file that is gone.
    ben.remove_files(&[photo]).await.unwrap();
    assert_eq!(names(&ada.latest_in(&room).await[1]), ["", "list.bin"]);
    follower.until(|it| it.events.contains(&UploadEvent::FileRemoved { file: photo }.into())).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%tea.jpg%'").await, 0);
    assert_eq!(app.held().await["account"], 700);
    app.stop().await;
}

#[tokio::test]
async fn message_carries_only_whole_files_of_its_author_and_room_once() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let (room, other) = (app.upload_room(&ada).await, app.upload_room(&ada).await);
    app.let_in(&room, &ben, "member").await;
    app.let_in(&other, &ben, "member").await;
    let foreign = ada.share(&room, "hers.bin", &noise(300)).await.unwrap().id;
    let elsewhere = ben.bring_for_message(&other, "there.bin", &noise(300)).await;
    let upload = ben.begin(&room, "half.bin", 300).await.unwrap();
    let half: RoomFileId = upload.rsplit_once('/').unwrap().1.parse().unwrap();
    let own = ben.bring_for_message(&room, "his.bin", &noise(300)).await;
    for wrong in [foreign, elsewhere, half, RoomFileId(Uuid::new_v4())] {
        let refused = ben.post_with(room.id, Uuid::new_v4(), "Look", &[own, wrong]).await;
        assert_eq!(refused, no_such());
    }
    assert!(ada.latest_in(&room).await.is_empty(), "nothing is half done");
    let many: Vec<_> = (0..=MAX_FILES).map(|_| RoomFileId(Uuid::new_v4())).collect();
    let refused = ben.post_with(room.id, Uuid::new_v4(), "Look", &many).await;
    assert_eq!(refused, Err(Refusal::Because(ChatReason::TooManyFiles)));
    assert!(ben.post_with(room.id, Uuid::new_v4(), "", &[]).await.is_err(), "it says nothing");
    // Two messages at once, of which one gets it.
    let files = [own];
    let both = [Uuid::new_v4(), Uuid::new_v4()];
    let both = both.map(|id| ben.post_with(room.id, id, "Look", &files));
    let both = futures::future::join_all(both).await;
    assert_eq!(both.iter().filter(|it| it.is_ok()).count(), 1, "{both:?}");
    assert!(both.contains(&no_such()));
    assert_eq!(ada.latest_in(&room).await.len(), 1);
    // What is in the list already can be carried, too; shows have no files.
    ada.post_with(room.id, Uuid::new_v4(), "", &[foreign]).await.unwrap();
    assert_eq!(names(&ben.latest_in(&room).await[1]), ["hers.bin"]);
    let show = ada.create(&draft("Songs for nobody", 1)).await.unwrap();
    assert_eq!(ada.post_with(show, Uuid::new_v4(), "Look", &[foreign]).await, no_such());
    app.stop().await;
}

#[tokio::test]
async fn files_go_with_their_message_and_what_nobody_sent_after_a_day() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let services = &app.running.venue.services;
    for round in 0..3 {
        let (id, own) = (
            Uuid::new_v4(),
            ben.bring_for_message(&room, "tea.jpg", &content::jpeg(40, 30, &[])).await,
        );
        ben.post_with(room.id, id, "Tea", &[own]).await.unwrap();
        assert_eq!(app.stored().len(), 3);
        match round {
            0 => ben.unsay(room.id, id).await.unwrap(),
            1 => ada.unsay(room.id, id).await.unwrap(),
            _ => {
                app.change("UPDATE rooms SET kept_days = 1").await;
                app.change("UPDATE messages SET sent_at = 1 WHERE deleted_at IS NULL").await;
                chat::delete_expired(services).await.unwrap();
            }
        }
        assert!(app.stored().is_empty() && app.held().await.is_empty(), "{round}");
        assert!(ada.files(&room).await.unwrap().files.is_empty());
        assert!(ada.latest_in(&room).await.is_empty());
        assert_eq!(ben.file_status(&room, own).await, 404);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%tea.jpg%'").await, 0);

    let unsent = ben.bring_for_message(&room, "a.bin", &noise(300)).await;
    let sent = ben.bring_for_message(&room, "b.bin", &noise(300)).await;
    ben.post_with(room.id, Uuid::new_v4(), "", &[sent]).await.unwrap();
    app.change("UPDATE room_files SET at = at - 86300000").await;
    uploads::sweep(services).await.unwrap();
    assert_eq!(ben.file_status(&room, unsent).await, 200);
    app.change("UPDATE room_files SET at = at - 200000").await;
    uploads::sweep(services).await.unwrap();
    assert_eq!(
        (ben.file_status(&room, unsent).await, ben.file_status(&room, sent).await),
        (404, 200)
    );
    assert_eq!((app.stored().len(), app.held().await["account"]), (1, 300));
    app.stop().await;
}

#[tokio::test]
async fn files_of_a_message_that_waits_are_seen_by_its_author_and_moderators() {
    let app = TestApp::start().await;
    let (ada, ben, eve) =
        (app.artist("ada").await, app.visitor("ben").await, app.visitor("eve").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    app.let_in(&room, &eve, "member").await;
    ada.hold_all_in(&room).await;
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let photo = ben.bring_for_message(&room, "tea.jpg", &content::jpeg(40, 30, &[])).await;
    let list = ben.bring_for_message(&room, "list.bin", &noise(300)).await;
    assert_eq!(ben.post_with(room.id, first, "", &[photo]).await, Ok(Some(HeldWhy::Rule)));
    assert_eq!(
        ben.post_with(room.id, second, "", &[photo]).await,
        no_such(),
        "the first one has it"
    );
    assert_eq!(ben.post_with(room.id, second, "", &[list]).await, Ok(Some(HeldWhy::Rule)));
    for (user, status) in [(&ben, 200), (&ada, 200), (&eve, 404)] {
        assert_eq!(user.file_status(&room, photo).await, status);
        assert!(user.files(&room).await.unwrap().files.is_empty());
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%tea.jpg%'").await, 0);
    let held: Vec<HeldMessage> = ben
        .call::<_, ChatReason>("chat/held", json!({ "place": ChatPlace::Room(room.id) }))
        .await
        .unwrap();
    let held: Vec<_> = held.iter().map(|it| names(&it.message)).collect();
    assert_eq!(held, [["tea.jpg"], ["list.bin"]]);
    // What waits isn't swept.
    app.change("UPDATE room_files SET at = at - 86500000").await;
    uploads::sweep(&app.running.venue.services).await.unwrap();

    ada.decide_on_held(&room, first, true).await.unwrap();
    assert_eq!(names(&eve.latest_in(&room).await[0]), ["tea.jpg"]);
    assert_eq!(eve.file_status(&room, photo).await, 200);
    ada.decide_on_held(&room, second, false).await.unwrap();
    assert_eq!(ben.file_status(&room, list).await, 404);
    assert_eq!(app.stored().len(), 3);
    assert_eq!(eve.files(&room).await.unwrap().files.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn files_of_messages_are_exported_and_erased_with_their_author() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let photo = ben.bring_for_message(&room, "tea.jpg", &content::jpeg(40, 30, &[])).await;
    ben.bring_for_message(&room, "unsent.bin", &noise(300)).await;
    ben.post_with(room.id, Uuid::new_v4(), "Tea", &[photo]).await.unwrap();
    let export: serde_json::Value =
        serde_json::from_str(&ben.page("/settings/export").await.text().await.unwrap()).unwrap();
    assert_eq!(export["messages"][0]["files"], json!([photo]));
    assert_eq!(export["room_files"].as_array().unwrap().len(), 2);
    let services = &app.running.venue.services;
    app.change("UPDATE accounts SET deleted_at = 1 WHERE handle = 'ben'").await;
    let row = sqlx::query("SELECT id FROM accounts WHERE handle = 'ben'");
    let id: String = row.fetch_one(&services.database.read).await.unwrap().get(0);
    deletion::erase(services, &bandstand_server::ids::AccountId::new(id), clock::now())
        .await
        .unwrap();
    assert!(app.stored().is_empty() && app.held().await.is_empty());
    assert!(ada.latest_in(&room).await.is_empty());
    for left in [
        "SELECT COUNT(*) FROM events WHERE event LIKE '%tea.jpg%'",
        "SELECT COUNT(*) FROM messages WHERE files <> ''",
        "SELECT COUNT(*) FROM room_files",
    ] {
        assert_eq!(app.count(left).await, 0, "{left}");
    }
    app.stop().await;
}
