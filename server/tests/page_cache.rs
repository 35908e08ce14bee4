//! Pages for people whom nobody knows: rendered once for all of them, and nothing of anybody's in them.

use std::time::Duration;

use bandstand_domain::stage::StageState;
use bandstand_server::http::page_cache::PageCacheStats;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::join_all;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::{interval, timeout};

use crate::support::app::{PASSWORD, TestApp, User, draft};

impl TestApp {
    fn stats(&self) -> PageCacheStats {
        self.running.venue.page_cache.stats()
    }

    /// Number of requests that the cache has answered.
    fn answers(&self) -> u64 {
        self.stats().hits + self.stats().misses
    }

    /// The page at `path` as who isn't known gets it.
    async fn text(&self, path: &str) -> String {
        self.nobody().page(path).await.text().await.unwrap()
    }
}

impl User {
    async fn request(&self, method: Method, url: String, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.request(method, url).header(header::ACCEPT, "text/html");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

fn policy(response: &Response) -> String {
    response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
}

/// Checks that a page was rendered for one person alone.
fn is_personal(response: &Response) -> bool {
    assert!(response.headers().get(header::ETAG).is_none());
    policy(response).contains("'nonce-")
        && response.headers()[header::CACHE_CONTROL] == "private, no-store"
}

#[tokio::test]
async fn a_page_is_the_same_for_all_and_runs_its_own_scripts() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    for path in ["/".to_owned(), format!("/shows/{show}"), "/artists/ada".into(), "/join".into()] {
        let page = app.nobody().page(&path).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let headers = page.headers().clone();
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache", "{path}");
        assert!(headers[header::ETAG].to_str().unwrap().starts_with("W/\""), "{path}");
        assert!(!headers.contains_key(header::SET_COOKIE), "{path}");
        let vary: Vec<_> = headers.get_all(header::VARY).iter().collect();
        for name in ["cookie", "accept-language", "accept-encoding"] {
            assert!(vary.iter().any(|it| it.to_str().unwrap().contains(name)), "{name}: {vary:?}");
        }
        let policy = policy(&page);
        assert!(!policy.contains("nonce") && !policy.contains("unsafe-inline"), "{policy}");
        let html = page.text().await.unwrap();
        assert!(!html.contains("nonce"), "{html}");
        let scripts: Vec<_> = html.split("<script").skip(1).collect();
        assert!(scripts.len() > 2, "{html}");
        for script in scripts {
            let (script, _) = script.split_once("</script").unwrap();
            let (_, script) = script.split_once('>').unwrap();
            let hash = BASE64_STANDARD.encode(Sha256::digest(script));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{path}: {script}");
        }
    }
    // The same again and again, for as long as nothing changes.
    let (one, other) = (app.text("/").await, app.text("/?fbclid=7&ref=friend").await);
    assert_eq!(one, other);
}

#[tokio::test]
async fn a_rush_is_rendered_once() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    let path = format!("/shows/{show}");
    let pages = join_all((0..60).map(async |_| app.nobody().page(&path).await)).await;
    assert!(pages.iter().all(|page| page.status() == StatusCode::OK));
    let stats = app.stats();
    assert_eq!(stats.hits + stats.misses, 60);
    // Once a second, on a machine that is slow today.
    assert!(stats.misses < 10, "{stats:?}");
    assert!(stats.entries == 1 && stats.bytes > 1_000, "{stats:?}");
    app.change("UPDATE shows SET title = 'Another'").await;
    app.running.venue.page_cache.tidy();
    assert_eq!((app.stats().entries, app.stats().bytes), (0, 0));
    // What isn't there is not kept either.
    assert_eq!(app.nobody().page("/artists/eve").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.stats().entries, 0);
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let app = TestApp::start().await;
    app.artist_with_show().await;
    let nobody = app.nobody();
    let (url, known) = (format!("{}/artists/ada", app.url), |tag: &str| format!("\"0\", {tag}"));
    let first = nobody.request(Method::GET, url.clone(), &[]).await;
    let (tag, first_policy) = (first.headers()[header::ETAG].to_str().unwrap(), policy(&first));
    let again = nobody.request(Method::GET, url.clone(), &[("if-none-match", &known(tag))]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    // Browsers take the headers of this answer for the page that they have.
    assert_eq!(policy(&again), first_policy);
    assert_eq!(again.headers()[header::ETAG], tag);
    assert_eq!(again.headers()[header::CACHE_CONTROL], "no-cache");
    assert_eq!(again.bytes().await.unwrap().len(), 0);

    app.change("UPDATE accounts SET about = 'Loud songs.'").await;
    let changed = nobody.request(Method::GET, url.clone(), &[("if-none-match", tag)]).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert!(changed.text().await.unwrap().contains("Loud songs."));
    // Somebody who is known gets their own, whatever they had before.
    let ben = app.visitor("ben").await;
    let own = ben.request(Method::GET, url, &[("if-none-match", "*")]).await;
    assert_eq!(own.status(), StatusCode::OK);
    assert!(is_personal(&own));
}

#[tokio::test]
async fn nothing_of_anybody_gets_into_it_and_nobody_known_is_given_it() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let (guest, gone) = (app.guest("Gustav Guest").await, app.visitor("zoe").await);
    let expired = gone.cookie().unwrap();
    gone.log_out().await;
    for path in ["/".to_owned(), format!("/shows/{show}"), "/artists/ada".into()] {
        let url = format!("{}{path}", app.url);
        let before = app.answers();
        let own = ada.page(&path).await;
        assert!(is_personal(&own), "{path}");
        assert!(own.text().await.unwrap().contains("/dashboard"), "{path}");
        assert!(is_personal(&guest.page(&path).await), "{path}");
        // A cookie that opens nothing, in whatever place.
        for cookie in [
            &expired,
            "bandstand=",
            "language=de; bandstand=AAAAAAAAAAAAAAAAAAAAAA",
            "bandstand=\u{e4}",
        ] {
            let page = app.nobody().request(Method::GET, url.clone(), &[("cookie", cookie)]).await;
            assert_eq!(page.status(), StatusCode::OK, "{path}: {cookie}");
            assert!(is_personal(&page), "{path}: {cookie}");
        }
        assert_eq!(app.answers(), before, "{path}");

        let page = app.text(&path).await;
        for part in ["/dashboard", "Gustav", "ada@example.org", "\"mine\":true", "mine\\\":true"] {
            assert!(!page.contains(part), "{path}: {part}");
        }
        assert_eq!(app.answers(), before + 1, "{path}");
        // Those who are known are given their own, though it is there.
        assert!(ada.page(&path).await.text().await.unwrap().contains("/dashboard"), "{path}");
        assert!(is_personal(&guest.page(&path).await), "{path}");
        assert_eq!(app.answers(), before + 1, "{path}");
    }
}

