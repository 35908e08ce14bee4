//! Mails about notifications: collected, put off, switched off.

use bandstand_domain::{
    Millis,
    notifications::{NotificationKind, NotificationSettings, QuietHours},
};
use bandstand_server::clock;
use mail_parser::MessageParser;
use reqwest::{StatusCode, header};

use super::by_mail;
use crate::support::app::TestApp;

impl TestApp {
    /// Lets all mails that wait be due.
    async fn mails_are_due(&self) {
        self.change("UPDATE jobs SET due_at = 1000 WHERE name = 'notification_mail'").await;
        self.running.venue.services.jobs.wake();
        self.until_count(
            "SELECT COUNT(*) FROM jobs WHERE name = 'notification_mail' AND over_at IS NULL \
             AND due_at <= 1000",
            0,
        )
        .await;
    }
}

#[tokio::test]
async fn mails_are_collected_and_tell_nothing_that_was_read() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    ana.be_told(&by_mail()).await.unwrap();
    for number in 0..25 {
        app.tell(&ana, NotificationKind::Mention, &format!("mention:{number}")).await;
    }
    assert_eq!(app.mails_waiting().await, 1);
    let wait =
        app.count("SELECT due_at - created_at FROM jobs WHERE name = 'notification_mail'").await;
    assert!((9 * Millis::MINUTE..=10 * Millis::MINUTE).contains(&wait), "{wait}");
    let read = ana.notices(None).await.notifications[0].number;
    ana.read_notices(read, read).await;
    app.mails_are_due().await;
    let mail = app.mail("ana@example.org", "24 notifications").await;
    assert!(mail.text.contains("Eve mentioned you in Kitchen\nabout mention:23"), "{}", mail.text);
    assert!(mail.text.contains("And 4 more.") && !mail.text.contains("mention:24"));
    assert!(mail.text.contains(&format!("{}/notifications\n", app.url)), "{}", mail.text);

    // What was read before its mail is due needs none, and one mail says nothing twice.
    app.tell(&ana, NotificationKind::Mention, "mention:read").await;
    ana.read_notices(0, i64::MAX).await;
    app.mails_are_due().await;
    app.tell(&ana, NotificationKind::Mention, "mention:last").await;
    app.mails_are_due().await;
    let mail = app.mail("ana@example.org", "Eve mentioned you in Kitchen").await;
    assert!(mail.text.contains("about mention:last") && !mail.text.contains("mention:2"));
    assert_eq!(
        app.mails("ana@example.org").iter().filter(|it| it.text.contains("about")).count(),
        2
    );

    // Nobody writes to an address that nobody has confirmed.
    let ben = app.visitor("ben").await;
    ben.be_told(&by_mail()).await.unwrap();
    app.tell(&ben, NotificationKind::Mention, "mention:ben").await;
    app.mails_are_due().await;
    assert!(app.mails("ben@example.org").iter().all(|it| !it.text.contains("about")));
    app.stop().await;
}

#[tokio::test]
async fn mails_wait_until_quiet_hours_end() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    // From two hours ago until two hours from now.
    let minute = u16::try_from(clock::now().0 / Millis::MINUTE % 1_440).unwrap();
    let (from, to) = ((minute + 1_440 - 120) % 1_440, (minute + 120) % 1_440);
    let quiet = NotificationSettings { quiet: Some(QuietHours { from, to }), ..by_mail() };
    ana.be_told(&quiet).await.unwrap();
    for number in 0..2 {
        app.tell(&ana, NotificationKind::Reply, &format!("reply:{number}")).await;
    }
    assert!(ana.notices(None).await.notifications.iter().all(|it| it.quiet && !it.read));
    let due = "SELECT due_at FROM jobs WHERE name = 'notification_mail' AND over_at IS NULL";
    let wait = app.count(due).await - clock::now().0;
    assert!((118 * Millis::MINUTE..=120 * Millis::MINUTE).contains(&wait), "{wait}");
    // Due all the same, as when the hours were changed meanwhile: it is put off.
    app.mails_are_due().await;
    assert_eq!(app.mails_waiting().await, 1);
    assert!(app.count(due).await > clock::now().0);
    ana.be_told(&by_mail()).await.unwrap();
    app.mails_are_due().await;
    app.mail("ana@example.org", "2 notifications").await;
    assert_eq!(app.mails_waiting().await, 0);
    app.stop().await;
}

#[tokio::test]
async fn one_click_in_a_mail_switches_mails_off() {
    let app = TestApp::start().await;
    let ana = app.artist("ana").await;
    ana.be_told(&by_mail()).await.unwrap();
    app.tell(&ana, NotificationKind::Mention, "mention:1").await;
    app.mails_are_due().await;
    app.mail("ana@example.org", "Eve mentioned").await;
    let path = std::fs::read_dir(app.data().join("mailbox")).unwrap();
    let bytes = path.map(|it| std::fs::read(it.unwrap().path()).unwrap());
    let bytes = bytes.into_iter().find(|it| String::from_utf8_lossy(it).contains("Unsubscribe"));
    let bytes = bytes.unwrap();
    let mail = MessageParser::default().parse(&bytes).unwrap();
    let header = |name: &str| mail.header_raw(name).unwrap().trim().to_owned();
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let address = header("List-Unsubscribe");
    let address = address.trim_matches(['<', '>']).to_owned();
    assert!(mail.body_text(0).unwrap().replace("\r\n", "\n").contains(&address));

    // A program that looks at every link changes nothing.
    let program = app.nobody().client;
    let seen = program.get(&address).send().await.unwrap();
    assert_eq!(seen.status(), StatusCode::OK);
    assert!(seen.text().await.unwrap().contains("<form method=\"post\">"));
    assert!(ana.told_how().await.mails);
    let click =
        program.post(&address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let click = click.body("List-Unsubscribe=One-Click").send().await.unwrap();
    assert_eq!(click.status(), StatusCode::OK);
    assert!(!ana.told_how().await.mails);
    app.tell(&ana, NotificationKind::Mention, "mention:2").await;
    assert_eq!(app.mails_waiting().await, 0);
    let forged = format!("{}x", &address[..address.len() - 1]);
    assert_eq!(program.post(&forged).send().await.unwrap().status(), StatusCode::GONE);
    app.stop().await;
}
