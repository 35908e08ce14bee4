//! Confirming an address, forgotten passwords, and what they don't tell.

use bandstand_domain::{
    Refusal,
    accounts::{AccountError, AccountReason, Language, Secret},
};
use serde_json::json;

use crate::app::{PASSWORD, TestApp, User, fields, registration};

const ANA: &str = "ana@example.org";
const NEW: &str = "another horse battery";

impl User {
    async fn resend(&self) -> Result<(), AccountError> {
        self.call("accounts/resend", json!({})).await
    }

    async fn forgotten(&self, login: &str) -> Result<(), AccountError> {
        self.call("accounts/forgotten", json!({ "login": login })).await
    }

    pub async fn reset(&self, link: &Secret, new: &str) -> Result<String, AccountError> {
        self.call("accounts/reset", json!({ "form": { "link": link, "new": new } })).await
    }
}

fn over<T>() -> Result<T, AccountError> {
    Err(Refusal::Because(AccountReason::LinkOver))
}

fn wrong<T>() -> Result<T, AccountError> {
    Err(Refusal::Because(AccountReason::WrongCredentials))
}

#[tokio::test]
async fn an_address_is_confirmed_once() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    assert!(!ana.viewer.as_ref().unwrap().confirmed);
    assert_eq!(app.nobody().log_in(ANA, PASSWORD).await, wrong(), "it isn't theirs yet");
    let mail = app.mail(ANA, "Confirm").await;
    let link = mail.link("/confirm").unwrap();
    assert!(mail.text.contains("@ana") && mail.text.starts_with("Hello ana,"), "{mail:?}");
    let address = format!("href=\"{}/confirm#{}\"", app.url, link.reveal());
    assert!(mail.html.contains(&address), "{mail:?}");

    // Whoever reads the mail may do it, in whichever browser.
    assert_eq!(app.nobody().confirm(&link).await.as_deref(), Ok(ANA));
    assert_eq!(ana.confirm(&link).await, over());
    assert!(ana.who().await.unwrap().confirmed);
    app.nobody().log_in(ANA, PASSWORD).await.unwrap();
    app.mail(ANA, "Welcome").await;
    ana.resend().await.unwrap();
    app.jobs_done().await;
    assert_eq!(app.mails(ANA).len(), 2, "nothing is left to confirm");
    assert_eq!(app.count("SELECT count(*) FROM jobs WHERE payload <> ''").await, 0);
}

#[tokio::test]
async fn a_link_runs_out_and_opens_nothing_else() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    let late = app.mail(ANA, "Confirm").await.link("/confirm").unwrap();
    app.change("UPDATE links SET expires_at = 1000").await;
    assert_eq!(ana.confirm(&late).await, over());
    assert_eq!(app.nobody().resend().await, Err(Refusal::NotLoggedIn));
    ana.resend().await.unwrap();
    app.jobs_done().await;
    let link = app.mails(ANA).last().unwrap().link("/confirm").unwrap();
    assert_ne!(link, late);
    assert_eq!(ana.reset(&link, NEW).await, over(), "it is for something else");
    assert_eq!(ana.confirm(&link).await.as_deref(), Ok(ANA));
    assert_eq!(ana.confirm(&Secret::new("made-up")).await, over());
}

#[tokio::test]
async fn nobody_learns_from_an_answer_whose_address_is_known() {
    let app = TestApp::start().await;
    app.artist("ana").await;
    let answers = async |form| {
        let response = app.nobody().post("accounts/register", json!({ "form": form })).await;
        let headers: Vec<_> = response.headers().keys().cloned().collect();
        let status = response.status();
        let mut body: serde_json::Value = response.json().await.unwrap();
        body["person"] = "".into();
        (status, headers, body.to_string().replace("ben", "").replace("eve", ""))
    };
    let mut known = registration("ben");
    known.email = " ANA@example.org ".into();
    assert_eq!(answers(known).await, answers(registration("eve")).await);
    let told = app.mail("ANA@example.org", "already have an account").await;
    assert!(told.text.contains("@ana") && !told.text.contains("ben"), "{told:?}");
    assert_eq!(app.nobody().log_in(ANA, PASSWORD).await.unwrap().handle.as_deref(), Some("ana"));

    for login in ["ana", "eve", "nobody", "nobody@example.org"] {
        assert_eq!(app.nobody().forgotten(login).await, Ok(()), "{login}");
    }
    app.mail(ANA, "A new password").await;
    app.jobs_done().await;
    assert_eq!(app.mails("nobody@example.org").len(), 0);
    assert_eq!(app.mails("eve@example.org").len(), 1, "it isn't known to be eve's");
}

#[tokio::test]
async fn of_two_who_say_that_an_address_is_theirs_the_reader_decides() {
    let app = TestApp::start().await;
    let thief = app.visitor("thief").await;
    let mut form = registration("ana");
    form.email = "thief@example.org".into();
    let ana = app.nobody();
    ana.register(&form).await.unwrap();
    app.jobs_done().await;
    let links: Vec<_> =
        app.mails("thief@example.org").iter().filter_map(|it| it.link("/confirm")).collect();
    let [first, second] = links.as_slice() else { panic!("two links: {links:?}") };
    ana.confirm(second).await.unwrap();
    assert_eq!(thief.confirm(first).await, over());
    assert!(!thief.who().await.unwrap().confirmed);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_and_ends_the_sessions_of_that_account_alone() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.artist("ana").await, app.artist("ben").await);
    let elsewhere = app.nobody();
    elsewhere.log_in("ana", PASSWORD).await.unwrap();
    app.nobody().forgotten(" ANA@example.org").await.unwrap();
    let mail = app.mail(ANA, "A new password").await;
    let link = mail.link("/reset").unwrap();
    let stranger = app.nobody();
    assert_eq!(fields(stranger.reset(&link, "short").await), ["new"]);
    assert_eq!(fields(stranger.reset(&link, "password123").await), ["new"]);
    assert_eq!(stranger.reset(&link, NEW).await.as_deref(), Ok("ana"));
    assert_eq!(stranger.reset(&link, "a third horse battery").await, over());

    assert_eq!((ana.who().await, elsewhere.who().await), (None, None));
    assert_eq!(stranger.who().await, None, "a reset doesn't log in");
    assert_eq!(ben.who().await, ben.viewer);
    assert_eq!(stranger.log_in("ana", PASSWORD).await, wrong());
    stranger.log_in("ana", NEW).await.unwrap();
    app.nobody().log_in("ben", PASSWORD).await.unwrap();
    app.mail(ANA, "Your password was changed").await;
}

#[tokio::test]
async fn mails_speak_the_language_of_their_reader() {
    let app = TestApp::start().await;
    let ana = app.nobody();
    let answer = ana
        .client
        .post(format!("{}/api/accounts/register", app.url))
        .header("origin", &app.url)
        .header("accept-language", "de-AT,de;q=0.9,en;q=0.5")
        .json(&json!({ "form": registration("ana") }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let mail = app.mail(ANA, "Bestätige deine E-Mail-Adresse").await;
    assert!(mail.text.starts_with("Hallo ana,") && mail.html.contains("lang=\"de\""), "{mail:?}");
    let english = json!({ "language": Language::English });
    ana.call::<(), AccountReason>("accounts/change_language", english).await.unwrap();
    ana.confirm(&mail.link("/confirm").unwrap()).await.unwrap();
    app.mail(ANA, "Welcome to Bandstand").await;
}