#[tokio::test]
async fn no_other_part_of_a_request_makes_a_difference() {
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    let url = format!("{}/shows/{show}", app.url);
    let headers = [
        ("origin", "https://evil.example"),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "203.0.113.77"),
        ("referer", "https://evil.example/"),
        ("user-agent", "evil.example"),
        ("authorization", "Bearer evil.example"),
        ("cookie", "theme=evil.example"),
        ("range", "bytes=0-9"),
    ];
    let evil =
        app.nobody().request(Method::GET, format!("{url}?token=evil.example"), &headers).await;
    assert_eq!((evil.status(), app.stats().misses), (StatusCode::OK, 1));
    assert!(evil.headers().values().all(|value| !value.to_str().unwrap().contains("evil")));
    let length = {
        let html = evil.text().await.unwrap();
        assert!(!html.contains("evil.example") && !html.contains("203.0.113"), "{html}");
        html.len()
    };
    let head =
        app.nobody().request(Method::HEAD, url.clone(), &[("accept-encoding", "identity")]).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.headers().contains_key(header::ETAG));
    let told: usize = head.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
    // The clock in it may have gone on.
    assert!(told.abs_diff(length) < 50, "{told} {length}");
    assert_eq!(head.bytes().await.unwrap().len(), 0);

    let answers = app.answers();
    let post = app.nobody().request(Method::POST, url, &[("origin", &app.url)]).await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    // What a page takes notice of makes it one of its own.
    for path in ["/?genre=jazz", "/?a=b&g%65nre=jazz", "/log-in?next=/settings", "/join?next=/x"] {
        assert!(is_personal(&app.nobody().page(path).await), "{path}");
    }
    assert_eq!(app.answers(), answers);
    let log_in = app.text("/log-in").await;
    assert!(!log_in.contains("/settings"), "{log_in}");
}

