//! The mailbox on the command line: for operators whose venue has no mail server yet, and no mailbox
//! pages because its address is public.

use std::{fmt::Write, io};

use mail_parser::MessageParser;
use thiserror::Error;
use tokio::fs;

use super::mailbox::{file, list, receiver};
use crate::config::{Config, MailCommand};

/// The most mails that are listed.
const LISTED: usize = 50;

/// Reason that no mail can be shown.
#[derive(Debug, Error)]
pub enum MailCommandError {
    /// A mail server takes the mails.
    #[error("this venue's mails go to its mail server; none are kept here")]
    MailServer,
    /// There is no mail of that number.
    #[error("there is no mail {0}; `bandstand mail` lists those there are")]
    Unknown(usize),
    /// The folder can't be read.
    #[error("the mailbox can't be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Lists the mails in the data folder, or shows one as text.
///
/// # Errors
/// [`MailCommandError`].
pub async fn run(config: &Config, command: &MailCommand) -> Result<String, MailCommandError> {
    if config.smtp.is_some() {
        return Err(MailCommandError::MailServer);
    }
    let folder = config.mailbox();
    let mails = match list(&folder).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        mails => mails?,
    };
    let mut text = String::new();
    if let Some(number) = command.number {
        let unknown = MailCommandError::Unknown(number);
        let id = number.checked_sub(1).and_then(|index| mails.get(index)).ok_or(unknown)?;
        let bytes = fs::read(file(&folder, *id)).await?;
        let unreadable = || io::Error::from(io::ErrorKind::InvalidData);
        let mail = MessageParser::default().parse(&bytes).ok_or_else(unreadable)?;
        let subject = mail.subject().unwrap_or_default();
        let to = receiver(&mail);
        let _ = write!(text, "To: {}\nSubject: {}\n\n", plain(&to), plain(subject));
        text.push_str(&plain(mail.body_text(0).unwrap_or_default().trim_end()));
        return Ok(text);
    }
    for (index, id) in mails.iter().take(LISTED).enumerate() {
        let bytes = fs::read(file(&folder, *id)).await?;
        let Some(mail) = MessageParser::default().parse(&bytes) else { continue };
        let (to, subject) = (receiver(&mail), mail.subject().unwrap_or_default());
        let _ = writeln!(text, "{:>3}  {}  to {}", index + 1, plain(subject), plain(&to));
    }
    if text.is_empty() {
        return Ok("No mails yet.".into());
    }
    text.push_str("`bandstand mail NUMBER` shows one.");
    Ok(text)
}

/// Text without the control characters that a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
