//! Configuration of the mail server that takes the venue's mails.

use std::{fs, path::PathBuf};

use bandstand_domain::Secret;
use clap::ValueEnum;
use serde::Deserialize;

use super::ConfigError;

/// Encryption of the connection to the mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum SmtpTls {
    /// From the first byte on (port 465).
    #[default]
    #[serde(rename = "tls")]
    #[value(name = "tls")]
    Implicit,
    /// After the greeting, and never without (port 587).
    StartTls,
    /// Not at all: for a mail server on this machine.
    None,
}

impl SmtpTls {
    /// The port that goes with it.
    const fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// The mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// As whom the venue logs in there, when it has to.
    pub user: Option<String>,
    /// With which password.
    pub password: Secret,
    /// Encryption of the connection.
    pub tls: SmtpTls,
    /// Sender of the mails: `Bandstand <venue@example.org>`.
    pub from: String,
}

/// Settings of the mail server from flags and file; flags take precedence.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    pub tls: Option<SmtpTls>,
    pub from: Option<String>,
}

impl Said {
    /// The mail server, when one is named.
    ///
    /// # Errors
    /// [`ConfigError`] when a setting that goes with it is missing or wrong.
    pub(super) fn settle(self) -> Result<Option<Smtp>, ConfigError> {
        let wrong = |key: &'static str, message: String| ConfigError::Value { key, message };
        let Some(host) = self.host.filter(|host| !host.is_empty()) else { return Ok(None) };
        let tls = self.tls.unwrap_or_default();
        let password = match (self.password, &self.password_file) {
            (Some(password), _) => password,
            (None, Some(path)) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    wrong(
                        "smtp_password_file",
                        format!("{} can't be read: {error}", path.display()),
                    )
                })?;
                Secret::new(text.trim_end_matches(['\r', '\n']))
            }
            (None, None) => Secret::default(),
        };
        if self.user.is_some() && password.reveal().is_empty() {
            return Err(wrong("smtp_user", "it needs smtp_password or smtp_password_file".into()));
        }
        if tls == SmtpTls::None && self.user.is_some() {
            let message = "a password is not sent without encryption: take smtp_tls = \"starttls\"";
            return Err(wrong("smtp_tls", message.into()));
        }
        let from = self.from.filter(|from| from.parse::<lettre::message::Mailbox>().is_ok());
        let from = from.ok_or_else(|| {
            wrong("mail_from", "it looks like Bandstand <venue@example.org>".into())
        })?;
        let port = self.port.unwrap_or_else(|| tls.port());
        Ok(Some(Smtp { host, port, user: self.user, password, tls, from }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Said {
        Said {
            host: Some("mail.example.org".into()),
            from: Some("Bandstand <venue@example.org>".into()),
            ..Said::default()
        }
    }

    #[test]
    fn a_mail_server_is_encrypted_unless_one_says_otherwise() {
        assert_eq!(Said::default().settle().unwrap(), None);
        let smtp = said().settle().unwrap().unwrap();
        assert_eq!((smtp.tls, smtp.port), (SmtpTls::Implicit, 465));
        let plain = Said { tls: Some(SmtpTls::None), ..said() }.settle().unwrap().unwrap();
        assert_eq!(plain.port, 25);
    }

    #[test]
    fn what_is_missing_is_named() {
        let key = |said: Said| match said.settle() {
            Err(ConfigError::Value { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        assert_eq!(key(Said { from: None, ..said() }), "mail_from");
        assert_eq!(key(Said { from: Some("nobody".into()), ..said() }), "mail_from");
        assert_eq!(key(Said { user: Some("venue".into()), ..said() }), "smtp_user");
        let bare = Said {
            user: Some("venue".into()),
            password: Some(Secret::new("secret")),
            tls: Some(SmtpTls::None),
            ..said()
        };
        assert_eq!(key(bare), "smtp_tls");
    }
}
