//! Notifications: told once, in order, as somebody wants it, and to nobody else.

mod mails;

use std::time::Duration;

use bandstand_domain::{
    PersonId, Refusal,
    accounts::AccountReason,
    channel::{Event, Topic},
    notifications::{
        Delivery, Inbox, InboxEvent, InboxId, InboxPage, MAX_KEPT, NotificationContent,
        NotificationError, NotificationKind, NotificationSettings, QuietHours,
    },
    stage::StageError,
};
use bandstand_server::{
    clock,
    ids::AccountId,
    notifications::{self, NewNotification, notify, withdraw, withdraw_room, withdraw_room_of},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use crate::support::{
    app::{TestApp, User, fields},
    channel::Follower,
};

impl User {
    async fn inbox(&self) -> Inbox {
        self.call::<_, AccountReason>("notifications/inbox", json!({})).await.unwrap()
    }

    async fn notices(&self, before: Option<i64>) -> InboxPage {
        let arguments = json!({ "before": before });
        self.call::<_, AccountReason>("notifications/list", arguments).await.unwrap()
    }

    async fn read_notices(&self, from: i64, up_to: i64) -> u32 {
        let arguments = json!({ "from": from, "up_to": up_to });
        self.call::<_, AccountReason>("notifications/read", arguments).await.unwrap()
    }

    async fn be_told(&self, settings: &NotificationSettings) -> Result<(), NotificationError> {
        self.call("notifications/save_settings", json!({ "settings": settings })).await
    }

    async fn told_how(&self) -> NotificationSettings {
        self.call::<_, AccountReason>("notifications/settings", json!({})).await.unwrap()
    }
}

impl TestApp {
    async fn account(&self, user: &User) -> AccountId {
        sqlx::query_scalar("SELECT id FROM accounts WHERE person = $1")
            .bind(user.person().as_str().to_owned())
            .fetch_one(&self.running.venue.services.database.read)
            .await
            .unwrap()
    }

    /// Tells somebody of something, as a feature does; whether they were told.
    async fn tell(&self, user: &User, kind: NotificationKind, key: &str) -> bool {
        let account = self.account(user).await;
        let services = &self.running.venue.services;
        let new = NewNotification {
            kind,
            key: key.into(),
            place: "/rooms/kitchen".into(),
            room: None,
            by: None,
            content: NotificationContent {
                name: "Eve".into(),
                title: "Kitchen".into(),
                text: format!("about {key}"),
                when: None,
            },
        };
        let mut write = services.database.begin().await.unwrap();
        let told = notify(&mut write, &account, &new, clock::now()).await.unwrap();
        write.commit().await.unwrap();
        notifications::announce(services, told).await;
        told.is_some()
    }

    async fn mails_waiting(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM jobs WHERE name = 'notification_mail' AND over_at IS NULL")
            .await
    }
}

/// Mails of all kinds, at any hour.
fn by_mail() -> NotificationSettings {
    let mail = |kind| (kind, Delivery::PageAndMail);
    NotificationSettings {
        deliveries: NotificationKind::KNOWN.map(mail).to_vec(),
        ..NotificationSettings::default()
    }
}

#[tokio::test]
async fn a_helper_is_told_once_on_all_open_pages() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let hal = app.visitor("hal").await;
    let inbox = hal.inbox().await;
    assert_eq!(inbox.unread, 0);
    let mut pages = Vec::new();
    for _ in 0..2 {
        let mut page = Follower::new(app.channel(&hal).await, Topic::Inbox(inbox.id));
        page.cursor = Some(inbox.cursor);
        page.subscribe(None).await.unwrap();
        pages.push(page);
    }
    for _ in 0..2 {
        let helper = json!({ "handle": "hal" });
        ada.call::<Value, AccountReason>("accounts/add_helper", helper.clone()).await.unwrap();
        ada.call::<Value, AccountReason>("accounts/remove_helper", helper).await.unwrap();
    }
    let listed = hal.notices(None).await;
    let [notice] = &listed.notifications[..] else { panic!("{listed:?}") };
    assert_eq!((notice.kind, &*notice.place), (NotificationKind::Helper, "/artists/ada"));
    assert_eq!((&*notice.content.name, &notice.by), ("ada on stage", &Some(ada.person())));
    assert_eq!((listed.inbox.unread, listed.before), (1, None));
    assert_eq!(hal.read_notices(notice.number, notice.number).await, 0);
    for page in &mut pages {
        page.until(|it| it.events.len() == 2).await;
        assert_eq!(
            page.events[0],
            InboxEvent::Noticed { notice: notice.clone(), unread: 1 }.into()
        );
        let (from, up_to) = (notice.number, notice.number);
        assert_eq!(page.events[1], InboxEvent::NoticesRead { from, up_to, unread: 0 }.into());
    }
    assert!(hal.notices(None).await.notifications[0].read);
    // Of what was read already nothing is told again.
    assert_eq!(hal.read_notices(0, i64::MAX).await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE topic LIKE 'inbox:%'").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn an_inbox_is_its_owners_alone() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.visitor("ana").await, app.visitor("ben").await);
    let inbox = ana.inbox().await.id;
    ben.inbox().await;
    let follow = async |user: &User, id: InboxId| -> Result<(), StageError> {
        Follower::new(app.channel(user).await, Topic::Inbox(id)).subscribe(None).await
    };
    assert_eq!(follow(&ben, inbox).await, Err(Refusal::Forbidden));
    assert_eq!(follow(&ana, InboxId(Uuid::new_v4())).await, Err(Refusal::Forbidden));
    for nobody in [app.nobody(), app.guest("Guest").await] {
        assert_eq!(follow(&nobody, inbox).await, Err(Refusal::NotLoggedIn));
    }
    assert_eq!(follow(&ana, inbox).await, Ok(()));
    // Who logs out hears no more.
    let mut page = Follower::new(app.channel(&ana).await, Topic::Inbox(inbox));
    page.subscribe(None).await.unwrap();
    ana.log_out().await;
    crate::support::channel::until_cut(page).await;
    app.stop().await;
}

#[tokio::test]
async fn a_kind_that_this_version_does_not_know_is_passed_over() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    app.tell(&ana, NotificationKind::Mention, "one").await;
    app.tell(&ana, NotificationKind::Mention, "two").await;
    app.change("UPDATE notices SET kind = 'invoice' WHERE dedup_key = 'one'").await;
    app.change("UPDATE events SET event = replace(event, 'mention', 'invoice') WHERE cursor = 1")
        .await;
    let listed = ana.notices(None).await;
    assert_eq!((listed.notifications.len(), listed.inbox.unread), (1, 1));
    let mut page = Follower::new(app.channel(&ana).await, Topic::Inbox(listed.inbox.id));
    page.cursor = Some(bandstand_domain::channel::Cursor(0));
    page.subscribe(None).await.unwrap();
    page.until(|it| it.events.len() == 2).await;
    let Event::Inbox(InboxEvent::Noticed { notice, .. }) = &page.events[0] else { panic!() };
    assert_eq!(notice.kind, NotificationKind::Unknown);
    assert_eq!(ana.page("/notifications").await.status(), StatusCode::OK);
    app.stop().await;
}

