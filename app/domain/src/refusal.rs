//! Refusal: the answer of the venue to a request that it does not fulfil, whatever the feature.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    FieldErrors, text,
    texts::{Tell, Text},
};

/// The answer to something that may not, can not or will not be done. It is made for the person
/// who asked: it holds nothing that they may not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal<E: Error> {
    /// A form has wrong fields.
    Invalid(FieldErrors),
    /// One has to be logged in for this.
    NotLoggedIn,
    /// Somebody else may do this, this person may not.
    Forbidden,
    /// No such thing, or none that this person may know of.
    NotFound,
    /// It was there and is gone for good.
    Gone,
    /// Too often; it will be possible again.
    TooMany {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// Something that only this feature knows.
    Because(E),
    /// The venue failed; the log knows why.
    Broken,
    /// The venue was not reached, or its answer was not understood.
    Unreachable,
}

/// A feature's own reasons; each knows its HTTP status.
pub trait Reason: Error + Tell {
    /// The HTTP status that goes with it.
    fn status(&self) -> u16;
}

impl<E: Reason> Refusal<E> {
    /// The HTTP status that goes with it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 422,
            Self::NotLoggedIn => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Gone => 410,
            Self::TooMany { .. } => 429,
            Self::Because(reason) => reason.status(),
            Self::Broken => 500,
            Self::Unreachable => 503,
        }
    }
}

impl<E: Error> From<FieldErrors> for Refusal<E> {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl<E: Reason> Refusal<E> {
    /// Turns what is serialised as words into those of a language.
    pub fn settle(&mut self, catalogue: crate::texts::Catalogue) {
        if let Self::Invalid(errors) = self {
            for error in &mut errors.0 {
                error.message.settle(catalogue);
            }
        }
    }
}

impl<E: Reason> Tell for Refusal<E> {
    fn text(&self) -> Text {
        match self {
            Self::Invalid(_) => text!(refusal.invalid),
            Self::NotLoggedIn => text!(refusal.not_logged_in),
            Self::Forbidden => text!(refusal.forbidden),
            Self::NotFound => text!(refusal.not_found),
            Self::Gone => text!(refusal.gone),
            Self::TooMany { retry_after } => text!(refusal.too_many, seconds = *retry_after),
            Self::Because(reason) => reason.text(),
            Self::Broken => text!(refusal.broken),
            Self::Unreachable => text!(refusal.unreachable),
        }
    }
}

impl<E: Reason> fmt::Display for Refusal<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl<E: Reason> Error for Refusal<E> {}

/// Makes errors of reasons: they print their text, in English or in the language of the page.
macro_rules! print_text {
    ($reason:ty) => {
        impl ::std::fmt::Display for $reason {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::texts::Tell::text(self).fmt(f)
            }
        }

        impl ::std::error::Error for $reason {}
    };
}

pub(crate) use print_text;
