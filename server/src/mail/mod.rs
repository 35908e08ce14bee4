//! Mails: by SMTP, or into a mailbox in the data folder where no mail server is configured.

pub mod address;
pub mod command;
pub mod html;
pub mod mailbox;

use std::{io, path::PathBuf, time::Duration};

use bandstand_domain::Language;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox as Address, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use thiserror::Error;
use url::{Host, Url};

use crate::config::{Config, SmtpTls};

/// Timeout for connecting to a mail server.
const HELLO_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail that is composed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The address that it goes to.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// For who reads text.
    pub plain: String,
    /// For who reads HTML.
    pub html: String,
    /// In which language it is.
    pub language: Language,
    /// Address that switches mails of this kind off with one request, if they can be.
    pub unsubscribe: Option<String>,
}

/// Reason that a mail wasn't sent. Says nothing of its recipient.
#[derive(Debug, Error)]
pub enum MailError {
    /// The mail server will never take it, or it can't be put on the way at all.
    #[error("the mail server refuses it for good ({0})")]
    Refused(String),
    /// The mail server doesn't take it now, or isn't there.
    #[error("the mail server doesn't take it now ({0})")]
    NotNow(String),
    /// The mailbox can't be written.
    #[error("the mailbox can't be written: {0}")]
    Mailbox(#[from] io::Error),
}

/// Reason that mails can't be sent at all, for the operator.
#[derive(Debug, Error)]
pub enum MailStartError {
    /// The sender's address.
    #[error("mail_from is wrong: it looks like Bandstand <venue@example.org>")]
    From,
    /// The connection's encryption.
    #[error("the mail server's TLS can't be set up: {0}")]
    Tls(lettre::transport::smtp::Error),
    /// The mailbox.
    #[error("the mailbox can't be made: {0}")]
    Mailbox(#[from] io::Error),
}

/// The way that mails take.
#[derive(Debug)]
pub struct Mail {
    transport: Transport,
    from: Address,
    /// Domain or address behind the @ of each `Message-ID`.
    host: String,
}

#[derive(Debug)]
enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Mailbox(PathBuf),
}

impl Mail {
    /// The way that `config` says.
    ///
    /// # Errors
    /// [`MailStartError`].
    pub fn open(config: &Config) -> Result<Self, MailStartError> {
        let url = Url::parse(&config.public_url).ok();
        let host = url.as_ref().and_then(|url| Some(url.host_str()?.trim_matches(['[', ']'])));
        let host = host.unwrap_or("localhost").to_owned();
        // The name by which the venue is known; the machine's own often is none (RFC 5321, section 4.1.4).
        let greets_as = match url.as_ref().and_then(Url::host) {
            Some(Host::Ipv4(address)) => ClientId::Ipv4(address),
            Some(Host::Ipv6(address)) => ClientId::Ipv6(address),
            _ => ClientId::Domain(host.clone()),
        };
        let Some(smtp) = &config.smtp else {
            let folder = config.mailbox();
            crate::storage::folders::make_private(&folder)?;
            let from = "Bandstand <venue@localhost>".parse().map_err(|_| MailStartError::From)?;
            return Ok(Self { transport: Transport::Mailbox(folder), from, host });
        };
        let from: Address = smtp.from.parse().map_err(|_| MailStartError::From)?;
        let parameters = || TlsParameters::new(smtp.host.clone()).map_err(MailStartError::Tls);
        let tls = match smtp.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .hello_name(greets_as)
            .tls(tls)
            .timeout(Some(HELLO_TIMEOUT))
            // A connection that is kept answers as soon as a mail is acknowledged, without waiting for
            // a goodbye that may not come.
            .pool_config(PoolConfig::new().max_size(2).idle_timeout(Duration::from_secs(5)));
        if let Some(user) = &smtp.user {
            let password = smtp.password.reveal().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: Transport::Smtp(transport.build()), from, host })
    }

    /// Sends `letter` as the mail that job `id` is about; the same `id` makes the same `Message-ID`.
    /// Once this is `Ok`, the mail server has acknowledged it.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, id: &str, letter: &Letter) -> Result<(), MailError> {
        let message = self.message(id, letter)?;
        match &self.transport {
            Transport::Mailbox(folder) => Ok(mailbox::put(folder, id, message.formatted()).await?),
            Transport::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(from_smtp(&error, letter.to.is_ascii())),
            },
        }
    }

    /// The folder of the mailbox, when there is no mail server.
    pub fn mailbox(&self) -> Option<&PathBuf> {
        match &self.transport {
            Transport::Smtp(_) => None,
            Transport::Mailbox(folder) => Some(folder),
        }
    }

    fn message(&self, id: &str, letter: &Letter) -> Result<Message, MailError> {
        let wrong = |what: &str| MailError::Refused(what.to_owned());
        let to = address::sendable(&letter.to).and_then(|to| to.parse().ok());
        let to = to.ok_or_else(|| wrong("the address can't be written to"))?;
        let mut message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .from(self.from.clone())
            .to(Address::new(None, to))
            .subject(&letter.subject)
            .header(AutoSubmitted)
            .header(ContentLanguage(letter.language));
        if let Some(address) = &letter.unsubscribe {
            message = message.header(ListUnsubscribe(address.clone())).header(OneClick);
        }
        message
            .multipart(MultiPart::alternative_plain_html(letter.plain.clone(), letter.html.clone()))
            .map_err(|_| wrong("it can't be composed"))
    }
}

/// Keeps only the code of an SMTP error: mail servers repeat addresses in their words. A feature that is
/// missing at present, such as STARTTLS, may be offered later. Support of characters beyond ASCII before
/// the @ (not `ascii`) won't be.
fn from_smtp(error: &lettre::transport::smtp::Error, ascii: bool) -> MailError {
    let what = match error.status() {
        Some(code) => code.to_string(),
        None if error.is_tls() => "TLS".into(),
        None if error.is_timeout() => "no answer".into(),
        None if error.is_response() => "an answer that is none".into(),
        None if error.is_client() => "what it can't do".into(),
        None => "no connection".into(),
    };
    if error.is_permanent() || error.is_client() && !ascii {
        MailError::Refused(what)
    } else {
        MailError::NotNow(what)
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834), so that nobody's holiday answers.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// `Content-Language` (RFC 3282).
#[derive(Clone)]
struct ContentLanguage(Language);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(Language::from_tag(text).unwrap_or_default()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.tag().into())
    }
}

/// `List-Unsubscribe` (RFC 2369 section 3.2): the address that [`OneClick`] is about.
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.trim_matches(['<', '>']).to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

/// `List-Unsubscribe-Post` (RFC 8058): a `POST` there is all that it takes.
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".into())
    }
}
