//! What the venue lets pages do, and takes from them.

use std::fs;

use reqwest::{StatusCode, header};
use serde_json::json;

use crate::support::app::{TestApp, registration};

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
    let guest = app.guest("Guest").await;
    let page = guest.page("/").await;
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

    let directives: Vec<_> = policy.split("; ").collect();
    for directive in [
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive} in {policy}");
    }
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-store");
    assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    let permissions = headers["permissions-policy"].to_str().unwrap();
    assert!(permissions.contains("camera=(self)") && permissions.contains("geolocation=()"));
    // What is no page is as little to be framed.
    let file = app.nobody().page("/sw.js").await;
    let policy = file.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"));
    assert_eq!(file.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let again = guest.page("/").await;
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
    assert_eq!(kept("/fonts/a.woff2").await, "public, max-age=31536000, immutable");
    assert_eq!(kept("/sw.js").await, "no-cache");
    assert_eq!(kept("/healthz").await, "private, no-store");
}

#[tokio::test]
async fn no_path_leads_out_of_the_site_or_to_a_page_without_its_nonce() {
    let app = TestApp::configured(|config| {
        fs::write(config.site.join("index.html.br"), "compressed").unwrap();
        fs::write(config.site.join("../outside"), "a secret").unwrap();
    })
    .await;
    // Sent as they are: clients would tidy them up.
    for missing in [
        "/none",
        "/index.html",
        "/./index.html",
        "//index.html",
        "/%69ndex.html",
        "/index.html.br",
        "/parts.json",
        "/../outside",
        "/%2e%2e/outside",
        "/%2e%2e%2foutside",
        "/..%5coutside",
        "/sw.js/../../outside",
        "/../data/bandstand.sqlite",
        "/../data/secret.key",
        "/pictures/../../data/secret.key",
        "/pictures/%2e%2e%2f%2e%2e%2fsecret.key",
    ] {
        let answer = app.get_raw(missing).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{missing}: {answer}");
        assert!(!answer.contains("a secret") && !answer.contains("{{__TRUNK"), "{missing}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_slash_at_the_end_leads_on_to_the_page() {
    let app = TestApp::start().await;
    let user = app.nobody();
    for page in
        ["/join", "/settings", "/artists/ada", "/shows/7", "/shows/7/studio", "/shows/7/edit"]
    {
        let response = user.page(&format!("{page}/?from=a&to=%2Fb")).await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{page}");
        assert_eq!(response.headers()[header::LOCATION], format!("{page}?from=a&to=%2Fb"));
    }
    assert_eq!(user.page("/log-in/").await.headers()[header::LOCATION], "/log-in");
    assert_eq!(user.page("/nowhere/").await.status(), StatusCode::NOT_FOUND);
    // No page of another host.
    for path in ["//evil.example/", "/\\evil.example/", "//evil.example/shows/7/"] {
        let answer = app.get_raw(path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    app.stop().await;
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
    for nul in ["/artists/a%00", "/?section=%00"] {
        assert_eq!(user.page(nul).await.status(), StatusCode::BAD_REQUEST, "{nul}");
    }
    let nul = user.post("accounts/forgotten", json!({ "login": "a\u{0}b" })).await;
    assert_eq!(nul.status(), StatusCode::BAD_REQUEST);
    let read = user.page("/api/shows/create").await;
    assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED);
}
