//! Sessions of the media core as sources of a stage.

use std::collections::HashMap;

use async_trait::async_trait;
use bandstand_domain::ShowId;
use bandstand_sfu::{SessionId, SessionRole, Sfu, SfuEvent, StageId};

use super::cause;
use crate::stage::source::{SourceEvent, SourceId, SourceState, Sources};

/// A show's stage, as the media core calls it.
pub fn stage_id(show: ShowId) -> StageId {
    StageId::from(show.to_string())
}

/// A session of a publisher, as its stage knows it.
pub fn source_of(session: SessionId) -> SourceId {
    // 32 hexadecimal digits.
    SourceId(u128::from_str_radix(&session.to_string(), 16).unwrap_or_default())
}

/// The session behind a source.
pub fn session_of(source: SourceId) -> Option<SessionId> {
    format!("{:032x}", source.0).parse().ok()
}

/// Translates the media core's event about a publisher into that of its stage; none for other events.
pub fn reported(event: SfuEvent) -> Option<(ShowId, SourceId, SourceEvent)> {
    let (stage, session, event) = match event {
        SfuEvent::PublisherConnected { stage, session } => (stage, session, SourceEvent::Connected),
        SfuEvent::PublisherMedia { stage, session } => (stage, session, SourceEvent::Media),
        SfuEvent::PublisherWaiting { stage, session } => (stage, session, SourceEvent::Waiting),
        SfuEvent::PublisherSilent { stage, session } => (stage, session, SourceEvent::Silent),
        SfuEvent::PublisherBack { stage, session } => (stage, session, SourceEvent::Back),
        SfuEvent::SessionEnded { stage, session, role: SessionRole::Publisher, reason } => {
            (stage, session, SourceEvent::Ended(cause::of_end(reason)))
        }
        _ => return None,
    };
    Some((stage.as_str().parse().ok()?, source_of(session), event))
}

/// The publishers of the media core.
#[derive(Clone, Debug)]
pub struct CoreSources(pub Sfu);

#[async_trait]
impl Sources for CoreSources {
    fn is_apart(&self, _: SourceId) -> bool {
        false
    }

    async fn hand_over(&self, _: ShowId, source: SourceId) -> bool {
        match session_of(source) {
            Some(session) => self.0.hand_over(session).await,
            None => false,
        }
    }

    async fn close(&self, source: SourceId) {
        if let Some(session) = session_of(source) {
            self.0.close(session).await;
        }
    }

    async fn close_stage(&self, show: ShowId) {
        self.0.close_stage(stage_id(show)).await;
    }

    fn set_title(&self, _: ShowId, _: &str) {
        // WebRTC carries no titles.
    }

    async fn states(&self) -> HashMap<SourceId, SourceState> {
        let stats = self.0.stats().await;
        let states = stats.sessions.iter().map(|it| {
            let silent = it.publisher().is_some_and(|it| it.silent);
            (source_of(it.session), SourceState { media: it.has_media(), silent })
        });
        states.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_leads_back_to_its_session() {
        for text in ["0".repeat(32), format!("00ab{}", "9".repeat(28)), "f".repeat(32)] {
            let session: SessionId = text.parse().unwrap();
            assert_eq!(session_of(source_of(session)), Some(session));
        }
    }
}
