//! Validation errors of a form, field by field.

use serde::{Deserialize, Serialize};

use crate::{
    text,
    texts::Text,
    visible::{piles_up, shows_something},
};

/// One complaint about one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name, as in the form.
    pub field: String,
    /// Complaint, for the person who typed it.
    pub message: Text,
}

/// All complaints about one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Exactly one complaint.
    pub fn one(field: &str, message: impl Into<Text>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds a complaint.
    pub fn add(&mut self, field: &str, message: impl Into<Text>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// Adds a complaint when there is one.
    pub fn check(&mut self, field: &str, complaint: Option<Text>) {
        if let Some(message) = complaint {
            self.add(field, message);
        }
    }

    /// These, and one more when there is one.
    #[must_use]
    pub fn with(mut self, field: &str, complaint: Option<Text>) -> Self {
        self.check(field, complaint);
        self
    }

    /// Takes in further complaints; of each field, those that were there first count.
    pub fn merge(&mut self, others: Self) {
        let others = others.0.into_iter().filter(|error| self.of(&error.field).is_none());
        let others: Vec<_> = others.collect();
        self.0.extend(others);
    }

    /// The first complaint about `field`.
    pub fn of(&self, field: &str) -> Option<&Text> {
        self.0.iter().find(|error| error.field == field).map(|error| &error.message)
    }

    /// Returns whether there is nothing to complain about.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when there is nothing to complain about.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

/// Complains unless `text` has `least..=most` characters once trimmed. Text that shows nothing is none.
/// `what` starts the sentence.
pub fn length(what: Text, text: &str, least: usize, most: usize) -> Option<Text> {
    let count = text.trim().chars().count();
    if least > 0 && !shows_something(text) {
        Some(text!(complaint.missing, what = what))
    } else if count < least {
        Some(text!(complaint.too_short, what = what, least = least, count = count))
    } else if count > most {
        Some(text!(complaint.too_long, what = what, most = most, count = count))
    } else {
        None
    }
}

/// Returns whether `text` has characters that must not stand in a name or a text: control
/// characters and separators, those that turn the direction of the text around them, and marks that
/// pile up over other lines.
pub fn has_forbidden(text: &str, line_breaks: bool) -> bool {
    text.chars().any(|c| {
        (c.is_control() && !(line_breaks && c == '\n'))
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
    }) || piles_up(text)
}
