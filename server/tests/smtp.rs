//! Mails by SMTP (RFC 5321), as a mail server gets them.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::mpsc,
};

use bandstand_server::{clock, config::Smtp};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use mailin::response;

use crate::support::{
    app::{TestApp, registration},
    mails::Mail,
    smtp::{ANA, MailServer, id, until},
};

async fn app(server: &MailServer) -> TestApp {
    TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.smtp = Some(server.smtp());
    })
    .await
}

#[tokio::test]
async fn a_mail_is_received_as_it_should_be() {
    let server = MailServer::start();
    let app = app(&server).await;
    let ana = app.visitor("ana").await;
    server.until(1).await;
    let (from, to, text) = server.state().came[0].clone();
    assert_eq!((from.as_str(), to.as_str()), ("venue@example.org", ANA));
    let message = MessageParser::default().parse(&text).unwrap();
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Bandstand"));
    assert_eq!(message.subject(), Some("Confirm your e-mail address"));
    assert!(message.date().is_some() && message.message_id().unwrap().ends_with("@127.0.0.1"));
    let header = |name: &str| match message.header(name) {
        Some(HeaderValue::Text(text)) => text.to_string(),
        Some(HeaderValue::TextList(list)) => list.join(","),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Content-Language"), "en");
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    assert!(text.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "RFC 5321 4.5.3.1.6");

    let mail = Mail::parse(&text);
    let link = mail.link("/confirm").unwrap();
    assert!(mail.html.contains(link.reveal()));
    ana.confirm(&link).await.unwrap();
    // Where there is a mail server, there is no mailbox that opens every account.
    assert_eq!(app.nobody().page("/mailbox").await.status(), 404);
    assert!(!app.data().join("mailbox").exists());
}

#[tokio::test]
async fn an_international_domain_goes_out_as_every_mail_server_takes_it() {
    let server = MailServer::start();
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.smtp = Some(server.smtp());
        config.public_url = "https://venue.example.org".into();
    })
    .await;
    let mut form = registration("anna");
    form.email = "Anna@bücher.example".into();
    let made = app.nobody().client.post(format!("{}/api/accounts/register", app.url));
    let made = made.header("origin", "https://venue.example.org");
    let made = made.json(&serde_json::json!({ "form": form })).send().await.unwrap();
    assert_eq!(made.status(), 200);
    server.until(1).await;
    let state = server.state();
    assert_eq!(state.came[0].1, "Anna@xn--bcher-kva.example");
    assert_eq!(state.greeted, "venue.example.org");
}

#[tokio::test]
async fn what_is_not_taken_now_is_tried_again_after_a_restart_too_and_sent_once() {
    let server = MailServer::start();
    server.state().answers = vec![response::INTERNAL_ERROR, response::NO_SERVICE];
    let mut app = app(&server).await;
    app.visitor("ana").await;
    for attempt in 1..3 {
        server.until(attempt).await;
        until(async || app.count("SELECT count(*) FROM jobs WHERE leased_until = 0").await == 1)
            .await;
        let wait = app.count("SELECT due_at - created_at FROM jobs").await;
        let backoff = 10_000 * i64::try_from(attempt).unwrap();
        assert!(wait >= backoff * 4 / 5, "{wait}");
        let left = app.count("SELECT due_at FROM jobs").await - clock::now().0;
        assert!(left <= backoff, "{left} ms until it is tried again");
        app.change("UPDATE jobs SET due_at = 1000").await;
        app = app.restart().await;
    }
    server.until(3).await;
    app.jobs_done().await;
    let came = server.state().came.clone();
    assert_eq!(came.len(), 3);
    assert!(
        came.iter().all(|(_, _, text)| id(text) == id(&came[0].2)),
        "by this it is known again"
    );
    let app = app.restart().await;
    app.visitor("ben").await;
    server.until(4).await;
    app.jobs_done().await;
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up() {
    let server = MailServer::start();
    server.state().answers = vec![response::NO_MAILBOX];
    let app = app(&server).await;
    app.visitor("ana").await;
    app.jobs_done().await;
    assert_eq!(server.count(), 1);
    let row = "SELECT count(*) FROM jobs WHERE failure LIKE '%550%' AND payload = '' \
               AND failure NOT LIKE '%ana%'";
    assert_eq!(app.count(row).await, 1);
}

#[tokio::test]
async fn nothing_is_lost_while_the_mail_server_is_away() {
    let gone = MailServer::start().smtp();
    // A port at which nothing listens: bound by nobody after this.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.smtp = Some(Smtp { port: free.port(), ..gone });
    })
    .await;
    let ana = app.nobody();
    ana.register(&registration("ana")).await.unwrap();
    until(async || {
        app.count("SELECT count(*) FROM jobs WHERE attempts = 1 AND leased_until = 0").await == 1
    })
    .await;
    let server = MailServer::start_at(free);
    app.change("UPDATE jobs SET due_at = 1000").await;
    app.running.venue.services.jobs.wake();
    server.until(1).await;
    app.jobs_done().await;
}

#[tokio::test]
async fn what_was_acknowledged_while_the_venue_closed_is_not_sent_again() {
    let server = MailServer::start();
    let (enough, thinks) = mpsc::channel();
    server.state().thinks = Some(thinks);
    let app = app(&server).await;
    app.visitor("ana").await;
    server.until(1).await;
    let closing = app.running.venue.services.tasks.closing().clone();
    tokio::spawn(async move {
        closing.cancelled().await;
        enough.send(()).unwrap();
    });
    let app = app.restart().await;
    assert_eq!(app.count("SELECT count(*) FROM jobs WHERE over_at IS NULL").await, 0);
    app.change("UPDATE jobs SET due_at = 1000, leased_until = 0").await;
    app.visitor("ben").await;
    server.until(2).await;
    app.jobs_done().await;
    let readers: Vec<_> = server.state().came.iter().map(|(_, to, _)| to.clone()).collect();
    assert_eq!(readers, [ANA, "ben@example.org"]);
}
