//! Rooms: addresses, members, invitations, knocks, bans.

use bandstand_domain::{
    Refusal,
    channel::{Event, Topic},
    rooms::{
        InvitationForm, InvitedTo, Knock, MemberPage, OwnRooms, RoomBan, RoomEvent, RoomForm,
        RoomList, RoomReason, RoomRole,
    },
};
use bandstand_server::{config::RoomMakers, own_account::deletion};
use serde_json::{Value, json};

use crate::support::{
    app::{PASSWORD, TestApp, fields},
    channel::{Follower, until_cut},
    rooms::{form, refused_for},
};

#[tokio::test]
async fn address_is_chosen_drawn_and_never_given_twice() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.visitor("ada").await, app.visitor("eve").await);
    let room = ada.make_room(&form(" Tea  House ")).await.unwrap();
    assert_eq!(room.address, "tea-house");
    let page = ada.inside("tea-house").await;
    assert_eq!(
        (page.role, page.room.members, page.room.title.as_str()),
        (RoomRole::Owner, 1, "tea-house")
    );

    let drawn = eve.make_room(&form("")).await.unwrap();
    assert!(drawn.address.len() > 5, "{}", drawn.address);
    eve.inside(&drawn.address).await;
    for address in ["茶の間", "🎸🎸🎸", "дом"] {
        let made = eve.make_room(&form(address)).await.unwrap();
        assert_eq!(made.address, address);
    }
    for taken in ["tea-house", "TEA_HOUSE", "tеа-hоusе", "new", "аdmin", "a", "x/y/z"] {
        assert_eq!(fields(eve.make_room(&form(taken)).await), ["address"], "{taken}");
    }

    // Another address leads on from the first, which stays the room's.
    let changed = RoomForm { title: "Tea".into(), ..form("coffee-house") };
    let _: Value = ada.rooms("change", json!({ "room": room.id, "form": changed })).await.unwrap();
    assert_eq!(ada.inside("tea-house").await.room.address, "coffee-house");
    assert_eq!(fields(eve.make_room(&form("tea-house")).await), ["address"]);
    // And back again.
    let _: Value =
        ada.rooms("change", json!({ "room": room.id, "form": form("tea-house") })).await.unwrap();
    assert_eq!(ada.inside("coffee-house").await.room.address, "tea-house");

    // Deleted, both say that it is gone.
    let _: () = ada.rooms("delete", json!({ "room": room.id })).await.unwrap();
    for address in ["tea-house", "coffee-house"] {
        assert_eq!(eve.find_room(address).await, Err(Refusal::Gone));
        assert_eq!(fields(eve.make_room(&form(address)).await), ["address"]);
    }
    assert_eq!(eve.find_room("nowhere").await, Err(Refusal::NotFound));
    assert_eq!(app.nobody().page("/rooms/tea-house").await.status(), 410);
    assert_eq!(app.nobody().page("/rooms/nowhere").await.status(), 404);
    assert_eq!(app.nobody().page("/rooms/%E8%8C%B6%E3%81%AE%E9%96%93").await.status(), 200);
}

#[tokio::test]
async fn operator_decides_who_makes_rooms_and_how_many() {
    let app = TestApp::configured(|config| {
        config.rooms.makers = RoomMakers::Artists;
        config.rooms.max_owned = 2;
    })
    .await;
    let (artist, visitor) = (app.artist("ada").await, app.visitor("ben").await);
    refused_for(visitor.make_room(&form("")).await, RoomReason::MayNotMake);
    let own: OwnRooms = visitor.rooms("own", json!({})).await.unwrap();
    assert!(!own.may_make);
    artist.make_room(&form("one-room")).await.unwrap();
    // Two at once for the one place that is left.
    let (second, third) = (form("two-rooms"), form("three-rooms"));
    let both = tokio::join!(artist.make_room(&second), artist.make_room(&third));
    let made = [both.0, both.1];
    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 1, "{made:?}");
    refused_for(artist.make_room(&form("four-rooms")).await, RoomReason::TooManyRooms);
    // Archived ones don't count.
    let room = artist.inside("one-room").await.room.id;
    let _: () = artist.rooms("archive", json!({ "room": room, "archived": true })).await.unwrap();
    artist.make_room(&form("four-rooms")).await.unwrap();
}

