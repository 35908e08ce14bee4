//! Mails, as they lie in the mailbox of a venue without a mail server.

use std::{fs, time::Duration};

use bandstand_domain::{Secret, accounts::AccountError};
use mail_parser::MessageParser;
use serde_json::json;
use tokio::time::{interval, timeout};

use super::app::{TestApp, User};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail, as its reader sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// The mail in these bytes.
    pub fn parse(bytes: &[u8]) -> Self {
        let mail = MessageParser::default().parse(bytes).unwrap();
        Self {
            to: mail.to().unwrap().first().unwrap().address().unwrap().to_owned(),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
            html: mail.body_html(0).unwrap().into_owned(),
        }
    }

    /// What its link to the page at `path` holds.
    pub fn link(&self, path: &str) -> Option<Secret> {
        let marker = format!("{path}#");
        let line = self.text.lines().find(|line| line.contains(&marker))?;
        line.split_once(&marker).map(|(_, link)| Secret::new(link))
    }
}

impl TestApp {
    /// All mails to `to` so far, the oldest first.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        let mut files: Vec<_> = fs::read_dir(self.data().join("mailbox"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "eml"))
            .collect();
        files.sort();
        files
            .iter()
            // The oldest may be on their way out.
            .filter_map(|path| fs::read(path).ok())
            .map(|bytes| Mail::parse(&bytes))
            .filter(|mail| mail.to == to)
            .collect()
    }

    /// The first mail to `to` whose subject contains `subject`, once it is there.
    pub async fn mail(&self, to: &str, subject: &str) -> Mail {
        let found = async {
            let mut looks = interval(Duration::from_millis(5));
            loop {
                looks.tick().await;
                let mails = self.mails(to);
                if let Some(mail) = mails.into_iter().find(|it| it.subject.contains(subject)) {
                    return mail;
                }
            }
        };
        let mail = timeout(PATIENCE, found).await;
        mail.unwrap_or_else(|_| panic!("no ‘{subject}’ to {to}, but {:?}", self.mails(to)))
    }

    /// Waits until there is nothing left to be done, so that a mail that isn't there never comes.
    pub async fn jobs_done(&self) {
        let done = async {
            let mut looks = interval(Duration::from_millis(5));
            loop {
                looks.tick().await;
                if self.count("SELECT count(*) FROM jobs WHERE over_at IS NULL").await == 0 {
                    return;
                }
            }
        };
        timeout(PATIENCE, done).await.expect("jobs end");
    }

    /// Opens the link in the mail by which `user` confirms their address.
    pub async fn confirm(&self, user: &User, to: &str) {
        let link = self.mail(to, "Confirm").await.link("/confirm").unwrap();
        assert_eq!(user.confirm(&link).await.as_deref(), Ok(to));
    }
}

impl User {
    pub async fn confirm(&self, link: &Secret) -> Result<String, AccountError> {
        self.call("accounts/confirm", json!({ "link": link })).await
    }
}
