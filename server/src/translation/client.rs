//! Client of a server that translates.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bandstand_domain::{
    Secret,
    chat::{ChatMessage, ChatPlace, MAX_MESSAGE},
    field::has_forbidden,
    translation::{is_language_tag, is_same_language},
};
use futures::future::join_all;
use reqwest::{Client, StatusCode, header, redirect::Policy};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::remembered::{Remembered, Translation, TranslationKey};
use crate::config::TranslationServer;

/// Time for which a message waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for which a server that failed isn't asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// The most bytes of an answer.
const MAX_ANSWER: usize = 64 * 1024;
/// The most characters that are shown of a translation.
const MAX_SHOWN: usize = 4 * MAX_MESSAGE;
/// The most requests to the server at once.
const MAX_REQUESTS: usize = 6;
/// The most messages that are translated, or wait for it, at once; more are refused.
const MAX_WAITING: usize = 400;

/// Reason that a message wasn't translated. Says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TranslateError {
    /// As many messages wait as can.
    #[error("too many messages wait")]
    Busy,
    /// The server has failed a moment ago.
    #[error("the server has failed a moment ago")]
    Paused,
    /// The server isn't there.
    #[error("the server can't be reached")]
    Unreachable,
    /// The server takes too long.
    #[error("the server takes too long")]
    Late,
    /// The server refuses.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// The answer is no translation.
    #[error("the server's answer is no translation")]
    Answer,
}

/// A server that translates, with what it has translated of late.
#[derive(Debug)]
pub struct Translator {
    client: Client,
    address: String,
    key: Option<Secret>,
    timeout: Duration,
    waiting: Semaphore,
    requests: Semaphore,
    paused_until: Mutex<Option<Instant>>,
    remembered: Remembered,
}

/// Answer of the server. It detects the language of short texts from all that come with them, so that
/// there is one text a request.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "translatedText")]
    translated: String,
    #[serde(rename = "detectedLanguage", default)]
    detected: Option<Detected>,
}

#[derive(Deserialize)]
struct Detected {
    language: String,
}

impl Translator {
    /// The client of `server`.
    ///
    /// # Errors
    /// Returns an error when this machine has no TLS.
    pub fn new(server: &TranslationServer) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::builder().timeout(server.timeout).redirect(Policy::none()).build()?,
            address: format!("{}/translate", server.url.trim_end_matches('/')),
            key: server.key.clone(),
            timeout: server.timeout,
            waiting: Semaphore::new(MAX_WAITING),
            requests: Semaphore::new(MAX_REQUESTS),
            paused_until: Mutex::default(),
            remembered: Remembered::default(),
        })
    }

    /// Translates messages of `place` into the language `to`, in their order.
    pub async fn translate_all(
        &self,
        place: ChatPlace,
        messages: &[ChatMessage],
        to: &str,
    ) -> Vec<Result<Translation, TranslateError>> {
        join_all(messages.iter().map(|message| self.translate(place, message, to))).await
    }

    async fn translate(
        &self,
        place: ChatPlace,
        message: &ChatMessage,
        to: &str,
    ) -> Result<Translation, TranslateError> {
        if message.text.is_empty() {
            return Ok(Translation { text: None, from: None, unsupported: false });
        }
        let key = TranslationKey::new(place, message.id, &message.text, to);
        let cell = self.remembered.cell(key);
        let made = cell.get_or_try_init(|| self.ask(&message.text, to));
        // Should it be this one that asks, the next who waits asks after it.
        let waits = self.timeout + TURN_TIMEOUT;
        timeout(waits, made).await.map_err(|_| TranslateError::Late)?.cloned()
    }

    /// Asks the server, once it is this text's turn.
    async fn ask(&self, text: &str, to: &str) -> Result<Translation, TranslateError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| TranslateError::Busy)?;
        let _request = self.requests.acquire().await.map_err(|_| TranslateError::Busy)?;
        let now = Instant::now();
        if self.paused_until().is_some_and(|until| now < until) {
            return Err(TranslateError::Paused);
        }
        let asked = self.request(text, to).await;
        if let Err(error) = &asked {
            // Those under way fail together, and are told once.
            if self.paused_until().replace(Instant::now() + PAUSE).is_none_or(|until| until <= now)
            {
                tracing::warn!(%error, "a message was not translated");
            }
        }
        asked
    }

    fn paused_until(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn request(&self, text: &str, to: &str) -> Result<Translation, TranslateError> {
        let mut question = json!({ "q": text, "source": "auto", "target": to, "format": "text" });
        if let Some(key) = &self.key {
            question["api_key"] = key.reveal().into();
        }
        let request = self.client.post(&self.address).body(question.to_string());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let mut response = request.send().await.map_err(failure)?;
        match response.status() {
            status if status.is_success() => {}
            // One of the languages, in the words of LibreTranslate.
            StatusCode::BAD_REQUEST => {
                return Ok(Translation { text: None, from: None, unsupported: true });
            }
            status => return Err(TranslateError::Status(status.as_u16())),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(TranslateError::Answer);
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| TranslateError::Answer)?;
        let from = answer.detected.map(|it| it.language).filter(|it| is_language_tag(it));
        let same = from.as_deref().is_some_and(|from| is_same_language(from, to));
        let translated = shown(&answer.translated).ok_or(TranslateError::Answer)?;
        let text = Some(translated).filter(|it| !same && !it.is_empty() && it != text.trim());
        Ok(Translation { text, from, unsupported: false })
    }
}

/// What failed of a request, without its address, of which a part may be a secret.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` takes")]
fn failure(error: reqwest::Error) -> TranslateError {
    if error.is_timeout() { TranslateError::Late } else { TranslateError::Unreachable }
}

/// A translation as it is shown: of bounded length, and without characters that no message has.
fn shown(text: &str) -> Option<String> {
    let allowed = |c: &char| !has_forbidden(c.encode_utf8(&mut [0; 4]), true);
    let shown: String = text.trim().chars().filter(allowed).take(MAX_SHOWN).collect();
    (!has_forbidden(&shown, true)).then_some(shown)
}
