//! How often who may do what.

use std::time::Instant;

use bandstand_domain::{
    Refusal,
    accounts::{AccountReason, Registration},
    chat::{ChatPlace, ChatReason},
};
use bandstand_server::config::{Config, Proxies};
use reqwest::{StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::support::app::{PASSWORD, TestApp, registration};

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
    let guesses = async |configure: fn(&mut Config), forwarded: fn(usize) -> String| {
        let app = TestApp::configured(configure).await;
        let mut refused = 0;
        for number in 0..12 {
            let response = app
                .nobody()
                .client
                .post(format!("{}/api/accounts/log_in", app.url))
                .header(header::ORIGIN, &app.url)
                .header("x-forwarded-for", forwarded(number))
                .json(&json!({ "form": { "login": "ana", "password": "guess" } }))
                .send()
                .await
                .unwrap();
            refused += usize::from(response.status() == StatusCode::TOO_MANY_REQUESTS);
        }
        app.stop().await;
        refused
    };
    let direct: fn(&mut Config) = |_| {};
    let proxied: fn(&mut Config) = |config| config.trusted_proxy = true;
    assert_eq!(guesses(direct, |number| format!("192.0.2.{number}")).await, 2);
    // What the proxy was told stays the same as what it writes changes, and the other way round.
    assert_eq!(guesses(proxied, |number| format!("192.0.2.{number}, 198.51.100.1")).await, 2);
    assert_eq!(guesses(proxied, |number| format!("192.0.2.1, 198.51.100.{number}")).await, 0);
    // A proxy that isn't named is none.
    let elsewhere: fn(&mut Config) = |config| {
        let named = ["192.0.2.80".to_owned()];
        config.proxies = Proxies::new(Some(&named), None, None).unwrap();
        config.trusted_proxy = true;
    };
    assert_eq!(guesses(elsewhere, |number| format!("198.51.100.{number}")).await, 2);
}

#[tokio::test]
async fn guests_of_one_address_do_not_flood_a_chat() {
    let app = TestApp::configured(|_| {}).await;
    let (artist, show) = app.artist_with_show().await;
    let begun = Instant::now();
    let mut posted = 0;
    for number in 0..10 {
        let guest = app.guest(&format!("Guest {number}")).await;
        for _ in 0..4 {
            let message =
                json!({ "place": ChatPlace::Show(show), "id": Uuid::new_v4(), "text": "Buy" });
            match guest.call::<(), ChatReason>("chat/post", message).await {
                Ok(()) => posted += 1,
                Err(refusal) => assert!(matches!(refusal, Refusal::TooMany { .. }), "{refusal:?}"),
            }
        }
    }
    let most = 11 + begun.elapsed().as_millis() / 500;
    assert!((10..=most).contains(&posted), "{posted} of {most}");
    // Whoever has an account is heard.
    artist.say(show, "Quiet, please").await;
    app.stop().await;
}

#[tokio::test]
async fn each_client_of_a_proxy_has_limits_of_its_own_however_the_proxy_writes_it() {
    type Form = fn(usize) -> String;
    let forms: [(Form, usize); 4] = [
        (|number| format!("203.0.113.{number}:4711"), 1),
        (|number| format!("[2001:db8:{number}::1]:4711"), 1),
        (|number| format!("\"203.0.113.{number}:4711\""), 1),
        (|number| format!("203.0.113.{number}, 198.51.100.1"), 2),
    ];
    for (form, hops) in forms {
        let app = TestApp::configured(|config| {
            config.trusted_proxy = true;
            config.proxies = Proxies::new(None, Some(hops), None).unwrap();
        })
        .await;
        for number in 0..40 {
            let response = app
                .nobody()
                .client
                .post(format!("{}/api/accounts/enter_as_guest", app.url))
                .header(header::ORIGIN, &app.url)
                .header("x-forwarded-for", form(number))
                .json(&json!({ "name": "Guest" }))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{}", form(number));
        }
        app.stop().await;
    }
}
