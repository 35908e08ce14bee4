//! The words of the letters.

use bandstand_domain::{Language, Text, text, texts::Catalogue};

use super::{SecurityChange, Topic};

/// The words of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterWords {
    /// Subject line.
    pub subject: String,
    /// Paragraphs before what can be done.
    pub before: Vec<String>,
    /// Call to action: label and address.
    pub action: Option<(String, String)>,
    /// Paragraphs after it.
    pub after: Vec<String>,
}

/// The first line of a letter; without the name where its reader may be anybody.
pub(super) fn greeting(language: Language, name: Option<&str>) -> String {
    let text = match name {
        Some(name) => text!(mail.hello_name, name = name),
        None => text!(mail.hello),
    };
    Catalogue::of(language).say(&text)
}

/// The letter about `topic` to who is called `handle`.
pub(super) fn words(language: Language, handle: &str, topic: &Topic) -> LetterWords {
    let say = |text: Text| Catalogue::of(language).say(&text);
    let paragraphs = |texts: Vec<Text>| texts.into_iter().map(say).collect();
    let letter = |subject: Text, before: Vec<Text>, action: Option<(Text, &String)>| LetterWords {
        subject: say(subject),
        before: paragraphs(before),
        action: action.map(|(label, address)| (say(label), address.clone())),
        after: Vec::new(),
    };
    match topic {
        Topic::Confirm { address } => LetterWords {
            after: paragraphs(vec![text!(mail.confirm.after)]),
            ..letter(
                text!(mail.confirm.subject),
                vec![text!(mail.confirm.before, handle = handle)],
                Some((text!(mail.confirm.action), address)),
            )
        },
        Topic::AlreadyThere { log_in, forgotten } => LetterWords {
            after: vec![
                format!("{}\n{forgotten}", say(text!(mail.already_there.forgotten))),
                say(text!(mail.already_there.after)),
            ],
            ..letter(
                text!(mail.already_there.subject),
                vec![text!(mail.already_there.before, handle = handle)],
                Some((text!(mail.log_in), log_in)),
            )
        },
        Topic::Welcome { home } => letter(
            text!(mail.welcome.subject),
            vec![text!(mail.welcome.before, handle = handle)],
            Some((text!(mail.welcome.action), home)),
        ),
        Topic::Reset { address } => LetterWords {
            after: paragraphs(vec![text!(mail.reset.after)]),
            ..letter(
                text!(mail.reset.subject),
                vec![text!(mail.reset.before, handle = handle)],
                Some((text!(mail.reset.action), address)),
            )
        },
        Topic::NewEmail { address } => LetterWords {
            after: paragraphs(vec![text!(mail.new_email.after)]),
            ..letter(
                text!(mail.new_email.subject),
                vec![text!(mail.new_email.before, handle = handle)],
                Some((text!(mail.confirm.action), address)),
            )
        },
        Topic::EmailChanged { email } => letter(
            text!(mail.email_changed.subject),
            vec![
                text!(mail.email_changed.before, handle = handle, email = concealed(email)),
                text!(mail.email_changed.not_you),
            ],
            None,
        ),
        Topic::PasswordChanged { forgotten } => letter(
            text!(mail.password_changed.subject),
            vec![text!(mail.password_changed.before, handle = handle)],
            Some((text!(mail.password_changed.action), forgotten)),
        ),
        Topic::SecurityChanged { change, settings } => letter(
            text!(mail.security_changed.subject),
            vec![changed(*change, handle), text!(mail.security_changed.not_you)],
            Some((text!(mail.security_changed.action), settings)),
        ),
        Topic::ProgramLetIn { program, programs } => letter(
            text!(mail.program_let_in.subject),
            vec![
                text!(mail.program_let_in.before, program = program, handle = handle),
                text!(mail.program_let_in.not_you),
            ],
            Some((text!(mail.program_let_in.action), programs)),
        ),
        Topic::DraftExpires { title, days, recording } => letter(
            text!(mail.draft_expires.subject, title = title),
            vec![
                text!(mail.draft_expires.before, title = title, count = *days),
                text!(mail.draft_expires.publish),
            ],
            Some((text!(mail.draft_expires.action), recording)),
        ),
        Topic::CodesGuessed { forgotten } => letter(
            text!(mail.codes_guessed.subject),
            vec![
                text!(mail.codes_guessed.before, handle = handle),
                text!(mail.codes_guessed.waiting),
            ],
            Some((text!(mail.codes_guessed.action), forgotten)),
        ),
        Topic::Deleted { log_in } => letter(
            text!(mail.deleted.subject),
            vec![text!(mail.deleted.before, handle = handle)],
            Some((text!(mail.log_in), log_in)),
        ),
    }
}

/// Change of the log-in to the account of who is called `handle`.
fn changed(change: SecurityChange, handle: &str) -> Text {
    match change {
        SecurityChange::PasskeyAdded => text!(mail.security_changed.passkey_added, handle = handle),
        SecurityChange::PasskeyRemoved => {
            text!(mail.security_changed.passkey_removed, handle = handle)
        }
        SecurityChange::SecondFactorOn => text!(mail.security_changed.factor_on, handle = handle),
        SecurityChange::SecondFactorOff => text!(mail.security_changed.factor_off, handle = handle),
        SecurityChange::RecoveryCodes => {
            text!(mail.security_changed.recovery_codes, handle = handle)
        }
        SecurityChange::Other => text!(mail.security_changed.other, handle = handle),
    }
}

/// An address of which only its owner sees which it is.
fn concealed(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first = local.chars().next().unwrap_or('?');
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_concealed() {
        assert_eq!(concealed("ana@example.org"), "a…@example.org");
        assert_eq!(concealed(""), "?…@");
    }
}
