//! Pages, refusals and mails in the language of who reads them.

use bandstand_domain::{Refusal, accounts::AccountReason};
use reqwest::{Response, StatusCode, header};
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, User, registration};

const GERMAN: &str = "de-AT,de;q=0.9,en;q=0.5";

impl User {
    /// Loads a page as a browser that asks for a language.
    async fn page_in(&self, accepted: &str, url: &str) -> Response {
        self.client
            .get(url)
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, accepted)
            .send()
            .await
            .unwrap()
    }

    /// Chooses a language at the end of a page.
    async fn choose(&self, app: &TestApp, tag: &str, from: &str) -> Response {
        self.client
            .post(format!("{}/language", app.url))
            .header(header::ORIGIN, &app.url)
            .header(header::REFERER, from)
            .form(&[("language", tag)])
            .send()
            .await
            .unwrap()
    }
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_browser_asks_for() {
    let app = TestApp::start().await;
    let url = format!("{}/log-in", app.url);
    for (accepted, tag, title) in [
        (GERMAN, "de", "Schön, dich wiederzusehen"),
        ("fr", "en", "Good to see you again"),
        ("", "en", "Good to see you again"),
    ] {
        let page = app.nobody().page_in(accepted, &url).await;
        assert_eq!(page.headers()[header::CONTENT_LANGUAGE], tag);
        assert!(
            page.headers().get_all(header::VARY).iter().any(|it| it == "accept-language, cookie")
        );
        assert!(page.headers().get(header::SET_COOKIE).is_none());
        let html = page.text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{tag}\"")), "{accepted}: {html}");
        assert!(html.contains(title), "{accepted}: {html}");
    }
}

#[tokio::test]
async fn a_page_names_the_catalogue_of_its_language() {
    let app = TestApp::start().await;
    let html = app.nobody().page_in(GERMAN, &app.url).await.text().await.unwrap();
    let (_, rest) = html.split_once("data-texts=\"").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    let file = app.nobody().page(address).await;
    assert_eq!(file.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let text = file.text().await.unwrap();
    assert!(text.lines().next().unwrap().ends_with(" de"), "{text}");
    assert!(text.contains("Schön, dich wiederzusehen"), "{text}");
    // What only mails say is not for browsers.
    assert!(!text.contains("Das ist nicht dein Passwort."), "{text}");
    assert_eq!(app.nobody().page("/texts/de-0.txt").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_choice_outlasts_what_the_browser_asks_for() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    let page = format!("{}/log-in?next=/dashboard", app.url);
    let chosen = guest.choose(&app, "de", &format!("{page}#top")).await;
    assert_eq!((chosen.status(), location(&chosen)), (StatusCode::SEE_OTHER, page.as_str()));
    let cookie = chosen.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert_eq!(cookie, "language=de; Path=/; Max-Age=31536000; SameSite=Lax");
    let html = guest.page_in("en", &page).await.text().await.unwrap();
    assert!(html.contains("<html lang=\"de\""), "{html}");

    assert_eq!(location(&guest.choose(&app, "en", "https://evil.example/x").await), "/");
    let html = guest.page_in(GERMAN, &page).await.text().await.unwrap();
    assert!(html.contains("<html lang=\"en\""), "{html}");
    assert_eq!(guest.choose(&app, "xx", &page).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let foreign = guest
        .client
        .post(format!("{}/language", app.url))
        .header(header::ORIGIN, "https://evil.example")
        .form(&[("language", "de")]);
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn one_choice_is_for_pages_and_mails_and_follows_its_person() {
    let app = TestApp::start().await;
    let ana = app.nobody();
    ana.register(&registration("ana")).await.unwrap();
    let link = app.mail("ana@example.org", "Confirm").await.link("/confirm").unwrap();
    ana.choose(&app, "de", &app.url).await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE language = 'de'").await, 1);
    ana.confirm(&link).await.unwrap();
    app.mail("ana@example.org", "Willkommen bei Bandstand").await;

    // Another device speaks the account's language, unless it was told otherwise.
    let other = app.nobody();
    other.log_in("ana", PASSWORD).await.unwrap();
    let html = other.page("/").await.text().await.unwrap();
    assert!(html.contains("<html lang=\"de\""), "{html}");
    let third = app.nobody();
    third.choose(&app, "en", &app.url).await;
    third.log_in("ana", PASSWORD).await.unwrap();
    let html = third.page("/").await.text().await.unwrap();
    assert!(html.contains("<html lang=\"en\""), "{html}");
}

#[tokio::test]
async fn complaints_are_in_the_language_of_who_typed() {
    let app = TestApp::start().await;
    let guest = app.nobody();
    guest.choose(&app, "de", &app.url).await;
    let form = registration("a b");
    let refused = guest.call::<(), AccountReason>("accounts/register", json!({ "form": form }));
    let Err(Refusal::Invalid(errors)) = refused.await else { panic!("taken") };
    assert_eq!(
        errors.of("handle").unwrap().to_string(),
        "Ein Kontoname hat nur die Buchstaben a–z, Ziffern, Punkt, Bindestrich und Unterstrich."
    );
}
