//! Registering, logging in and out, guests.

use bandstand_domain::{
    Refusal,
    accounts::{AccountError, AccountReason, Registration, Role},
    chat::ChatPlace,
};

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp, fields, registration};

/// The complaints of a refusal, by field, as people read them.
fn words(refusal: AccountError) -> Vec<(String, String)> {
    match refusal {
        Refusal::Invalid(errors) => {
            errors.0.into_iter().map(|error| (error.field, error.message.to_string())).collect()
        }
        other => panic!("not refused for its fields: {other:?}"),
    }
}

#[tokio::test]
async fn the_server_refuses_what_the_form_refuses_with_the_same_words() {
    let app = TestApp::start().await;
    let form = Registration { handle: "a!".into(), ..Registration::default() };
    let refusal = app.nobody().register(&form).await.unwrap_err();
    assert_eq!(words(refusal), words(Refusal::Invalid(form.check().unwrap_err())));
    assert_eq!(app.count("SELECT count(*) FROM accounts").await, 0);
}

#[tokio::test]
async fn a_handle_belongs_to_one_account() {
    let app = TestApp::start().await;
    app.visitor("Ana").await;
    let mut form = registration("ANA");
    form.email = "other@example.org".into();
    assert_eq!(fields(app.nobody().register(&form).await), ["handle"]);
}

#[tokio::test]
async fn of_many_who_want_a_handle_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let tries = (0..6).map(|number| {
        let user = app.nobody();
        let mut form = registration("wanted");
        form.email = format!("{number}@example.org");
        async move { user.register(&form).await }
    });
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(fields(result), ["handle"]);
    }
}

#[tokio::test]
async fn one_logs_in_by_handle_or_email_in_any_case() {
    let app = TestApp::start().await;
    let ana = app.artist("Ana").await;
    let viewer = ana.viewer.clone().unwrap();
    assert_eq!((viewer.role, viewer.name.as_str()), (Role::Artist, "Ana on stage"));
    for login in ["ana", " ANA@example.ORG "] {
        let user = app.nobody();
        assert_eq!(user.log_in(login, PASSWORD).await.as_ref(), Ok(&viewer));
        assert_eq!(user.who().await.as_ref(), Some(&viewer));
    }
    let wrong = Err(Refusal::Because(AccountReason::WrongCredentials));
    assert_eq!(app.nobody().log_in("ana", "wrong password").await, wrong);
    assert_eq!(app.nobody().log_in("nobody", PASSWORD).await, wrong, "the same as for a known one");
}

#[tokio::test]
async fn a_guest_stays_the_same_person() {
    let app = TestApp::start().await;
    let guest = app.guest(" Ben ").await;
    let viewer = guest.viewer.clone().unwrap();
    assert_eq!((viewer.name.as_str(), viewer.role, viewer.handle), ("Ben", Role::Guest, None));
    let renamed = guest.enter_as_guest("Benjamin").await.unwrap();
    assert_eq!(renamed.person, viewer.person);
    assert_eq!(fields(guest.enter_as_guest("").await), ["name"]);

    let account = guest.register(&registration("ben")).await.unwrap();
    assert_eq!((account.person, account.role), (viewer.person, Role::Visitor));
    assert_eq!(guest.enter_as_guest("Somebody").await, Err(Refusal::Forbidden));
    guest.log_out().await;
    assert_eq!(guest.who().await, None);
}

#[tokio::test]
async fn a_text_that_no_database_holds_is_no_failure_of_the_venue() {
    let app = TestApp::start().await;
    let (ada, show) = app.artist_with_show().await;
    let nul = "a\u{0}b";
    for (function, arguments) in [
        ("accounts/log_in", json!({ "form": { "login": nul, "password": PASSWORD } })),
        ("accounts/forgotten", json!({ "login": nul })),
        ("accounts/end_session", json!({ "name": nul })),
        ("accounts/add_helper", json!({ "handle": nul })),
        ("accounts/remove_helper", json!({ "handle": nul })),
        ("factors/remove_passkey", json!({ "id": nul, "password": PASSWORD })),
        ("chat/mute", json!({ "place": ChatPlace::Show(show), "person": nul, "muted": false })),
        ("people/artist", json!({ "handle": nul })),
        ("people/follow", json!({ "handle": nul, "follow": true })),
    ] {
        let status = ada.post(function, arguments).await.status();
        assert!(!status.is_server_error(), "{function}: {status}");
    }
}
