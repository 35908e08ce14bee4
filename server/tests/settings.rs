//! One's own account: changing it, taking its data along, leaving.

use bandstand_domain::{
    Millis, Refusal,
    accounts::{AccountError, AccountReason, Settings, Viewer},
    chat::{ChatPlace, ChatReason},
    crowd::CrowdReason,
    shows::ShowReason,
};
use bandstand_server::{clock, own_account::deletion};
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp, User, draft, fields, registration};

const ANA: &str = "ana@example.org";

impl User {
    pub async fn settings(&self) -> Result<Settings, AccountError> {
        self.call("accounts/settings", json!({})).await
    }

    async fn change_email(&self, email: &str, password: &str) -> Result<(), AccountError> {
        let form = json!({ "form": { "email": email, "password": password } });
        self.call("accounts/change_email", form).await
    }

    pub async fn delete_account(&self, password: &str) -> Result<Millis, AccountError> {
        self.call("accounts/delete", json!({ "password": password })).await
    }

    async fn restore(&self, login: &str, password: &str) -> Result<Viewer, AccountError> {
        let form = json!({ "form": { "login": login, "password": password } });
        self.call("accounts/restore", form).await
    }
}

#[tokio::test]
async fn a_handle_is_changed_unless_it_is_taken() {
    let app = TestApp::start().await;
    let (ana, _) = (app.artist("ana").await, app.visitor("ben").await);
    let change = async |handle: &str| {
        ana.call::<Viewer, AccountReason>("accounts/change_handle", json!({ "handle": handle }))
            .await
    };
    assert_eq!(fields(change("BEN").await), ["handle"]);
    assert_eq!(fields(change("a b").await), ["handle"]);
    assert_eq!(change(" Anna ").await.unwrap().handle.as_deref(), Some("Anna"));
    assert_eq!(app.nobody().log_in("anna", PASSWORD).await.unwrap().person, ana.person());
    // What she left nobody takes for a while, except herself.
    assert_eq!(fields(app.nobody().register(&registration("Ana")).await), ["handle"]);
    let ben = app.nobody();
    ben.log_in("ben", PASSWORD).await.unwrap();
    let take = json!({ "handle": "ANA" });
    let taken = ben.call::<Viewer, AccountReason>("accounts/change_handle", take).await;
    assert_eq!(fields(taken), ["handle"]);
    change("ana").await.unwrap();
    change("Anna").await.unwrap();
    app.change("UPDATE former_handles SET left_at = 1000").await;
    app.visitor("ana").await;
    // Who never confirmed an address keeps no names from others.
    let rename = json!({ "handle": "benno" });
    ben.call::<Viewer, AccountReason>("accounts/change_handle", rename).await.unwrap();
    app.visitor("ben").await;
}

#[tokio::test]
async fn another_address_is_asked_first_and_the_one_before_is_told() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let new = "anna@example.net";
    assert_eq!(fields(ana.change_email(new, "wrong password").await), ["email_password"]);
    assert_eq!(fields(ana.change_email("nonsense", PASSWORD).await), ["email"]);
    ana.change_email(new, PASSWORD).await.unwrap();
    let link = app.mail(new, "Confirm your new").await.link("/confirm").unwrap();
    assert_eq!(ana.settings().await.unwrap().email, ANA, "until then it stays");
    app.nobody().log_in(ANA, PASSWORD).await.unwrap();

    assert_eq!(app.nobody().confirm(&link).await.as_deref(), Ok(new));
    let told = app.mail(ANA, "was changed").await;
    assert!(told.text.contains("a…@example.net") && !told.text.contains(new), "{told:?}");
    let settings = ana.settings().await.unwrap();
    assert_eq!((settings.email.as_str(), settings.confirmed), (new, true));
    app.nobody().log_in(new, PASSWORD).await.unwrap();
    app.nobody().log_in(ANA, PASSWORD).await.unwrap_err();

    // The same words and no mail with a link when the address is somebody else's.
    let ben = app.artist("ben").await;
    ben.change_email(new, PASSWORD).await.unwrap();
    let told = app.mail(new, "already have an account").await;
    assert_eq!(told.link("/confirm"), None);
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let elsewhere = app.nobody();
    elsewhere.log_in("ana", PASSWORD).await.unwrap();
    let change = async |current: &str, new: &str| {
        let form = json!({ "form": { "current": current, "new": new } });
        ana.call::<(), AccountReason>("accounts/change_password", form).await
    };
    assert_eq!(fields(change("wrong password", "another horse battery").await), ["current"]);
    assert_eq!(fields(change(PASSWORD, "ana on stage").await), ["new"]);
    change(PASSWORD, "another horse battery").await.unwrap();
    assert_eq!(elsewhere.who().await, None);
    assert_eq!(ana.who().await, ana.viewer);
    app.mail(ANA, "Your password was changed").await;
    app.nobody().log_in("ana", "another horse battery").await.unwrap();
}

