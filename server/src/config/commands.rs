//! Subcommands of the command line: what an operator does beside a running venue.

use clap::{Args, Subcommand};

/// Something else than opening the venue.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Accounts: make them, close them, get people back into them
    User {
        /// What to do
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Mails that no mail server takes: list them, or show one
    Mail(MailCommand),
    /// Jobs that were given up in the last week, such as mails that a mail server refused: list them
    Jobs,
}

/// What to do with an account. An account is named by its handle or its confirmed e-mail address.
#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account whose address counts as confirmed; prints a link that sets its password
    Create {
        /// 3 to 16 letters, digits, dots, dashes or underscores
        handle: String,
        /// Its e-mail address
        email: String,
        /// Make it an artist's, with this stage name
        #[arg(long, value_name = "STAGE NAME")]
        artist: Option<String>,
    },
    /// Make somebody an operator
    Promote {
        /// Handle or e-mail
        who: String,
    },
    /// Make somebody an operator no more
    Demote {
        /// Handle or e-mail
        who: String,
    },
    /// Close an account and end all its sessions, within seconds
    Disable {
        /// Handle or e-mail
        who: String,
    },
    /// Open a closed account again
    Enable {
        /// Handle or e-mail
        who: String,
    },
    /// Print a link that sets a new password; it works once, for an hour
    Reset {
        /// Handle or e-mail
        who: String,
        /// Also forget their passkeys and their second factor: for who has lost them, or a thief has them
        #[arg(long)]
        forget_factors: bool,
    },
}

/// Which mail to show.
#[derive(Clone, Debug, Default, Args)]
pub struct MailCommand {
    /// The mail's number in the list; 1 is the newest. Without it, the list
    pub number: Option<usize>,
}
