//! Happenings of rooms: who may plan and answer, what is told of them, and reminders.

use bandstand_domain::{
    Millis, PersonId, Refusal, RoomId,
    accounts::AccountReason,
    channel::{Event, Topic},
    happenings::{
        AnswerCounts, HappeningAnswer, HappeningError, HappeningEvent, HappeningForm, HappeningId,
        HappeningList, HappeningReason, MAX_TO_COME,
    },
    notifications::{InboxPage, NotificationKind},
};
use bandstand_server::{clock, happenings::news::remind, ids::AccountId};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::{TestApp, User, clock_in, fields},
    channel::Follower,
};

const ROOM: RoomId = RoomId(Uuid::from_u128(7));

impl User {
    async fn happenings(&self) -> Result<HappeningList, HappeningError> {
        self.call("happenings/list", json!({ "room": ROOM })).await
    }

    async fn plan(&self, plan: &HappeningForm) -> Result<HappeningId, HappeningError> {
        self.call("happenings/plan", json!({ "room": ROOM, "plan": plan })).await
    }

    async fn change_plan(
        &self,
        happening: HappeningId,
        plan: &HappeningForm,
    ) -> Result<(), HappeningError> {
        self.call("happenings/change", json!({ "happening": happening, "plan": plan })).await
    }

    async fn call_off(&self, happening: HappeningId) -> Result<(), HappeningError> {
        self.call("happenings/cancel", json!({ "happening": happening })).await
    }

    async fn comes(
        &self,
        happening: HappeningId,
        answer: HappeningAnswer,
    ) -> Result<(), HappeningError> {
        let arguments = json!({ "happening": happening, "answer": answer });
        self.call("happenings/answer", arguments).await
    }

    async fn who_comes(
        &self,
        happening: HappeningId,
    ) -> Result<Vec<(HappeningAnswer, Vec<String>)>, HappeningError> {
        self.call("happenings/who", json!({ "happening": happening })).await
    }

    /// The kinds of one's notifications, in alphabetical order.
    async fn told(&self) -> Vec<NotificationKind> {
        let page: InboxPage =
            self.call::<_, AccountReason>("notifications/list", json!({})).await.unwrap();
        let mut kinds: Vec<_> = page.notifications.iter().map(|notice| notice.kind).collect();
        kinds.sort_by_key(|kind| kind.name());
        kinds
    }
}

/// People in a room, and one who isn't.
struct Cast {
    owner: User,
    moderator: User,
    member: User,
    guest: User,
    stranger: User,
}

impl TestApp {
    async fn account_of(&self, user: &User) -> Option<AccountId> {
        sqlx::query_scalar("SELECT id FROM accounts WHERE person = $1")
            .bind(user.person().as_str().to_owned())
            .fetch_optional(&self.running.venue.services.database.read)
            .await
            .unwrap()
    }

    async fn joins(&self, user: &User, role: &str, rank: i64) {
        let account = self.account_of(user).await;
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO room_members (room, person, account, name, role, rank, joined_at, seen_at) \
             VALUES ($1, $2, $3, 'Gus', $4, $5, 1, 1)",
        )
        .bind(ROOM.to_string())
        .bind(user.person().as_str().to_owned())
        .bind(account)
        .bind(role.to_owned())
        .bind(rank)
        .execute(&mut *write)
        .await
        .unwrap();
        write.commit().await.unwrap();
    }

    async fn room_with_people(&self) -> Cast {
        self.change(
            "INSERT INTO rooms (id, title, description, public, guests, guest_uploads, knocking, \
             created_at) VALUES ('00000000-0000-0000-0000-000000000007', 'Kitchen', '', 0, 1, 0, 0, 1)",
        )
        .await;
        self.change(
            "INSERT INTO room_addresses (skeleton, address, room, current, since) \
             VALUES ('kitchen', 'kitchen', '00000000-0000-0000-0000-000000000007', 1, 1)",
        )
        .await;
        let cast = Cast {
            owner: self.visitor("olga").await,
            moderator: self.visitor("moe").await,
            member: self.visitor("mia").await,
            guest: self.guest("Gus").await,
            stranger: self.visitor("sam").await,
        };
        self.joins(&cast.owner, "owner", 3).await;
        self.joins(&cast.moderator, "moderator", 2).await;
        self.joins(&cast.member, "member", 1).await;
        self.joins(&cast.guest, "guest", 0).await;
        cast
    }
}

/// A happening that is in order.
fn supper(hours: i64) -> HappeningForm {
    HappeningForm {
        title: " Supper ".into(),
        description: "Bring\r\nsomething.".into(),
        place: "Alfama".into(),
        starts: clock_in(hours),
        ends: clock_in(hours + 2),
        time_zone: "UTC".into(),
    }
}