#[tokio::test]
async fn an_account_is_left_taken_back_and_erased() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    let show = ana.create(&draft("Never played", 24)).await.unwrap();
    let before = app.artist_with_show().await;
    ana.say(before.1, "I was here").await;
    ana.call::<u64, CrowdReason>("crowd/like", json!({ "show": before.1 })).await.unwrap();
    let person =
        json!({ "place": ChatPlace::Show(before.1), "person": ana.person(), "muted": true });
    before.0.call::<(), ChatReason>("chat/mute", person).await.unwrap();
    let elsewhere = app.nobody();
    elsewhere.log_in("ana", PASSWORD).await.unwrap();

    assert_eq!(fields(ana.delete_account("wrong password").await), ["delete_password"]);
    let erased_at = ana.delete_account(PASSWORD).await.unwrap();
    assert_eq!((ana.who().await, elsewhere.who().await), (None, None));
    assert_eq!(app.nobody().show(show).await, Err(Refusal::Gone));
    app.mail(ANA, "Your account was deleted").await;
    let leaving = Err(Refusal::Because(AccountReason::Leaving { erased_at }));
    assert_eq!(ana.log_in("ana", PASSWORD).await, leaving);
    assert_eq!(ana.log_in("ana", "wrong password").await.unwrap_err().status(), 401);
    assert_eq!(ana.restore("ana", "wrong password").await.unwrap_err().status(), 401);
    assert_eq!(ana.restore("ana", PASSWORD).await.unwrap().person, ana.person());
    assert_eq!(ana.who().await, ana.viewer);

    ana.delete_account(PASSWORD).await.unwrap();
    let venue = &app.running.venue.services;
    deletion::erase_due(venue).await.unwrap();
    assert_eq!(ana.log_in("ana", PASSWORD).await.unwrap_err().status(), 409, "not yet");
    app.change("UPDATE accounts SET deleted_at = 1000 WHERE deleted_at IS NOT NULL").await;
    deletion::erase_due(venue).await.unwrap();
    assert_eq!(ana.log_in("ana", PASSWORD).await.unwrap_err().status(), 401);
    assert_eq!(ana.restore("ana", PASSWORD).await.unwrap_err().status(), 401);
    let left = "SELECT count(*) FROM accounts WHERE email LIKE 'ana%' OR display_name = 'ana' \
                OR stage_name = 'ana on stage'";
    assert_eq!(app.count(left).await, 0);
    assert_eq!(app.count("SELECT count(*) FROM messages WHERE text LIKE 'I was%'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM events WHERE event LIKE '%I was here%'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM events WHERE event LIKE '%ana on stage%'").await, 0);
    assert_eq!(app.count("SELECT (SELECT count(*) FROM likes) + count(*) FROM mutes").await, 0);
    assert_eq!(before.0.show(before.1).await.unwrap().likes, 1, "how many there were stays");
    // Nobody can pass for who was here; the address is free for whoever reads it.
    assert_eq!(fields(app.nobody().register(&registration("ana")).await), ["handle"]);
    let mut form = registration("ana2");
    form.email = ANA.into();
    let again = app.nobody();
    again.register(&form).await.unwrap();
    app.jobs_done().await;
    let link = app.mails(ANA).last().unwrap().link("/confirm").unwrap();
    assert_eq!(again.confirm(&link).await.as_deref(), Ok(ANA));
    assert_eq!(before.0.mine().await.len(), 1);
}

#[tokio::test]
async fn who_comes_back_just_before_being_erased_is_not_erased() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.artist("ana").await, app.visitor("ben").await);
    ana.delete_account(PASSWORD).await.unwrap();
    app.change("UPDATE accounts SET deleted_at = 1000 WHERE deleted_at IS NOT NULL").await;
    app.change("UPDATE accounts SET created_at = 1000").await;
    let now = clock::now();
    let venue = &app.running.venue.services;
    let due = deletion::due(&venue.database, now).await.unwrap();
    assert_eq!(due.len(), 2);
    ana.restore("ana", PASSWORD).await.unwrap();
    app.confirm(&ben, "ben@example.org").await;
    for account in due {
        deletion::erase(venue, &account, now).await.unwrap();
    }
    assert_eq!(ana.who().await, ana.viewer);
    assert!(ben.who().await.unwrap().confirmed);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE erased_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_account_that_nobody_confirms_goes_and_frees_its_handle() {
    let app = TestApp::start().await;
    let ana = app.visitor("ana").await;
    app.change("UPDATE accounts SET created_at = 1000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert_eq!(ana.who().await, None);
    app.visitor("ana").await;
}

#[tokio::test]
async fn ones_own_data_is_taken_along() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let ben = app.visitor("ben").await;
    ben.say(show, "Not ada's").await;
    artist.say(show, "Good evening").await;
    assert_eq!(app.nobody().page("/settings/export").await.status(), 401);
    assert_eq!(app.guest("Guest").await.page("/settings/export").await.status(), 401);
    let response = artist.page("/settings/export").await;
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"bandstand.json\""
    );
    let text = response.text().await.unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(data["account"]["email"], "ada@example.org");
    assert_eq!(data["shows"][0]["title"], "Songs for nobody");
    assert_eq!(data["messages"][0]["text"], "Good evening");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert!(!text.contains("argon2") && !text.contains("Not ada's"), "{text}");
}

impl User {
    /// The titles of one's own shows.
    async fn mine(&self) -> Vec<String> {
        let list: bandstand_domain::shows::ShowList =
            self.call::<_, ShowReason>("shows/mine", json!({})).await.unwrap();
        list.shows.into_iter().map(|show| show.title).collect()
    }
}
