//! `./bandstand user`: what an operator does beside a running venue.

use bandstand_domain::{
    Refusal, Secret,
    accounts::{AccountReason, Role},
    channel::ClientFrame,
    crowd::Gesture,
    stage::StageState,
};
use bandstand_server::{
    config::UserCommand,
    own_account::operator::{UserError, run},
};

use crate::support::{
    app::{PASSWORD, TestApp},
    factors::App,
};

const NEW: &str = "another horse battery";

impl TestApp {
    async fn user(&self, command: UserCommand) -> Result<String, UserError> {
        run(self.running.venue.services.config.as_ref().clone(), command).await
    }
}

/// What stands behind `#` in the address that was printed.
fn link(said: &str) -> Secret {
    Secret::new(said.trim().rsplit_once("/reset#").unwrap().1)
}

fn who() -> String {
    "ada".into()
}

#[tokio::test]
async fn an_account_is_made_and_its_password_chosen_by_its_person() {
    let app = TestApp::start().await;
    let (email, artist) = ("ada@example.org".to_owned(), Some("Ada & Band".to_owned()));
    let create = |handle: &str| UserCommand::Create {
        handle: handle.into(),
        email: email.clone(),
        artist: artist.clone(),
    };
    assert!(matches!(app.user(create("a b")).await, Err(UserError::Wrong(_))));
    let said = app.user(create("ada")).await.unwrap();
    assert!(matches!(app.user(create("ada")).await, Err(UserError::Wrong(_))), "it is in use");
    let ada = app.nobody();
    ada.reset(&link(&said), NEW).await.unwrap();
    let viewer = ada.log_in(&email, NEW).await.unwrap();
    assert_eq!(
        (viewer.name.as_str(), viewer.role, viewer.confirmed),
        ("Ada & Band", Role::Artist, true)
    );
    let reset = |who: &str| UserCommand::Reset { who: who.into(), forget_factors: false };
    assert!(matches!(app.user(reset("nobody")).await, Err(UserError::Unknown(_))));
    let said = app.user(reset(&email)).await.unwrap();
    assert!(ada.who().await.is_some(), "until it is used, the link changes nothing");
    ada.reset(&link(&said), PASSWORD).await.unwrap();
    assert_eq!(ada.reset(&link(&said), NEW).await, Err(Refusal::Because(AccountReason::LinkOver)));
    assert_eq!(ada.who().await, None);
    ada.log_in("ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn who_is_promoted_may_end_any_show_until_they_are_not_any_more() {
    let app = TestApp::start().await;
    let (_artist, show) = app.artist_with_show().await;
    let ops = app.visitor("ops").await;
    assert_eq!(ops.end(show).await, Err(Refusal::Forbidden));
    app.user(UserCommand::Promote { who: "ops".into() }).await.unwrap();
    app.user(UserCommand::Demote { who: "ops".into() }).await.unwrap();
    assert_eq!(ops.end(show).await, Err(Refusal::Forbidden));
    app.user(UserCommand::Promote { who: "OPS".into() }).await.unwrap();
    ops.end(show).await.unwrap();
}

#[tokio::test]
async fn an_end_by_the_operator_has_no_encore() {
    let app = TestApp::start().await;
    let (_artist, show) = app.artist_with_show().await;
    let ops = app.visitor("ops").await;
    app.user(UserCommand::Promote { who: "ops".into() }).await.unwrap();
    let (bob, eve) = (app.guest("Bob").await, app.guest("Eve").await);
    let mut watching = app.follow(&eve, show).await;
    let waving = app.follow(&bob, show).await;
    ops.end(show).await.unwrap();
    let wave = ClientFrame::Gesture { show, gesture: Gesture::Wave };
    watching.sees_no_gesture_of(waving, &wave).await;
    drop(watching);

    // Nor has it for who comes to it later.
    let app = app.restart().await;
    let mut watching = app.follow(&eve, show).await;
    let waving = app.follow(&bob, show).await;
    watching.sees_no_gesture_of(waving, &wave).await;
    app.stop().await;
}

#[tokio::test]
async fn a_stream_key_is_worth_as_much_as_the_account_that_it_belongs_to() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let key = artist.make_stream_key("OBS").await.unwrap().secret;
    let guest = app.guest("Guest").await;
    let mut audience = app.follow(&guest, show).await;
    let program = app.publish_at("/whip", key.clone()).await.unwrap();
    audience.until_stage(StageState::Live).await;
    app.user(UserCommand::Disable { who: who() }).await.unwrap();
    program.publisher.ended().await;
    audience.until_stage(StageState::Dropped).await;
    assert_eq!(app.tried("/whip", &key).await.0, 401);
    app.user(UserCommand::Enable { who: who() }).await.unwrap();
    assert_eq!(artist.who().await, None, "its sessions stay ended");
    artist.log_in("ada", PASSWORD).await.unwrap();
    app.publish_at("/whip", key).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn who_has_lost_their_phone_is_helped() {
    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let origin = app.url.replace("127.0.0.1", "localhost");
    ada.with_device(&origin).await;
    let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
    ada.enable(&phone.code(0)).await.unwrap();

    let reset = |forget_factors| UserCommand::Reset { who: who(), forget_factors };
    let said = app.user(reset(false)).await.unwrap();
    ada.reset(&link(&said), NEW).await.unwrap();
    let needed = Err(Refusal::Because(AccountReason::CodeNeeded));
    assert_eq!(ada.log_in("ada", NEW).await, needed, "a new password is no second factor");
    app.user(reset(true)).await.unwrap();
    ada.log_in("ada", NEW).await.unwrap();
    let ways = ada.ways().await.unwrap();
    assert_eq!((ways.passkeys.len(), ways.second_factor, ways.recovery_codes), (0, false, 0));
}
