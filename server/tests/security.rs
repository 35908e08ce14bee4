//! What the venue lets pages do, and takes from them.

use reqwest::{StatusCode, header};
use serde_json::json;

use crate::app::{TestApp, registration};

#[tokio::test]
async fn only_the_venues_own_pages_change_something() {
    let app = TestApp::start().await;
    let call = |name: &'static str, value: String| {
        let request = app
            .nobody()
            .client
            .post(format!("{}/api/accounts/register", app.url))
            .json(&json!({ "form": registration("ana") }));
        async move { request.header(name, value).send().await.unwrap() }
    };
    for (name, value) in [
        ("x-nothing", "no origin at all"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let response = call(name, value.into()).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        assert_eq!(response.text().await.unwrap(), "\"Forbidden\"");
    }
    assert_eq!(app.count("SELECT count(*) FROM accounts").await, 0);
    assert_eq!(call("origin", app.url.clone()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_page_runs_only_the_scripts_that_the_venue_wrote() {
    let app = TestApp::start().await;
    let page = app.nobody().page("/").await;
    assert_eq!(page.status(), StatusCode::OK);
    let headers = page.headers().clone();
    let html = page.text().await.unwrap();

    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    let (_, rest) = policy.split_once("'nonce-").unwrap();
    let (nonce, _) = rest.split_once('\'').unwrap();
    let scripts = html.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(html.matches(&format!("nonce=\"{nonce}\"")).count(), scripts, "{html}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert!(!html.contains(" style=\"") && !html.contains(" onclick="), "{html}");

    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-store");
    for name in ["referrer-policy", "permissions-policy", "cross-origin-opener-policy"] {
        assert!(headers.contains_key(name), "{name}");
    }
    let again = app.nobody().page("/").await;
    assert_ne!(again.headers()[header::CONTENT_SECURITY_POLICY], policy, "a nonce is used once");
}

#[tokio::test]
async fn files_are_kept_as_long_as_their_names_allow() {
    let app = TestApp::start().await;
    let kept = async |path: &str| {
        let response = app.nobody().page(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned()
    };
    assert_eq!(kept("/a-0123456789abcdef.css").await, "public, max-age=31536000, immutable");
    assert_eq!(kept("/sw.js").await, "no-cache");
    assert_eq!(kept("/healthz").await, "private, no-store");
    for missing in ["/index.html", "/none", "/../data/bandstand.sqlite", "/%2e%2e/data"] {
        let page = app.nobody().page(missing).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{missing}");
        assert!(page.text().await.unwrap().contains("<main"), "{missing}");
    }
}

#[tokio::test]
async fn what_no_page_sends_is_refused() {
    let app = TestApp::start().await;
    let user = app.nobody();
    let odd = user.post("shows/show", json!({ "id": "not an id" })).await;
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
    let long = user.post("shows/create", json!({ "draft": "a".repeat(70_000) })).await;
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(user.post("shows/nothing", json!({})).await.status(), StatusCode::NOT_FOUND);
    let read = user.page("/api/shows/create").await;
    assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED);
}
