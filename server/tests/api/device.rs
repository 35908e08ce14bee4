//! The device login: codes, who decides about them, and how often they are asked for.

use bandstand_domain::{
    Refusal,
    api_tokens::{ApiTokenReason, DeviceNetwork},
};
use reqwest::{Method, header};
use serde_json::json;

use super::Codes;
use crate::support::app::{TestApp, fields};

#[tokio::test]
async fn a_refused_or_expired_code_opens_nothing() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let gone = Err(Refusal::Because(ApiTokenReason::NoSuchCode));
    let refused = app.begin_device("somebody else's").await;
    artist.decide(&refused.user, false).await.unwrap();
    assert_eq!(artist.decide(&refused.user, true).await, gone);
    assert_eq!(app.poll_device(&refused).await, Err("access_denied".into()));
    assert_eq!(app.poll_device(&refused).await, Err("expired_token".into()));

    let allowed = app.begin_device("let in and never fetched").await;
    artist.decide(&allowed.user, true).await.unwrap();
    let forgotten = app.begin_device("never confirmed").await;
    app.change("UPDATE device_logins SET expires_at = 0").await;
    assert_eq!(app.poll_device(&allowed).await, Err("expired_token".into()));
    assert_eq!(artist.look_up(&forgotten.user).await.map(drop), gone);
    assert_eq!(artist.decide(&forgotten.user, true).await, gone);
    assert_eq!(app.poll_device(&forgotten).await, Err("expired_token".into()));

    let made_up = Codes { device: "made-up".into(), user: "BBBB-BBBB".into() };
    assert_eq!(app.poll_device(&made_up).await, Err("expired_token".into()));
    assert_eq!(artist.look_up(&made_up.user).await.map(drop), gone);
    assert_eq!(fields(artist.look_up("AEIO-UAEI").await), ["user_code"]);
    assert_eq!(artist.api_tokens().await, []);
    app.stop().await;
}

