//! Listening with players: radios and programs that have no session of a browser.

use serde::{Deserialize, Serialize};

use crate::{Millis, Secret};

/// Personal address of a show's sound: who has it hears the show as the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalAddress {
    /// The whole address of the sound.
    pub sound: Secret,
    /// The same of a playlist that names it.
    pub playlist: Secret,
    /// Time at which the person's addresses were last renewed, or the first one was made.
    pub renewed_at: Millis,
}
