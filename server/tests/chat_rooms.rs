//! Chat of a room: who reads, writes and moderates, and who hears of it.

use bandstand_domain::{
    Refusal, RoomId,
    channel::{Snapshot, Topic},
    chat::{ChatBadge, ChatPage, ChatPlace, ChatReason},
    rooms::RoomRole,
    stage::StageError,
};
use bandstand_server::background::bus::BusMessage;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    app::{TestApp, User},
    channel::{Follower, until_cut},
};

impl TestApp {
    /// A room with these members, as the database has it.
    pub async fn room_of(&self, members: &[(&User, RoomRole)]) -> RoomId {
        let room = RoomId(Uuid::new_v4());
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO rooms (id, title, description, public, guests, guest_uploads, knocking, created_at) \
             VALUES ($1, 'Tea', '', 0, 1, 0, 1, 1)",
        )
        .bind(room.to_string())
        .execute(&mut *write)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO room_addresses (skeleton, address, room, current, since) VALUES ($1, $1, $1, 1, 1)",
        )
        .bind(room.to_string())
        .execute(&mut *write)
        .await
        .unwrap();
        for (user, role) in members {
            sqlx::query(
                "INSERT INTO room_members (room, person, account, name, role, rank, joined_at, seen_at) \
                 VALUES ($1, $2, (SELECT id FROM accounts WHERE person = $2), $3, $4, 0, 1, 1)",
            )
            .bind(room.to_string())
            .bind(user.person().as_str())
            .bind("Guest")
            .bind(role.as_str())
            .execute(&mut *write)
            .await
            .unwrap();
        }
        write.commit().await.unwrap();
        room
    }

    pub async fn follow_room(&self, user: &User, room: RoomId) -> Result<Follower, StageError> {
        let mut follower = Follower::new(self.channel(user).await, Topic::Room(room));
        follower.subscribe(None).await.map(|()| follower)
    }
}

#[tokio::test]
async fn members_of_every_role_talk_and_strangers_hear_nothing() {
    let app = TestApp::start().await;
    let (ada, max) = (app.visitor("ada").await, app.visitor("max").await);
    let (ben, guest) = (app.visitor("ben").await, app.guest("Gus").await);
    let eve = app.visitor("eve").await;
    let roles = [
        (&ada, RoomRole::Owner),
        (&max, RoomRole::Moderator),
        (&ben, RoomRole::Member),
        (&guest, RoomRole::Guest),
    ];
    let room = app.room_of(&roles).await;
    let mut follower = app.follow_room(&ben, room).await.unwrap();
    for (user, role) in roles {
        user.say_in(room, role.as_str(), None).await;
    }
    follower.until(|it| it.texts().contains(&"guest")).await;
    assert_eq!(follower.texts(), ["owner", "moderator", "member", "guest"]);
    let page = guest.history(room, i64::MAX).await;
    let badges: Vec<_> = page.messages.iter().map(|it| it.badge).collect();
    assert_eq!(badges, [Some(ChatBadge::Owner), Some(ChatBadge::Moderator), None, None]);

    let id = page.messages[0].id.0;
    let place = ChatPlace::Room(room);
    for (function, arguments) in [
        ("chat/post", json!({ "place": place, "id": Uuid::new_v4(), "text": "Let me in" })),
        ("chat/history", json!({ "place": place, "before": 100 })),
        ("chat/messages", json!({ "place": place, "ids": [id] })),
        ("chat/thread", json!({ "place": place, "id": id, "before": 100 })),
        ("chat/edit", json!({ "place": place, "id": id, "text": "Mine" })),
        ("chat/delete", json!({ "place": place, "id": id })),
        ("chat/react", json!({ "place": place, "id": id, "reaction": "wow", "on": true })),
        ("chat/pin", json!({ "place": place, "id": id, "pinned": true })),
        ("chat/mute", json!({ "place": place, "person": ben.person(), "muted": true })),
    ] {
        assert_eq!(eve.post(function, arguments.clone()).await.status(), 404, "{function}");
        assert_eq!(app.nobody().post(function, arguments).await.status(), 401, "{function}");
    }
    assert_eq!(app.follow_room(&eve, room).await.err(), Some(Refusal::NotFound));
    app.change("UPDATE rooms SET archived_at = 1").await;
    let late = ben.post_as(room, Uuid::new_v4(), "too late").await;
    assert_eq!(late, Err(Refusal::Because(ChatReason::Archived)));
    assert_eq!(ben.history(room, i64::MAX).await.messages.len(), 4);
    app.stop().await;
}

