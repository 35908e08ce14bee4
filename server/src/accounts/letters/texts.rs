//! The words of the letters.

use bandstand_domain::accounts::Language::{self, English, German};

use super::Topic;

/// The words of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub subject: String,
    /// Paragraphs before what can be done.
    pub before: Vec<String>,
    /// What can be done: label and address.
    pub action: Option<(String, String)>,
    /// Paragraphs after it.
    pub after: Vec<String>,
}

/// The letter about `topic` to who is called `handle`.
pub(super) fn text(language: Language, handle: &str, topic: &Topic) -> Text {
    let say = |english: &str, german: &str| match language {
        English => english.replace("{handle}", handle),
        German => german.replace("{handle}", handle),
    };
    let letter = |subject: String, before: Vec<String>| Text {
        subject,
        before,
        action: None,
        after: Vec::new(),
    };
    let with = |text: Text, label: String, address: &str, after: Vec<String>| Text {
        action: Some((label, address.to_owned())),
        after,
        ..text
    };
    match topic {
        Topic::Confirm { address } => with(
            letter(
                say("Confirm your e-mail address", "Bestätige deine E-Mail-Adresse"),
                vec![say(
                    "an account @{handle} was made with this e-mail address. If it is yours, please confirm it.",
                    "mit dieser E-Mail-Adresse wurde das Konto @{handle} angelegt. Wenn es deines ist, bestätige es bitte.",
                )],
            ),
            say("Confirm", "Bestätigen"),
            address,
            vec![say(
                "The link works once, for three days. If it wasn't you, do nothing: the account then never gets your address.",
                "Der Link gilt einmal und drei Tage lang. Wenn du es nicht warst, tu nichts: Das Konto bekommt deine Adresse dann nie.",
            )],
        ),
        Topic::AlreadyThere { log_in, forgotten } => with(
            letter(
                say("You already have an account", "Du hast schon ein Konto"),
                vec![say(
                    "somebody wanted to use this e-mail address for another account. It belongs to your account @{handle} already, and stays with it.",
                    "jemand wollte diese E-Mail-Adresse für ein anderes Konto verwenden. Sie gehört schon zu deinem Konto @{handle} und bleibt dabei.",
                )],
            ),
            say("Log in", "Anmelden"),
            log_in,
            vec![
                say(
                    "If you have forgotten your password:",
                    "Falls du dein Passwort vergessen hast:",
                ) + "\n"
                    + forgotten,
                say(
                    "If it wasn't you, there is nothing that you have to do.",
                    "Wenn du es nicht warst, musst du nichts tun.",
                ),
            ],
        ),
        Topic::Welcome { home } => with(
            letter(
                say("Welcome to Bandstand", "Willkommen bei Bandstand"),
                vec![say(
                    "your address is confirmed, and @{handle} is yours. See what's on, or put on a show of your own.",
                    "deine Adresse ist bestätigt, und @{handle} gehört dir. Schau, was läuft, oder gib selbst ein Konzert.",
                )],
            ),
            say("See what's on", "Schauen, was läuft"),
            home,
            Vec::new(),
        ),
        Topic::Reset { address } => with(
            letter(
                say("A new password", "Ein neues Passwort"),
                vec![say(
                    "somebody asked for a new password for your account @{handle}. If it was you, choose one here.",
                    "jemand hat ein neues Passwort für dein Konto @{handle} angefordert. Wenn du es warst, wähle hier eines.",
                )],
            ),
            say("Choose a password", "Passwort wählen"),
            address,
            vec![say(
                "The link works once, for an hour. It ends all sessions of your account. If it wasn't you, do nothing: your password stays as it is.",
                "Der Link gilt einmal und eine Stunde lang. Er beendet alle Sitzungen deines Kontos. Wenn du es nicht warst, tu nichts: Dein Passwort bleibt, wie es ist.",
            )],
        ),
        Topic::NewEmail { address } => with(
            letter(
                say("Confirm your new e-mail address", "Bestätige deine neue E-Mail-Adresse"),
                vec![say(
                    "your account @{handle} is to have this e-mail address from now on.",
                    "dein Konto @{handle} soll von jetzt an diese E-Mail-Adresse haben.",
                )],
            ),
            say("Confirm", "Bestätigen"),
            address,
            vec![say(
                "The link works once, for a day. If it wasn't you, do nothing.",
                "Der Link gilt einmal und einen Tag lang. Wenn du es nicht warst, tu nichts.",
            )],
        ),
        Topic::EmailChanged { email } => letter(
            say("Your e-mail address was changed", "Deine E-Mail-Adresse wurde geändert"),
            vec![
                say(
                    "your account @{handle} has another e-mail address now:",
                    "dein Konto @{handle} hat jetzt eine andere E-Mail-Adresse:",
                ) + " "
                    + &concealed(email),
                say(
                    "If it wasn't you, write to whoever runs this venue at once.",
                    "Wenn du es nicht warst, schreib sofort denen, die diesen Ort betreiben.",
                ),
            ],
        ),
        Topic::PasswordChanged { forgotten } => with(
            letter(
                say("Your password was changed", "Dein Passwort wurde geändert"),
                vec![say(
                    "your account @{handle} has a new password, and all other sessions have ended. If it wasn't you, choose another one at once.",
                    "dein Konto @{handle} hat ein neues Passwort, und alle anderen Sitzungen sind beendet. Wenn du es nicht warst, wähle sofort ein anderes.",
                )],
            ),
            say("It wasn't me", "Ich war es nicht"),
            forgotten,
            Vec::new(),
        ),
        Topic::SecurityChanged { settings } => with(
            letter(
                say("How you log in was changed", "Deine Anmeldung wurde geändert"),
                vec![say(
                    "how one logs in to your account @{handle} was changed: a passkey or a second factor. If it wasn't you, look at your settings at once.",
                    "wie man sich bei deinem Konto @{handle} anmeldet, wurde geändert: ein Passkey oder ein zweiter Faktor. Wenn du es nicht warst, sieh sofort in deinen Einstellungen nach.",
                )],
            ),
            say("Settings", "Einstellungen"),
            settings,
            Vec::new(),
        ),
        Topic::CodesGuessed { forgotten } => with(
            letter(
                say("Somebody knows your password", "Jemand kennt dein Passwort"),
                vec![
                    say(
                        "somebody has given the right password of your account @{handle}, and then ten wrong codes in a row. Nobody has come in. If it wasn't you, choose another password.",
                        "jemand hat das richtige Passwort deines Kontos @{handle} eingegeben und danach zehnmal hintereinander einen falschen Code. Hereingekommen ist niemand. Wenn du es nicht warst, wähle ein anderes Passwort.",
                    ),
                    say(
                        "For a while, no further code is looked at, and longer each time. A new password ends that, too.",
                        "Eine Weile lang wird kein weiterer Code angesehen, und jedes Mal länger. Auch das endet mit einem neuen Passwort.",
                    ),
                ],
            ),
            say("Choose another password", "Ein anderes Passwort wählen"),
            forgotten,
            Vec::new(),
        ),
        Topic::Deleted { log_in } => with(
            letter(
                say("Your account was deleted", "Dein Konto wurde gelöscht"),
                vec![say(
                    "you have deleted your account @{handle}. Until 14 days have passed you can take it back: log in, and say so. After that, nothing personal is left of it.",
                    "du hast dein Konto @{handle} gelöscht. Bis 14 Tage vergangen sind, kannst du es zurücknehmen: Melde dich an und sag es. Danach bleibt nichts Persönliches davon übrig.",
                )],
            ),
            say("Log in", "Anmelden"),
            log_in,
            Vec::new(),
        ),
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
