//! Translation, for the person who makes the current request.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_app::translation::port::Translations;
use bandstand_domain::{
    Refusal,
    chat::{ChatPlace, MessageId},
    translation::{
        TranslatedMessage, TranslatedMessages, TranslationError, TranslationReason, check_request,
    },
};

use super::{Translator, client::TranslateError};
use crate::{
    caller::Caller,
    chat,
    http::limits::{Limit, by_address},
};

/// Seconds after which a reader asks again who found too many waiting.
const BUSY: u32 = 5;

/// The port of translation.
#[derive(Debug)]
pub struct TranslationPort {
    /// Caller of the request.
    pub caller: Caller,
    /// The server that translates, if the operator names one.
    pub translator: Option<Arc<Translator>>,
}

#[async_trait]
impl Translations for TranslationPort {
    async fn translate(
        &self,
        place: ChatPlace,
        ids: Vec<MessageId>,
        to: String,
    ) -> Result<TranslatedMessages, TranslationError> {
        check_request(&ids, &to)?;
        self.caller.limited(Limit::TranslationAddress, by_address(self.caller.address))?;
        let (person, messages) = chat::readable(&self.caller, place, &ids).await?;
        // Who reads what is over has no name, perhaps.
        if let Some(person) = person {
            self.caller.limited(Limit::Translation, person)?;
        }
        let Some(translator) = &self.translator else {
            return Err(Refusal::Because(TranslationReason::NotConfigured));
        };
        let closing = self.caller.services.tasks.closing();
        let outcomes = tokio::select! {
            () = closing.cancelled() => return Err(Refusal::Broken),
            outcomes = translator.translate_all(place, &messages, &to) => outcomes,
        };

        let mut answer = TranslatedMessages::default();
        let (mut busy, mut supported) = (false, false);
        for (message, outcome) in messages.into_iter().zip(outcomes) {
            match outcome {
                Ok(made) => {
                    supported |= !made.unsupported;
                    answer.messages.push(TranslatedMessage {
                        id: message.id,
                        edited_at: message.edited_at,
                        text: made.text,
                        from: made.from,
                    });
                }
                Err(error) => {
                    busy |= error == TranslateError::Busy;
                    answer.failed.push(message.id);
                }
            }
        }
        match (answer.messages.is_empty(), answer.failed.is_empty()) {
            (true, false) if busy => Err(Refusal::TooMany { retry_after: BUSY }),
            (true, false) => Err(Refusal::Because(TranslationReason::Failed)),
            (false, true) if !supported => Err(Refusal::Because(TranslationReason::Unsupported)),
            _ => Ok(answer),
        }
    }
}
