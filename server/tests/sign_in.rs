//! Confirming an address, forgotten passwords, and what they don't tell.

use argon2::{
    Argon2, PasswordHasher,
    password_hash::{SaltString, rand_core::OsRng},
};
use bandstand_domain::{
    Language, Refusal, Secret,
    accounts::{AccountError, AccountReason, ArtistProfile},
    shows::Genre,
};
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, User, fields, registration};

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
    assert!(mail.text.contains("@ana") && mail.text.starts_with("Hello,\n"), "{mail:?}");
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
async fn a_letter_to_an_unproved_address_says_nothing_that_its_sender_chose() {
    let app = TestApp::start().await;
    let mut form = registration("ana");
    form.display_name = "evil.example/win".into();
    form.artist = Some(ArtistProfile {
        stage_name: "prize: evil.example".into(),
        genres: vec![Genre("jazz".into())],
    });
    let ana = app.nobody();
    ana.register(&form).await.unwrap();
    let mail = app.mail(ANA, "Confirm your e-mail").await;
    assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{mail:?}");
    app.confirm(&ana, ANA).await;
    let change = json!({ "form": { "email": "ben@example.net", "password": PASSWORD } });
    ana.call::<(), AccountReason>("accounts/change_email", change).await.unwrap();
    let mail = app.mail("ben@example.net", "Confirm your new").await;
    assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{mail:?}");
}

#[tokio::test]
async fn letters_are_counted_by_mailbox_whatever_stands_behind_a_plus() {
    let app = TestApp::configured(|_| {}).await;
    for number in 0..5 {
        let mut form = registration(&format!("user{number}"));
        form.email = format!("Ana+{number}@example.org");
        app.nobody().register(&form).await.unwrap();
    }
    app.jobs_done().await;
    let came: usize =
        (0..5).map(|number| app.mails(&format!("Ana+{number}@example.org")).len()).sum();
    assert_eq!(came, 3);
}

#[tokio::test]
async fn both_spellings_of_an_address_are_one_account() {
    let app = TestApp::start().await;
    let mut form = registration("anna");
    form.email = "Anna@Bücher.example".into();
    let anna = app.nobody();
    anna.register(&form).await.unwrap();
    let link = app.mail("Anna@xn--bcher-kva.example", "Confirm").await.link("/confirm").unwrap();
    assert_eq!(anna.confirm(&link).await.as_deref(), Ok("Anna@Bücher.example"));
    let spellings = ["anna@bücher.example", "anna@xn--bcher-kva.example"];
    for login in spellings {
        app.nobody().log_in(login, PASSWORD).await.unwrap();
    }
    let mut other = registration("other");
    other.email = spellings[1].into();
    app.nobody().register(&other).await.unwrap();
    app.mail(spellings[1], "already have an account").await;
    other.handle = "third".into();
    other.email = "anna@\u{200d}.example".into();
    assert_eq!(fields(app.nobody().register(&other).await), ["email"]);

    // As an earlier version kept it.
    app.change("UPDATE accounts SET email_key = 'anna@bücher.example' WHERE handle = 'anna'").await;
    let app = app.restart().await;
    for login in spellings {
        app.nobody().log_in(login, PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn an_old_password_of_another_keyboard_opens_and_is_hashed_anew() {
    let app = TestApp::start().await;
    app.visitor("ana").await;
    let raw = "cafe\u{301} au lait bitte";
    let salt = SaltString::generate(&mut OsRng);
    let old = Argon2::default().hash_password(raw.as_bytes(), &salt).unwrap().to_string();
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    sqlx::query("UPDATE accounts SET password = $1").bind(old).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    let composed = "caf\u{e9} au lait bitte";
    assert_eq!(app.nobody().log_in("ana", composed).await, wrong());
    for typed in [raw, composed, raw] {
        app.nobody().log_in("ana", typed).await.unwrap();
    }
}

#[tokio::test]
async fn a_link_whose_hash_was_encoded_leads_to_its_page() {
    let app = TestApp::start().await;
    let link = "AbCdEfGhIjKlMnOpQrSt-_";
    for (path, meant) in [
        (format!("/confirm%23{link}"), format!("/confirm#{link}")),
        (format!("/reset%23{link}%0A"), format!("/reset#{link}")),
        ("/confirm%23//evil.example".into(), "/confirm#".into()),
    ] {
        let answer = app.nobody().page(&path).await;
        let location = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        if location.is_none() {
            // More than one segment is no link.
            assert_eq!((answer.status().as_u16(), path.contains("//")), (404, true), "{path}");
            continue;
        }
        assert_eq!((answer.status().as_u16(), location), (303, Some(meant)), "{path}");
    }
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
    assert!(mail.text.starts_with("Hallo,\n") && mail.html.contains("lang=\"de\""), "{mail:?}");
    let english = json!({ "language": Language::English });
    ana.call::<(), AccountReason>("accounts/change_language", english).await.unwrap();
    ana.confirm(&mail.link("/confirm").unwrap()).await.unwrap();
    app.mail(ANA, "Welcome to Bandstand").await;
}