#[tokio::test]
async fn invitation_expires_runs_out_and_is_revoked() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let room = ada.make_room(&form("den-of-friends")).await.unwrap().id;
    let once = InvitationForm { hours: Some(1), max_uses: Some(1) };
    let (invitation, secret) = ada.invite(room, once).await;
    assert!(invitation.link.reveal().starts_with(&format!("{}/invitations/", app.url)));
    let (ben, eve) = (app.visitor("ben").await, app.visitor("eve").await);
    let to: InvitedTo = ben.rooms("invited_to", json!({ "invitation": secret })).await.unwrap();
    assert_eq!((to.room.address.as_str(), to.inside), ("den-of-friends", false));

    // Two at once for one use.
    let both = tokio::join!(ben.accept(&secret), eve.accept(&secret));
    let joined = [both.0, both.1];
    assert_eq!(joined.iter().filter(|it| it.is_ok()).count(), 1, "{joined:?}");
    assert_eq!(ada.inside("den-of-friends").await.room.members, 2);
    refused_for(app.visitor("fay").await.accept(&secret).await, RoomReason::InvitationOver);

    // Who is inside uses nothing up.
    let (_, secret) = ada.invite(room, InvitationForm { hours: None, max_uses: Some(1) }).await;
    ada.accept(&secret).await.unwrap();
    let list: Value = ada.rooms("invitations", json!({ "room": room })).await.unwrap();
    assert_eq!((list.as_array().unwrap().len(), list[0]["uses"].as_u64()), (1, Some(0)));

    let (invitation, secret) = ada.invite(room, once).await;
    app.change("UPDATE room_invitations SET expires_at = 1 WHERE expires_at IS NOT NULL").await;
    refused_for(app.visitor("gus").await.accept(&secret).await, RoomReason::InvitationOver);
    let again: Result<(), _> =
        ada.rooms("revoke", json!({ "room": room, "invitation": invitation.id })).await;
    again.unwrap();
    let (invitation, secret) = ada.invite(room, InvitationForm::default()).await;
    let gone = json!({ "room": room, "invitation": invitation.id });
    let _: () = ada.rooms("revoke", gone).await.unwrap();
    refused_for(app.visitor("hal").await.accept(&secret).await, RoomReason::InvitationOver);
    assert_eq!(app.nobody().page(&format!("/invitations/{secret}")).await.status(), 410);
    for wrong in [json!({ "hours": 0, "max_uses": null }), json!({ "hours": null, "max_uses": 0 })]
    {
        let answer: Result<Value, _> =
            ada.rooms("invite", json!({ "room": room, "form": wrong })).await;
        assert_eq!(fields(answer).len(), 1);
    }
}

#[tokio::test]
async fn guest_comes_by_link_where_the_room_has_place_for_guests() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let room = ada.make_room(&form("open-house")).await.unwrap().id;
    let (_, secret) = ada.invite(room, InvitationForm::default()).await;
    let guest = app.guest("Gil").await;
    guest.accept(&secret).await.unwrap();
    let page = guest.inside("open-house").await;
    assert_eq!(page.role, RoomRole::Guest);
    let members: MemberPage =
        guest.rooms("members", json!({ "room": room, "skipped": 0 })).await.unwrap();
    let named: Vec<_> = members.members.iter().map(|it| (it.name.as_str(), it.role)).collect();
    assert_eq!(named, [("ada", RoomRole::Owner), ("Gil", RoomRole::Guest)]);

    let closed = RoomForm { guests: false, ..form("open-house") };
    let _: Value = ada.rooms("change", json!({ "room": room, "form": closed })).await.unwrap();
    refused_for(app.guest("Hal").await.accept(&secret).await, RoomReason::NoGuests);
    assert_eq!(app.nobody().accept(&secret).await, Err(Refusal::NotLoggedIn));
}

