//! The mailbox's pages, and the command that reads mails without them.

use bandstand_server::{
    config::{Config, MailCommand},
    mail::command::{self, MailCommandError},
};
use reqwest::header;
use serde_json::json;

use crate::support::app::TestApp;

#[tokio::test]
async fn a_venue_with_a_public_address_has_no_mailbox_pages() {
    type Configure = fn(&mut Config);
    let venues: [(Configure, u16); 4] = [
        (|_| {}, 200),
        (|config| config.trusted_proxy = true, 404),
        (|config| config.public_url = "https://venue.example.org".into(), 404),
        (|config| config.public_url = "http://venue.example.org".into(), 404),
    ];
    for (number, (configure, expected)) in venues.into_iter().enumerate() {
        let app = TestApp::configured(configure).await;
        // As a proxy on this machine passes it on that neither says that it is there nor keeps the name
        // that was asked for.
        let response = app
            .nobody()
            .client
            .get(format!("{}/mailbox", app.url))
            .header(header::HOST, "localhost")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "venue {number}");
        app.stop().await;
    }
}

#[tokio::test]
async fn an_operator_reads_mails_of_a_public_venue_on_the_command_line() {
    let app =
        TestApp::configured(|config| config.public_url = "https://venue.example.org".into()).await;
    let config = app.running.venue.services.config.as_ref().clone();
    let show = async |number| command::run(&config, &MailCommand { number }).await;
    assert_eq!(show(None).await.unwrap(), "No mails yet.");
    app.visitor("ana").await;
    app.nobody().post("accounts/forgotten", json!({ "login": "ana@example.org" })).await;
    let mail = app.mail("ana@example.org", "Confirm").await;
    app.jobs_done().await;
    let list = show(None).await.unwrap();
    assert!(list.contains(&format!("{}  to ana@example.org", mail.subject)), "{list}");
    let number = list.lines().position(|line| line.contains(&mail.subject)).map(|it| it + 1);
    let text = show(number).await.unwrap();
    assert!(text.contains("https://venue.example.org/confirm#"), "{text}");
    for unknown in [0, 500] {
        let error = show(Some(unknown)).await.unwrap_err();
        assert!(matches!(error, MailCommandError::Unknown(_)), "{error}");
    }
    app.stop().await;
}