#[tokio::test]
async fn members_plan_guests_answer_and_strangers_see_nothing() {
    let app = TestApp::start().await;
    let Cast { owner, moderator, member, guest, stranger } = app.room_with_people().await;
    let mut page = Follower::new(app.channel(&guest).await, Topic::Room(ROOM));
    page.subscribe(None).await.unwrap();

    assert_eq!(guest.plan(&supper(48)).await, Err(Refusal::Forbidden));
    assert_eq!(stranger.plan(&supper(48)).await, Err(Refusal::NotFound));
    assert_eq!(app.nobody().plan(&supper(48)).await, Err(Refusal::NotLoggedIn));
    let id = member.plan(&supper(48)).await.unwrap();

    for (user, may_change, may_plan) in [
        (&owner, true, true),
        (&moderator, true, true),
        (&member, true, true),
        (&guest, false, false),
    ] {
        let list = user.happenings().await.unwrap();
        let [view] = &list.happenings[..] else { panic!("{list:?}") };
        assert_eq!((&*view.card.title, &*view.card.description), ("Supper", "Bring\nsomething."));
        assert_eq!(
            (view.may_change, list.may_plan, list.sees_names),
            (may_change, may_plan, may_plan)
        );
    }
    assert_eq!(stranger.happenings().await, Err(Refusal::NotFound));

    for (user, answer) in [
        (&owner, HappeningAnswer::Yes),
        (&member, HappeningAnswer::Perhaps),
        (&guest, HappeningAnswer::No),
        (&guest, HappeningAnswer::Yes),
        (&guest, HappeningAnswer::Yes),
    ] {
        user.comes(id, answer).await.unwrap();
    }
    for refused in [
        stranger.comes(id, HappeningAnswer::Yes).await,
        stranger.change_plan(id, &supper(49)).await,
        stranger.call_off(id).await,
    ] {
        assert_eq!(refused, Err(Refusal::NotFound));
    }
    let list = guest.happenings().await.unwrap();
    assert_eq!(list.happenings[0].answer, Some(HappeningAnswer::Yes));
    assert_eq!(list.happenings[0].card.answers, AnswerCounts { yes: 2, perhaps: 1, no: 0 });
    let who = member.who_comes(id).await.unwrap();
    assert_eq!(who[0], (HappeningAnswer::Yes, vec!["olga".into(), "Gus".into()]));
    assert_eq!(guest.who_comes(id).await, Err(Refusal::Forbidden));
    assert_eq!(stranger.who_comes(id).await, Err(Refusal::NotFound));

    assert_eq!(guest.change_plan(id, &supper(50)).await, Err(Refusal::Forbidden));
    let another = owner.plan(&supper(30)).await.unwrap();
    app.jobs_done().await;
    assert_eq!(member.change_plan(another, &supper(31)).await, Err(Refusal::Forbidden));
    assert_eq!(member.call_off(another).await, Err(Refusal::Forbidden));
    moderator
        .change_plan(id, &HappeningForm { title: "Dinner".into(), ..supper(50) })
        .await
        .unwrap();
    moderator.call_off(another).await.unwrap();
    moderator.call_off(another).await.unwrap();
    assert_eq!(
        guest.comes(another, HappeningAnswer::No).await,
        Err(Refusal::Because(HappeningReason::Over))
    );

    // Planned, four answers (one of them the same again), planned, changed, called off.
    page.until(|it| it.events.len() == 8).await;
    let Some(Event::Happening(HappeningEvent::HappeningChanged { happening })) = page.events.get(6)
    else {
        panic!("{:?}", page.events)
    };
    assert_eq!((&*happening.title, happening.revision), ("Dinner", 1));
    let off = HappeningEvent::HappeningCancelled { happening: another };
    assert_eq!(page.events[7], Event::Happening(off));

    app.jobs_done().await;
    // Of the first: planned; changed. Of the second: planned. Nobody had said to come there.
    let [planned, changed] = [NotificationKind::Happening, NotificationKind::HappeningChanged];
    assert_eq!(owner.told().await, [planned, changed]);
    assert_eq!(member.told().await, [planned, changed]);
    assert_eq!(moderator.told().await, [planned, planned]);
    assert_eq!(stranger.told().await, []);

    app.change("UPDATE rooms SET archived_at = 1").await;
    let archived = Err(Refusal::Because(HappeningReason::Archived));
    assert_eq!(owner.plan(&supper(48)).await.map(drop), archived);
    assert_eq!(owner.comes(id, HappeningAnswer::No).await, archived);
    assert!(!owner.happenings().await.unwrap().may_plan);
    app.stop().await;
}

#[tokio::test]
async fn forms_and_numbers_are_bounded() {
    let app = TestApp::start().await;
    let Cast { member, .. } = app.room_with_people().await;
    let wrong = HappeningForm { title: String::new(), time_zone: "Mars".into(), ..supper(5) };
    assert_eq!(fields(member.plan(&wrong).await), ["title", "time_zone"]);
    let past = HappeningForm { starts: clock_in(-2), ends: clock_in(-1), ..supper(5) };
    assert_eq!(fields(member.plan(&past).await), ["starts", "ends"]);
    for _ in 0..MAX_TO_COME {
        member.plan(&supper(72)).await.unwrap();
    }
    assert_eq!(member.plan(&supper(72)).await, Err(Refusal::Because(HappeningReason::TooMany)));
    app.change("UPDATE happenings SET cancelled_at = 1").await;
    member.plan(&supper(72)).await.unwrap();
    app.jobs_done().await;
    app.stop().await;
}