#[tokio::test]
async fn there_is_one_page_a_language_that_the_venue_speaks() {
    let app = TestApp::start().await;
    let url = format!("{}/log-in", app.url);
    let ask = async |headers: &[(&str, &str)]| {
        let page = app.nobody().request(Method::GET, url.clone(), headers).await;
        page.headers()[header::CONTENT_LANGUAGE].to_str().unwrap().to_owned()
    };
    for accepted in ["de", "de-AT,de;q=0.9", "xx, de-CH", "de;q=0.1", "DE-de,en"] {
        assert_eq!(ask(&[("accept-language", accepted)]).await, "de", "{accepted}");
    }
    for accepted in ["", "fr", "en-GB", "tlh,en;q=0.3,de"] {
        assert_eq!(ask(&[("accept-language", accepted)]).await, "en", "{accepted}");
    }
    assert_eq!(ask(&[("accept-language", "en"), ("cookie", "a=b; language=de")]).await, "de");
    assert_eq!(ask(&[("accept-language", "de"), ("cookie", "language=en")]).await, "en");
    assert_eq!(ask(&[("accept-language", "de"), ("cookie", "language=xx")]).await, "de");
    assert_eq!(app.answers(), 12);
    app.running.venue.page_cache.tidy();
    assert!(app.stats().entries <= 2, "{:?}", app.stats());
}

#[tokio::test]
async fn what_has_changed_is_seen_at_once() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let path = format!("/shows/{show}");
    let seen = async |path: &str, word: &str, is: bool| {
        // Twice, so that what is there now would be given out again.
        for _ in 0..2 {
            assert_eq!(app.text(path).await.contains(word), is, "{path}: {word}");
        }
    };
    for page in ["/", &path, "/artists/ada"] {
        seen(page, "Songs for nobody", true).await;
        seen(page, "Songs for somebody", false).await;
    }
    ada.update(show, &draft("Songs for somebody", 1)).await.unwrap();
    for page in ["/", &path, "/artists/ada"] {
        seen(page, "Songs for somebody", true).await;
        seen(page, "Songs for nobody", false).await;
    }
    let stage = app.go_live(&ada, show).await;
    let live = async {
        let mut looks = interval(Duration::from_millis(10));
        while app.nobody().show(show).await.unwrap().card.stage != StageState::Live {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(20), live).await.expect("the picture comes");
    seen("/", "Live now", true).await;
    seen(&path, "data-stage=\"live\"", true).await;
    drop(stage);
    let another = ada.create(&draft("Songs for tomorrow", 24)).await.unwrap();
    seen("/", "Songs for tomorrow", true).await;
    ada.delete(another).await.unwrap();
    seen("/", "Songs for tomorrow", false).await;
    assert_eq!(app.nobody().page(&format!("/shows/{another}")).await.status(), StatusCode::GONE);

    // Closed by the operator, and erased.
    app.change("UPDATE accounts SET disabled_at = 1").await;
    seen("/", "Songs for somebody", false).await;
    app.change("UPDATE accounts SET disabled_at = NULL").await;
    seen("/artists/ada", "Songs for somebody", true).await;
    let _: serde_json::Value = {
        let answer = ada.post("accounts/delete", json!({ "password": PASSWORD })).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    };
    for page in ["/", &path, "/artists/ada"] {
        assert_eq!(app.nobody().page(page).await.status() == StatusCode::OK, page == "/", "{page}");
        seen(page, "Songs for somebody", false).await;
    }
}

#[tokio::test]
async fn a_show_that_is_closed_to_guests_says_so_at_once() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let path = format!("/shows/{show}");
    let closed = async || app.text(&path).await.contains("members_only\\\":true");
    assert!(!closed().await);
    let mut members = draft("Songs for nobody", 1);
    members.members_only = true;
    ada.update(show, &members).await.unwrap();
    assert!(closed().await);
}

#[tokio::test]
async fn what_another_process_changes_is_seen_soon() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let other = app.beside().await;
    let path = format!("/shows/{show}");
    assert!(app.text(&path).await.contains("Songs for nobody"));
    ada.at(&other).update(show, &draft("Songs for somebody", 1)).await.unwrap();
    let seen = async {
        let mut looks = interval(Duration::from_millis(50));
        while !app.text(&path).await.contains("Songs for somebody") {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(10), seen).await.expect("a page gets a second old");
    other.running.stop().await;
}