#[tokio::test]
async fn programs_are_let_in_by_confirmed_artists_with_a_page_of_the_venue() {
    let app = TestApp::start().await;
    let codes = app.begin_device("studio-pc").await;
    assert_eq!(app.nobody().decide(&codes.user, true).await, Err(Refusal::NotLoggedIn));
    let visitor = app.visitor("bob").await;
    assert_eq!(visitor.decide(&codes.user, true).await, Err(Refusal::Forbidden));
    let artist = app.artist("ada").await;
    app.change("UPDATE accounts SET confirmed_at = NULL").await;
    let unconfirmed = Err(Refusal::Because(ApiTokenReason::Unconfirmed));
    assert_eq!(artist.decide(&codes.user, true).await, unconfirmed);
    app.change("UPDATE accounts SET confirmed_at = 1").await;
    // Neither a page of another origin nor a link: only the venue's own page says yes.
    let body = json!({ "code": codes.user, "allowed": true });
    let address = format!("{}/api/api_tokens/decide", app.url);
    let request = artist.client.post(&address).json(&body);
    let foreign = request.header(header::ORIGIN, "https://elsewhere.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert_ne!(artist.client.get(&address).json(&body).send().await.unwrap().status(), 200);
    let page = artist.page(&format!("/device?code={}&user_code={0}", codes.user)).await;
    assert_eq!(page.status(), 200);
    assert!(!page.text().await.unwrap().contains("studio-pc"), "a link leads to no decision");
    assert_eq!(app.poll_device(&codes).await, Err("authorization_pending".into()));
    artist.decide(&codes.user, true).await.unwrap();
    assert!(app.poll_device(&codes).await.is_ok());

    let body = json!({ "program": "a\u{200b}" });
    let (status, body) = app.api(Method::POST, "/device", None, Some(body)).await;
    assert_eq!((status.as_u16(), &body["error"]), (422, &json!("invalid_request")));
    app.stop().await;
}

#[tokio::test]
async fn a_code_from_another_network_is_told_apart() {
    let app = TestApp::configured(|config| config.trusted_proxy = true).await.from("192.0.2.7");
    let artist = app.artist("ada").await;
    let here = app.begin_device("here").await;
    let network = async |codes: &Codes| artist.look_up(&codes.user).await.unwrap().network;
    assert_eq!(network(&here).await, DeviceNetwork::Same);
    let app = app.from("198.51.100.7");
    let elsewhere = app.begin_device("elsewhere").await;
    assert_eq!(network(&elsewhere).await, DeviceNetwork::Other);
    let app = app.from("2001:db8::7");
    let by_the_other_way = app.begin_device("perhaps here").await;
    assert_eq!(network(&by_the_other_way).await, DeviceNetwork::Unknown);
    app.stop().await;
}

#[tokio::test]
async fn polls_and_tries_are_limited() {
    let app = TestApp::configured(|_| {}).await;
    let artist = app.artist("ada").await;
    let codes = app.begin_device("impatient").await;
    // One that was late on its way isn't too early for it.
    for answer in ["authorization_pending", "authorization_pending", "slow_down"] {
        assert_eq!(app.poll_device(&codes).await, Err(answer.into()));
    }
    let other = app.begin_device("patient").await;
    assert_eq!(app.poll_device(&other).await, Err("authorization_pending".into()));

    let mut tries = 0;
    let refused = loop {
        match artist.look_up("BBBB-BBBB").await {
            Err(Refusal::Because(ApiTokenReason::NoSuchCode)) => tries += 1,
            other => break other,
        }
        assert!(tries < 40, "guessing goes on for ever");
    };
    assert!(matches!(refused, Err(Refusal::TooMany { .. })), "{refused:?}");
    let refused = artist.decide(&codes.user, true).await;
    assert!(matches!(refused, Err(Refusal::TooMany { .. })), "{refused:?}");

    let mut begun = 2;
    let status = loop {
        let body = json!({ "program": "one more" });
        let (status, _) = app.api(Method::POST, "/device", None, Some(body)).await;
        if status != 200 {
            break status;
        }
        begun += 1;
        assert!(begun < 40, "codes without end");
    };
    assert_eq!(status, 429);
    app.stop().await;
}

#[tokio::test]
async fn a_site_of_many_networks_begins_as_many_logins_as_one_may() {
    let app = TestApp::configured(|config| config.trusted_proxy = true).await;
    let begin = async |address: String| {
        let request = app.nobody().client.post(format!("{}/api/v1/device", app.url));
        let request = request.header("x-forwarded-for", address);
        let sent = request.json(&json!({ "program": "one of many" })).send().await;
        sent.unwrap().status().as_u16()
    };
    let mut network = 0;
    while begin(format!("2001:db8:1:{network:x}::1")).await == 200 {
        network += 1;
        assert!(network < 100, "each /64 of a /48 counts for itself");
    }
    assert!(network > 10, "{network}");
    assert_eq!(begin("2001:db8:2::1".into()).await, 200, "another site");
    app.stop().await;
}

#[tokio::test]
async fn a_flood_of_logins_keeps_nobody_out() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let allowed = app.begin_device("let in before").await;
    artist.decide(&allowed.user, true).await.unwrap();
    let oldest = app.begin_device("nobody types its code").await;
    // As many as may wait, with the one before, and all of them for longer.
    app.change(
        "WITH RECURSIVE flood (number) AS \
         (SELECT 1 UNION ALL SELECT number + 1 FROM flood WHERE number < 9999) \
         INSERT INTO device_logins (hash, user_code, network, program, scopes, expires_at) \
         SELECT 'hash ' || number, 'code ' || number, '', 'flood', '', 9000000000000 FROM flood",
    )
    .await;
    let next = app.begin_device("one more").await;
    artist.decide(&next.user, true).await.unwrap();
    assert!(app.poll_device(&next).await.is_ok());
    assert!(app.poll_device(&allowed).await.is_ok());
    assert_eq!(app.poll_device(&oldest).await, Err("expired_token".into()));
    let waiting = app.count("SELECT COUNT(*) FROM device_logins WHERE state = 'asked'").await;
    assert_eq!(waiting, 9_999);
    app.stop().await;
}
