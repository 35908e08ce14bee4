//! Why the venue refuses what somebody asked for, whatever the feature.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::FieldErrors;

/// The answer to something that may not, can not or will not be done. It is made for the person
/// who asked: it holds nothing that they may not know.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Refusal<E: std::error::Error> {
    /// What was typed in is not right.
    #[error("Please look at the marked fields.")]
    Invalid(FieldErrors),
    /// One has to be logged in for this.
    #[error("Please log in first.")]
    NotLoggedIn,
    /// Somebody else may do this, this person may not.
    #[error("That is not yours to do.")]
    Forbidden,
    /// No such thing, or none that this person may know of.
    #[error("There is no such thing here.")]
    NotFound,
    /// It was there and is gone for good.
    #[error("That is gone.")]
    Gone,
    /// Too often; it will be possible again.
    #[error("That was a bit much. Try again in {retry_after} s.")]
    TooMany {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// Something that only this feature knows.
    #[error("{0}")]
    Because(E),
    /// The venue failed; the log knows why.
    #[error("Something broke on our side. Please try again.")]
    Broken,
    /// The venue was not reached, or its answer was not understood.
    #[error("The venue can't be reached. Are you online?")]
    Unreachable,
}

/// A feature's own reasons; each knows its HTTP status.
pub trait Reason: std::error::Error {
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

impl<E: std::error::Error> From<FieldErrors> for Refusal<E> {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}