#[tokio::test]
async fn the_oldest_go_and_the_list_goes_on_page_by_page() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    for number in 0..45 {
        assert!(app.tell(&ana, NotificationKind::Reply, &format!("reply:{number}")).await);
    }
    let first = ana.notices(None).await;
    let second = ana.notices(first.before).await;
    assert_eq!((first.notifications.len(), second.notifications.len()), (30, 15));
    assert_eq!(second.before, None);
    let numbers: Vec<_> =
        first.notifications.iter().chain(&second.notifications).map(|it| it.number).collect();
    assert!(numbers.is_sorted_by(|one, other| one > other), "{numbers:?}");
    // As if so many had come meanwhile.
    app.change("UPDATE inboxes SET latest = latest + 490").await;
    app.tell(&ana, NotificationKind::Reply, "the latest").await;
    let left = app.count("SELECT COUNT(*) FROM notices").await;
    assert!((1..45).contains(&left), "{left} of at most {MAX_KEPT}");
    let oldest = app.count("SELECT MAX(number) - MIN(number) FROM notices").await;
    assert!(oldest < MAX_KEPT);
    // With the rows their words are gone.
    let words = "SELECT COUNT(*) FROM events WHERE event LIKE '%about %'";
    assert_eq!(app.count(words).await, left);

    app.change("UPDATE notices SET at = 1000 WHERE dedup_key <> 'the latest'").await;
    let database = &app.running.venue.services.database;
    notifications::sweep(database, clock::now()).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM notices").await, 1);
    assert_eq!(app.count(words).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn what_is_gone_is_taken_out_of_inboxes_and_out_of_the_log() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let inbox = ana.inbox().await;
    let mut page = Follower::new(app.channel(&ana).await, Topic::Inbox(inbox.id));
    page.cursor = Some(inbox.cursor);
    page.subscribe(None).await.unwrap();
    app.tell(&ana, NotificationKind::Mention, "mention:7").await;
    page.until(|it| it.events.len() == 1).await;
    let services = &app.running.venue.services;
    let mut write = services.database.begin().await.unwrap();
    let topics = withdraw(&mut write, "mention:7", clock::now()).await.unwrap();
    write.commit().await.unwrap();
    notifications::announce(services, topics).await;
    page.until(|it| it.events.len() == 2).await;
    let number = match &page.events[0] {
        Event::Inbox(InboxEvent::Noticed { notice, .. }) => notice.number,
        other => panic!("{other:?}"),
    };
    let gone = InboxEvent::NoticeWithdrawn { notice: number, unread: 0 };
    assert_eq!(page.events[1], gone.into());
    assert_eq!(ana.notices(None).await.notifications, []);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE event LIKE '%about%'").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_room_that_is_muted_tells_of_mentions_alone() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let room = Uuid::from_u128(7);
    let account = app.account(&ana).await;
    let services = &app.running.venue.services;
    let mut write = services.database.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO rooms (id, title, description, public, guests, guest_uploads, knocking, \
         created_at) VALUES ($1, 'Kitchen', '', 0, 0, 0, 0, 1)",
    )
    .bind(room.to_string())
    .execute(&mut *write)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO room_members (room, person, account, name, role, rank, joined_at, seen_at, \
         muted) VALUES ($1, $2, $3, '', 'member', 1, 1, 1, 1)",
    )
    .bind(room.to_string())
    .bind(ana.person().as_str().to_owned())
    .bind(&account)
    .execute(&mut *write)
    .await
    .unwrap();
    let mut told = Vec::new();
    for kind in NotificationKind::KNOWN {
        let new = NewNotification {
            kind,
            key: kind.name().into(),
            place: "/rooms/kitchen".into(),
            room: Some(bandstand_domain::RoomId(room)),
            by: None,
            content: NotificationContent::default(),
        };
        if notify(&mut write, &account, &new, clock::now()).await.unwrap().is_some() {
            told.push(kind);
        }
    }
    write.commit().await.unwrap();
    assert_eq!(told, [NotificationKind::Mention]);

    // Who isn't there any more is told nothing of it either, and once is enough.
    let room = bandstand_domain::RoomId(room);
    let mut write = services.database.begin().await.unwrap();
    let other = AccountId::new("somebody else");
    let now = clock::now();
    assert_eq!(withdraw_room_of(&mut write, room, &other, now).await.unwrap(), []);
    assert_eq!(withdraw_room_of(&mut write, room, &account, now).await.unwrap().len(), 1);
    assert_eq!(withdraw_room(&mut write, room, now).await.unwrap(), []);
    write.commit().await.unwrap();
    assert_eq!(ana.notices(None).await.inbox.unread, 0);
    app.stop().await;
}

