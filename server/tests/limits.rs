//! How often who may do what.

use bandstand_domain::{
    Refusal,
    accounts::{AccountReason, Registration},
};
use reqwest::{StatusCode, header};
use serde_json::json;

use crate::app::{PASSWORD, TestApp, registration};

#[tokio::test]
async fn guessing_a_password_stops_and_locks_nobody_else_out() {
    let app = TestApp::configured(|_| {}).await;
    app.visitor("ana").await;
    app.visitor("ben").await;
    let thief = app.nobody();
    let wrong = Err(Refusal::Because(AccountReason::WrongCredentials));
    for _ in 0..10 {
        assert_eq!(thief.log_in("ana", "guessed wrong").await, wrong);
    }
    let form = json!({ "form": { "login": "ANA", "password": PASSWORD } });
    let response = thief.post("accounts/log_in", form).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let refusal: Refusal<AccountReason> = response.json().await.unwrap();
    assert_eq!(refusal, Refusal::TooMany { retry_after: wait });
    assert!(app.nobody().log_in("ben", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn accounts_are_not_made_by_the_dozen() {
    let app = TestApp::configured(|_| {}).await;
    // A form that is wrong costs nothing.
    for _ in 0..12 {
        assert!(matches!(
            app.nobody().register(&Registration::default()).await,
            Err(Refusal::Invalid(_))
        ));
    }
    for number in 0..10 {
        app.nobody().register(&registration(&format!("user{number}"))).await.unwrap();
    }
    let refusal = app.nobody().register(&registration("one-more")).await.unwrap_err();
    assert!(matches!(refusal, Refusal::TooMany { .. }), "{refusal:?}");
}

#[tokio::test]
async fn a_made_up_address_widens_no_limit() {
    let guesses = async |trusted: bool| {
        let app = TestApp::configured(|config| config.trusted_proxy = trusted).await;
        let mut refused = 0;
        for number in 0..12 {
            let response = app
                .nobody()
                .client
                .post(format!("{}/api/accounts/log_in", app.url))
                .header(header::ORIGIN, &app.url)
                .header("x-forwarded-for", format!("192.0.2.{number}, 198.51.100.{number}"))
                .json(&json!({ "form": { "login": "ana", "password": "guess" } }))
                .send()
                .await
                .unwrap();
            refused += usize::from(response.status() == StatusCode::TOO_MANY_REQUESTS);
        }
        refused
    };
    assert_eq!(guesses(false).await, 2);
    assert_eq!(guesses(true).await, 0);
}
