//! What was proven before an account changed is worth nothing afterwards, however long it took.

use std::time::Duration;

use bandstand_domain::{
    Refusal, Secret,
    accounts::{AccountError, AccountReason, Viewer},
    factors::FactorReason,
};
use bandstand_server::{config::UserCommand, own_account::operator};
use serde_json::json;
use tokio::time::{interval, timeout};

use crate::support::{
    app::{PASSWORD, TestApp, User},
    factors::App,
};

const NEW: &str = "another horse battery";

impl TestApp {
    /// Runs `action`, whose password waits to be hashed until `change` is over.
    async fn meanwhile<T>(&self, action: impl Future<Output = T>, change: impl AsyncFnOnce()) -> T {
        let passwords = &self.running.venue.services.passwords;
        let turns = passwords.hold().await;
        let changed = async {
            let waits = async {
                let mut looks = interval(Duration::from_millis(2));
                while passwords.waiting() == 0 {
                    looks.tick().await;
                }
            };
            timeout(Duration::from_secs(20), waits).await.expect("it waits to be hashed");
            change().await;
            drop(turns);
        };
        tokio::join!(action, changed).0
    }

    /// Sessions of accounts.
    async fn entered(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM sessions WHERE account IS NOT NULL").await
    }
}

impl User {
    async fn change_password(&self, current: &str, new: &str) -> Result<(), AccountError> {
        let form = json!({ "form": { "current": current, "new": new } });
        self.call("accounts/change_password", form).await
    }
}

/// A log-in at one process with the right password, while `change` happens at another; answers how the
/// log-in ended, once it is sure that it opened nothing that `change` didn't.
async fn log_in_during(change: impl AsyncFnOnce(&TestApp, &User)) -> Result<Viewer, AccountError> {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let ada = app.artist("ada").await.at(&other);
    let thief = app.nobody();
    let answer =
        app.meanwhile(thief.log_in("ada", PASSWORD), async || change(&other, &ada).await).await;
    assert_eq!(thief.who().await, None);
    let own = i64::from(ada.who().await.is_some());
    assert_eq!(app.entered().await, own, "no session but the owner's");
    answer
}

fn superseded<T>() -> Result<T, AccountError> {
    Err(Refusal::Because(AccountReason::Superseded))
}

#[tokio::test]
async fn a_log_in_under_way_opens_nothing_once_the_password_is_another() {
    let answer = log_in_during(async |_, ada| {
        ada.change_password(PASSWORD, NEW).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
    let answer = log_in_during(async |app, ada| {
        ada.call::<(), AccountReason>("accounts/forgotten", json!({ "login": "ada" }))
            .await
            .unwrap();
        let link = app.mail("ada@example.org", "A new password").await.link("/reset").unwrap();
        app.nobody().reset(&link, NEW).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
    let answer = log_in_during(async |_, ada| {
        ada.call::<(), AccountReason>("accounts/end_other_sessions", json!({})).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
}

#[tokio::test]
async fn a_log_in_under_way_does_not_pass_by_a_factor_that_changes() {
    let answer = log_in_during(async |_, ada| {
        let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
        ada.enable(&phone.code(0)).await.unwrap();
    });
    assert_eq!(answer.await, Err(Refusal::Because(AccountReason::CodeNeeded)));
    let answer = log_in_during(async |_, ada| {
        let phone = App::new(&ada.begin_second_factor(None).await.unwrap());
        ada.enable(&phone.code(0)).await.unwrap();
        ada.disable(None).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
    let answer = log_in_during(async |_, ada| {
        let origin = ada.ways().await.unwrap().passkey_origin.unwrap();
        let device = ada.with_device(&origin).await;
        ada.remove_passkey(&device.id()).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
}

#[tokio::test]
async fn a_log_in_under_way_does_not_come_to_life_with_its_account() {
    let answer = log_in_during(async |_, ada| {
        let password = json!({ "password": PASSWORD });
        ada.call::<i64, AccountReason>("accounts/delete", password).await.unwrap();
        let form = json!({ "form": { "login": "ada", "password": PASSWORD } });
        ada.call::<Viewer, AccountReason>("accounts/restore", form).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
    let answer = log_in_during(async |app, _| {
        let config = app.running.venue.services.config.as_ref().clone();
        let who = || String::from("ada");
        operator::run(config.clone(), UserCommand::Disable { who: who() }).await.unwrap();
        operator::run(config, UserCommand::Enable { who: who() }).await.unwrap();
    });
    assert_eq!(answer.await, superseded());
}

#[tokio::test]
async fn nobody_who_is_thrown_out_finishes_what_their_password_was_asked_for() {
    let app = TestApp::start().await;
    let other = app.beside().await;
    let ada = app.artist("ada").await;
    let thief = app.nobody();
    thief.log_in("ada", PASSWORD).await.unwrap();
    let change = async || ada.at(&other).change_password(PASSWORD, NEW).await.unwrap();
    let email = json!({ "form": { "email": "thief@example.net", "password": PASSWORD } });
    let asked = thief.call::<(), AccountReason>("accounts/change_email", email);
    assert_eq!(app.meanwhile(asked, change).await, superseded());
    app.jobs_done().await;
    assert_eq!(app.mails("thief@example.net").len(), 0);

    thief.log_in("ada", NEW).await.unwrap();
    let change = async || ada.at(&other).change_password(NEW, PASSWORD).await.unwrap();
    let recovery = thief.begin_second_factor(Some(NEW));
    let begun = app.meanwhile(recovery, change).await;
    assert_eq!(begun, Err(Refusal::Because(FactorReason::Superseded)));
    let password: Secret = Secret::new(PASSWORD);
    app.nobody().log_in("ada", password.reveal()).await.unwrap();
}