#[tokio::test]
async fn who_knocks_is_let_in_or_sent_away() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = ada.make_room(&form("closed-room")).await.unwrap().id;
    let door = ben.outside("closed-room").await;
    assert!(door.about.is_none() && door.may_knock && !door.may_join);
    let knock = json!({ "room": room, "waiting": true });
    let _: () = ben.rooms("knock", knock.clone()).await.unwrap();
    let _: () = ben.rooms("knock", knock.clone()).await.unwrap();
    assert!(ben.outside("closed-room").await.has_knocked);
    assert_eq!(ada.inside("closed-room").await.knocks, 1);
    let knocks: Vec<Knock> = ada.rooms("knocks", json!({ "room": room })).await.unwrap();
    assert_eq!(knocks[0].name, "ben");
    let answer = |person, admitted| json!({ "room": room, "person": person, "admitted": admitted });
    let _: () = ada.rooms("answer_knock", answer(ben.person(), true)).await.unwrap();
    assert_eq!(ben.inside("closed-room").await.role, RoomRole::Member);
    assert_eq!(ada.inside("closed-room").await.knocks, 0);

    let guest = app.guest("Gil").await;
    let _: () = guest.rooms("knock", knock.clone()).await.unwrap();
    // Any member may answer.
    let _: () = ben.rooms("answer_knock", answer(guest.person(), false)).await.unwrap();
    assert!(!guest.outside("closed-room").await.has_knocked);
    let again: Result<(), _> = ben.rooms("answer_knock", answer(guest.person(), true)).await;
    assert_eq!(again, Err(Refusal::NotFound));
    let silent = RoomForm { knocking: false, ..form("closed-room") };
    let _: Value = ada.rooms("change", json!({ "room": room, "form": silent })).await.unwrap();
    assert_eq!(guest.rooms::<()>("knock", knock).await, Err(Refusal::Forbidden));
}

#[tokio::test]
async fn banned_person_stays_out_by_every_way() {
    let app = TestApp::configured(|config| config.trusted_proxy = true).await.from("203.0.113.7");
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let public = RoomForm { public: true, ..form("town-square") };
    let room = ada.make_room(&public).await.unwrap().id;
    let (_, secret) = ada.invite(room, InvitationForm::default()).await;
    let _: Value = ben.rooms("join", json!({ "room": room })).await.unwrap();
    let follower = {
        let mut follower = Follower::new(app.channel(&ben).await, Topic::Room(room));
        follower.subscribe(None).await.unwrap();
        follower
    };
    ada.remove(room, &ben.person(), true).await.unwrap();
    // What they hold open is cut.
    until_cut(follower).await;
    let door = ben.outside("town-square").await;
    assert!(door.banned && !door.may_join && !door.may_knock);
    refused_for(ben.rooms::<Value>("join", json!({ "room": room })).await, RoomReason::Banned);
    refused_for(ben.accept(&secret).await, RoomReason::Banned);
    let knock = json!({ "room": room, "waiting": true });
    refused_for(ben.rooms::<()>("knock", knock).await, RoomReason::Banned);
    let mut again = Follower::new(app.channel(&ben).await, Topic::Room(room));
    assert_eq!(again.subscribe(None).await, Err(Refusal::NotFound));

    // A guest takes everybody without an account with them who comes from there, and nobody else.
    let guest = app.guest("Gil").await;
    guest.accept(&secret).await.unwrap();
    ada.remove(room, &guest.person(), true).await.unwrap();
    refused_for(app.guest("Gus").await.accept(&secret).await, RoomReason::Banned);
    app.visitor("eve").await.accept(&secret).await.unwrap();
    let elsewhere = app.from("198.51.100.9");
    elsewhere.guest("Hal").await.accept(&secret).await.unwrap();
    let app = elsewhere.from("203.0.113.200");
    refused_for(app.guest("Ida").await.accept(&secret).await, RoomReason::Banned);
    // For a day.
    app.change("UPDATE room_bans SET origin_until = 1 WHERE origin_until IS NOT NULL").await;
    app.guest("Ida").await.accept(&secret).await.unwrap();

    let bans: Vec<RoomBan> = ada.rooms("bans", json!({ "room": room })).await.unwrap();
    assert_eq!(bans.len(), 2);
    let lift = json!({ "room": room, "person": ben.person() });
    let _: () = ada.rooms("lift_ban", lift).await.unwrap();
    ben.accept(&secret).await.unwrap();
}