#[tokio::test]
async fn who_comes_is_reminded_a_day_and_an_hour_before_once_each() {
    let app = TestApp::start().await;
    let Cast { owner, moderator, member, guest, .. } = app.room_with_people().await;
    let id = member.plan(&supper(48)).await.unwrap();
    owner.comes(id, HappeningAnswer::Yes).await.unwrap();
    moderator.comes(id, HappeningAnswer::Perhaps).await.unwrap();
    member.comes(id, HappeningAnswer::No).await.unwrap();
    guest.comes(id, HappeningAnswer::Yes).await.unwrap();
    app.jobs_done().await;
    let services = &app.running.venue.services;
    let start = app.count("SELECT starts_at FROM happenings").await;
    let reminders = async |user: &User| {
        user.told().await.iter().filter(|it| **it == NotificationKind::Reminder).count()
    };
    for (before, times) in [
        (25 * Millis::HOUR, 0),
        (24 * Millis::HOUR, 1),
        (23 * Millis::HOUR, 1),
        (Millis::HOUR, 2),
        (Millis::MINUTE, 2),
        (-Millis::MINUTE, 2),
    ] {
        for _ in 0..2 {
            remind(services, Millis(start - before)).await.unwrap();
        }
        app.until_count(
            "SELECT COUNT(*) FROM jobs WHERE name = 'happening_news' AND over_at IS NULL",
            0,
        )
        .await;
        assert_eq!(reminders(&owner).await, times, "{before}");
        assert_eq!(reminders(&moderator).await, times, "{before}");
        assert_eq!(reminders(&member).await, 0, "said no");
    }
    // Put off by a day, it is another one.
    app.change("UPDATE happenings SET ends_at = ends_at + 86400000").await;
    member.change_plan(id, &supper(72)).await.unwrap();
    let start = app.count("SELECT starts_at FROM happenings").await;
    remind(services, Millis(start - Millis::HOUR)).await.unwrap();
    app.until_count(
        "SELECT COUNT(*) FROM jobs WHERE name = 'happening_news' AND over_at IS NULL",
        0,
    )
    .await;
    assert_eq!(reminders(&owner).await, 3);
    // What is planned for soon needs no reminder a day before, and what is called off needs none.
    let soon = member.plan(&supper(5)).await.unwrap();
    owner.comes(soon, HappeningAnswer::Yes).await.unwrap();
    remind(services, clock::now()).await.unwrap();
    member.call_off(soon).await.unwrap();
    remind(services, clock::now().plus(4 * Millis::HOUR + 1)).await.unwrap();
    app.until_count(
        "SELECT COUNT(*) FROM jobs WHERE name = 'happening_news' AND over_at IS NULL",
        0,
    )
    .await;
    assert_eq!(reminders(&owner).await, 3);
    assert!(owner.told().await.contains(&NotificationKind::HappeningCancelled));
    app.running.stop().await;
}

#[tokio::test]
async fn a_calendar_file_is_for_members() {
    let app = TestApp::start().await;
    let Cast { member, guest, stranger, .. } = app.room_with_people().await;
    let id = member.plan(&supper(48)).await.unwrap();
    let path = format!("/happenings/{id}/calendar.ics");
    for user in [&member, &guest] {
        let file = user.page(&path).await;
        assert_eq!(file.status(), StatusCode::OK);
        assert_eq!(file.headers()[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
        let text = file.text().await.unwrap();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
        assert!(
            text.contains("\r\nSUMMARY:Supper\r\n") && text.contains("\r\nLOCATION:Alfama\r\n")
        );
    }
    assert_eq!(stranger.page(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.nobody().page(&path).await.status(), StatusCode::UNAUTHORIZED);
    app.jobs_done().await;
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_the_venue_has_answered_nothing() {
    let app = TestApp::start().await;
    let Cast { owner, member, .. } = app.room_with_people().await;
    let id = member.plan(&supper(48)).await.unwrap();
    member.comes(id, HappeningAnswer::Yes).await.unwrap();
    let export: Value = member.page("/settings/export").await.json().await.unwrap();
    assert_eq!(export["happenings"]["answers"][0]["answer"], "yes");
    assert_eq!(export["happenings"]["planned"][0]["title"], "Supper");
    app.jobs_done().await;
    let person: PersonId = member.person();
    app.change("UPDATE accounts SET deleted_at = 1 WHERE handle = 'mia'").await;
    let services = &app.running.venue.services;
    bandstand_server::own_account::deletion::erase_due(services).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM happening_answers").await, 0);
    let list = owner.happenings().await.unwrap();
    assert_eq!(list.happenings.len(), 1, "others come to it");
    assert_eq!(app.count("SELECT COUNT(*) FROM happenings WHERE person = ''").await, 1);
    let told = serde_json::to_string(&list).unwrap();
    assert!(!told.contains(person.as_str()));
    app.stop().await;
}
