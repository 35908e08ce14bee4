//! Sessions and their cookies.

use reqwest::header;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, registration};

#[tokio::test]
async fn a_request_under_way_at_log_in_keeps_its_hands_off_the_new_cookie() {
    let app = TestApp::start().await;
    app.visitor("ana").await;
    let ben = app.guest("Ben").await;
    let cookie = ben.cookie().unwrap();
    let host = app.url.strip_prefix("http://").unwrap();
    let common = format!("host: {host}\r\ncookie: {cookie}\r\norigin: {}\r\n", app.url);
    let body = "content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n";
    let requests = [
        format!("GET / HTTP/1.1\r\n{common}accept: text/html\r\nconnection: close\r\n"),
        format!("POST /api/accounts/viewer HTTP/1.1\r\n{common}{body}"),
        format!("POST /api/accounts/log_out HTTP/1.1\r\n{common}{body}"),
        format!(
            "GET /live HTTP/1.1\r\n{common}connection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        ),
    ];
    let mut under_way = Vec::new();
    for request in &requests {
        let mut raw = app.raw().await;
        raw.send(request).await;
        under_way.push(raw);
    }
    ben.log_in("ana", PASSWORD).await.unwrap();
    for (mut raw, request) in under_way.into_iter().zip(requests) {
        raw.send("\r\n{}").await;
        let head = raw.head().await.to_lowercase();
        assert!(head.starts_with("http/1.1 200") || head.starts_with("http/1.1 101"), "{head}");
        assert!(!head.contains("set-cookie"), "{request} got {head}");
    }
    assert_eq!(ben.who().await.unwrap().name, "ana");
    app.stop().await;
}

#[tokio::test]
async fn reading_alone_makes_no_session() {
    let app = TestApp::start().await;
    let page = app.nobody().page("/").await;
    assert_eq!(page.headers().get(header::SET_COOKIE), None);
    app.nobody().whats_on().await;
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let guest = app.guest("Ben").await;
    let app = app.restart().await;
    assert_eq!(ana.who().await, ana.viewer);
    assert_eq!(guest.who().await, guest.viewer);
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn logging_in_and_out_changes_the_cookie_and_kills_the_old_one() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let first = ana.cookie().unwrap();
    ana.log_in("ana", PASSWORD).await.unwrap();
    let second = ana.cookie().unwrap();
    assert_ne!(first, second);
    ana.log_out().await;
    assert_eq!(ana.cookie(), None);
    ana.log_out().await;
    for old in [first, second] {
        let thief = app.nobody();
        thief.jar.add_cookie_str(&old, &app.url.parse().unwrap());
        assert_eq!(thief.who().await, None);
    }
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn the_database_holds_no_usable_cookie_and_no_password() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let cookie = ana.cookie().unwrap();
    let (_, id) = cookie.split_once('=').unwrap();
    if app.running.venue.services.config.database_url.is_none() {
        let files = std::fs::read_dir(app.data()).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.is_file()) {
            let bytes = std::fs::read(file).unwrap();
            for secret in [id, PASSWORD] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
            }
        }
    }
}

#[tokio::test]
async fn a_session_that_has_run_out_is_none_and_is_swept_away() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    app.change("UPDATE sessions SET expires_at = 1000").await;
    assert_eq!(ana.who().await, None);
    bandstand_server::sessions::sweep(&app.running.venue.services.database).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn cookies_over_http() {
    let app = TestApp::start().await;
    let form = json!({ "form": registration("ana") });
    let response = app.nobody().post("accounts/register", form).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("bandstand="), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert!(!response.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn cookies_over_https() {
    let app =
        TestApp::configured(|config| config.public_url = "https://venue.example.org".into()).await;
    let strict = app.nobody().page("/healthz").await.headers()[header::STRICT_TRANSPORT_SECURITY]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(strict, "max-age=31536000", "other hosts of the domain are left alone");
    app.stop().await;
    let app = TestApp::configured(|config| {
        config.public_url = "https://venue.example.org".into();
        config.hsts_subdomains = true;
    })
    .await;
    let user = app.nobody();
    let form = json!({ "form": registration("ana") });
    let response = user.post("accounts/register", form).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-bandstand="), "{cookie}");
    for part in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let strict = response.headers()[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap();
    assert_eq!(strict, "max-age=31536000; includeSubDomains");

    // Its removal has to be marked secure, too, or browsers keep it.
    let (pair, _) = cookie.split_once(';').unwrap();
    let response = user
        .client
        .post(format!("{}/api/accounts/log_out", app.url))
        .header(header::ORIGIN, &app.url)
        .header(header::COOKIE, pair)
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    let removal = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(removal.contains("Max-Age=0") && removal.ends_with("; Secure"), "{removal}");
}

#[tokio::test]
async fn a_session_lasts_thirty_days_from_its_last_use() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let left = async || {
        let now = bandstand_server::clock::now().0;
        let hours = (app.count("SELECT expires_at FROM sessions").await - now) / 3_600_000;
        assert!((719..=720).contains(&hours), "{hours}");
    };
    left().await;
    // As if it had last been used ten days ago.
    let used = r#"UPDATE sessions SET expires_at = expires_at - 864000000,
                  data = REPLACE(data, '"used":', '"used":1')"#;
    app.change(used).await;
    ana.page("/").await;
    left().await;
}