#[tokio::test]
async fn room_always_has_an_owner() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = ada.make_room(&form("our-room")).await.unwrap().id;
    let leave = json!({ "room": room });
    refused_for(ada.rooms::<()>("leave", leave.clone()).await, RoomReason::LastOwner);
    refused_for(ada.give_role(room, &ada.person(), "member").await, RoomReason::LastOwner);
    ben.come_in(&ada, room).await;
    // A moderator neither removes an owner nor gives roles.
    ada.give_role(room, &ben.person(), "moderator").await.unwrap();
    assert_eq!(ben.remove(room, &ada.person(), false).await, Err(Refusal::Forbidden));
    assert_eq!(ben.give_role(room, &ben.person(), "owner").await, Err(Refusal::Forbidden));
    ada.give_role(room, &ben.person(), "owner").await.unwrap();
    // Two owners who leave at once: one stays.
    let both = tokio::join!(
        ada.rooms::<()>("leave", leave.clone()),
        ben.rooms::<()>("leave", leave.clone())
    );
    let left = [both.0, both.1];
    assert_eq!(left.iter().filter(|it| it.is_ok()).count(), 1, "{left:?}");
}

#[tokio::test]
async fn public_rooms_are_listed_and_others_are_not() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let public = RoomForm {
        public: true,
        description: "100 % folk_songs".into(),
        title: "The Parlour".into(),
        ..form("parlour")
    };
    let room = ada.make_room(&public).await.unwrap().id;
    ada.make_room(&form("secret-parlour")).await.unwrap();
    let search = async |words: &str| -> Vec<String> {
        let arguments = json!({ "words": words, "skipped": 0 });
        let list: RoomList = app.nobody().rooms("public", arguments).await.unwrap();
        list.rooms.into_iter().map(|room| room.address).collect()
    };
    for words in ["", "PARLOUR", "100 %", "k_s"] {
        assert_eq!(search(words).await, ["parlour"], "{words}");
    }
    for words in ["0%0", "secret", "x_s"] {
        assert_eq!(search(words).await, [""; 0], "{words}");
    }
    // Open pages hear of changes.
    let mut follower = Follower::new(app.channel(&ada).await, Topic::Room(room));
    follower.subscribe(None).await.unwrap();
    let _: Value = app.visitor("ben").await.rooms("join", json!({ "room": room })).await.unwrap();
    let grown =
        |event: &Event| matches!(event, Event::Room(RoomEvent::MembersChanged { members: 2 }));
    follower.until(|it| it.events.iter().any(grown)).await;
    let _: () = ada.rooms("archive", json!({ "room": room, "archived": true })).await.unwrap();
    let archived = |event: &Event| matches!(event, Event::Room(RoomEvent::RoomChanged { room }) if room.archived_at.is_some());
    follower.until(|it| it.events.iter().any(archived)).await;
    assert_eq!(search("").await, [""; 0]);
    let late: Result<Value, _> =
        app.visitor("eve").await.rooms("join", json!({ "room": room })).await;
    refused_for(late, RoomReason::Archived);
}

#[tokio::test]
async fn room_outlives_the_account_of_its_owner() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = ada.make_room(&form("shared-room")).await.unwrap().id;
    let alone = ada.make_room(&form("lonely-room")).await.unwrap().id;
    app.guest("Gil").await.come_in(&ada, alone).await;
    ben.come_in(&ada, room).await;
    ada.delete_account(PASSWORD).await.unwrap();
    app.change("UPDATE accounts SET deleted_at = 1000 WHERE deleted_at IS NOT NULL").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    let page = ben.inside("shared-room").await;
    assert_eq!((page.role, page.room.members), (RoomRole::Owner, 1));
    assert_eq!(ben.find_room("lonely-room").await, Err(Refusal::Gone));
}