#[tokio::test]
async fn moderators_of_a_room_act_against_those_below_them() {
    let app = TestApp::start().await;
    let (ada, max) = (app.visitor("ada").await, app.visitor("max").await);
    let (ben, mia) = (app.visitor("ben").await, app.visitor("mia").await);
    let room = app
        .room_of(&[
            (&ada, RoomRole::Owner),
            (&max, RoomRole::Moderator),
            (&mia, RoomRole::Moderator),
            (&ben, RoomRole::Member),
        ])
        .await;
    let (rude, rule) =
        (ben.say_in(room, "rude", None).await, ada.say_in(room, "Be kind", None).await);
    assert_eq!(ben.unsay(room, rule).await, Err(Refusal::Forbidden));
    assert_eq!(ben.pin(room, rule, true).await, Err(Refusal::Forbidden));
    assert_eq!(ben.mute(room, max.person(), true).await, Err(Refusal::Forbidden));
    for above in [&ada, &mia, &max] {
        assert_eq!(max.mute(room, above.person(), true).await, Err(Refusal::Forbidden));
    }
    max.pin(room, rule, true).await.unwrap();
    max.unsay(room, rude).await.unwrap();
    max.mute(room, ben.person(), true).await.unwrap();
    let muted = ben.post_as(room, Uuid::new_v4(), "more").await;
    assert_eq!(muted, Err(Refusal::Because(ChatReason::Muted)));
    for (who, known) in
        [(&max, vec![ben.person()]), (&ben, vec![ben.person()]), (&mia, vec![ben.person()])]
    {
        let follower = app.follow_room(who, room).await.unwrap();
        let Some(Snapshot::Room { muted, chat, page }) = follower.present else {
            panic!("no present")
        };
        assert_eq!(muted, known);
        assert_eq!(chat.pinned.len(), 1);
        assert_eq!(page.cursor, follower.cursor.unwrap());
    }
    ada.mute(room, max.person(), true).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_a_room_is_cut_and_comes_back_to_a_closed_door() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = app.room_of(&[(&ada, RoomRole::Owner), (&ben, RoomRole::Member)]).await;
    let elsewhere = app.room_of(&[(&ben, RoomRole::Member)]).await;
    let inside = app.follow_room(&ben, room).await.unwrap();
    let mut stays = app.follow_room(&ben, elsewhere).await.unwrap();
    let mut ada_stays = app.follow_room(&ada, room).await.unwrap();
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    sqlx::query("DELETE FROM room_members WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(ben.person().as_str())
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    app.running.venue.services.bus.publish(BusMessage::RoomLeft(room, ben.person())).await;
    until_cut(inside).await;
    assert_eq!(app.follow_room(&ben, room).await.err(), Some(Refusal::NotFound));
    ben.say_in(elsewhere, "still here", None).await;
    stays.until(|it| it.texts().contains(&"still here")).await;
    ada.say_in(room, "he is gone", None).await;
    ada_stays.until(|it| it.texts().contains(&"he is gone")).await;
    let gone = json!({ "place": ChatPlace::Room(room), "before": i64::MAX });
    let history = ben.call::<ChatPage, ChatReason>("chat/history", gone).await;
    assert_eq!(history, Err(Refusal::NotFound));
    app.stop().await;
}