#[tokio::test]
async fn settings_are_checked_and_heeded() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    assert_eq!(ana.told_how().await, NotificationSettings::default());
    let wrong = NotificationSettings {
        quiet: Some(QuietHours { from: 60, to: 60 }),
        ..NotificationSettings::default()
    };
    assert_eq!(fields(ana.be_told(&wrong).await), ["quiet_to"]);
    let wrong = NotificationSettings { time_zone: "Europe/Atlantis".into(), ..by_mail() };
    assert_eq!(fields(ana.be_told(&wrong).await), ["time_zone"]);
    assert_eq!(ana.told_how().await, NotificationSettings::default());

    let settings = NotificationSettings {
        deliveries: vec![(NotificationKind::Reply, Delivery::Nowhere)],
        time_zone: "europe/lisbon".into(),
        ..NotificationSettings::default()
    };
    ana.be_told(&settings).await.unwrap();
    assert_eq!(ana.told_how().await.time_zone, "Europe/Lisbon");
    assert!(!app.tell(&ana, NotificationKind::Reply, "reply:1").await);
    assert!(app.tell(&ana, NotificationKind::Mention, "mention:1").await);
    assert!(!app.tell(&ana, NotificationKind::Mention, "mention:1").await, "told twice");
    assert_eq!(ana.notices(None).await.notifications.len(), 1);
    assert_eq!(app.mails_waiting().await, 0, "nobody asked for mails");
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_takes_their_inbox_along_and_what_tells_of_them() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.artist("ada").await, app.artist("eve").await);
    for (artist, helper) in [(&ada, "eve"), (&eve, "ada")] {
        let helper = json!({ "handle": helper });
        artist.call::<Value, AccountReason>("accounts/add_helper", helper).await.unwrap();
    }
    let export: Value = ada.page("/settings/export").await.json().await.unwrap();
    assert_eq!(export["notifications"]["notices"][0]["content"]["name"], "eve on stage");
    let gone: PersonId = ada.person();
    app.change("UPDATE accounts SET deleted_at = 1 WHERE handle = 'ada'").await;
    let services = &app.running.venue.services;
    bandstand_server::own_account::deletion::erase_due(services).await.unwrap();
    assert_eq!(eve.notices(None).await.notifications, []);
    assert_eq!(eve.inbox().await.unread, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM inboxes").await, 1);
    let rows = sqlx::query("SELECT event FROM events WHERE topic LIKE 'inbox:%'")
        .fetch_all(&services.database.read)
        .await
        .unwrap();
    for row in rows {
        let event: String = row.get(0);
        assert!(!event.contains(gone.as_str()) && !event.contains("on stage"), "{event}");
    }
    tokio::time::timeout(Duration::from_secs(60), app.stop()).await.unwrap();
}
