//! The job of a letter: composed when it is sent.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Composed, EmailKind, compose};
use crate::{
    background::jobs::{Attempt, Job, JobHandler, JobOutcome},
    mail::MailError,
    services::Services,
};

impl Job for EmailKind {
    const NAME: &'static str = "letter";
}

/// Composes letters and sends them.
#[derive(Debug)]
pub struct EmailHandler {
    /// Services that the handler uses.
    pub services: Arc<Services>,
}

impl EmailHandler {
    /// By which name its jobs are kept.
    pub const JOB: &'static str = EmailKind::NAME;
}

#[async_trait]
impl JobHandler for EmailHandler {
    async fn attempt(&self, attempt: Attempt) -> JobOutcome {
        let Ok(occasion) = serde_json::from_value(attempt.payload) else {
            return JobOutcome::unknown();
        };
        let letter = match compose(&self.services, &occasion, attempt.number == 1).await {
            Ok(Composed::Letter(letter)) => letter,
            Ok(Composed::Nothing) => return JobOutcome::Done,
            Ok(Composed::NotYet) => {
                return JobOutcome::Later("too many letters to strangers".into());
            }
            Err(error) => return JobOutcome::Later(error.to_string()),
        };
        match self.services.mail.send(&attempt.id, &letter).await {
            Ok(()) => JobOutcome::Done,
            Err(error @ MailError::Refused(_)) => JobOutcome::Never(error.to_string()),
            Err(error) => JobOutcome::Later(error.to_string()),
        }
    }
}
