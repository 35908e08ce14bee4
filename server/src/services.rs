//! Services that every feature may use, and that know no feature.

use std::sync::Arc;

use bandstand_domain::channel::Topic;
use tokio_util::task::TaskTracker;

use crate::{
    background::{
        bus::{Bus, BusMessage},
        jobs::Jobs,
        tasks::TaskGroup,
    },
    channel::{hub::Hub, turns::TopicTurns},
    config::Config,
    crypto::{
        listening_token::ListeningTokens, origin::Origins, passwords::Passwords, seal::Seal,
        token::Tokens, unsubscribe_token::UnsubscribeTokens,
    },
    database::Database,
    http::limits::Limits,
    ids::SessionName,
    mail::Mail,
    personal_data::AllPersonalData,
    pictures::ImageProcessor,
    sessions::{self, open_sessions::OpenSessions},
    storage::files::Files,
};

/// The services, shared by all requests behind an `Arc`.
#[derive(Debug)]
pub struct Services {
    /// Configuration by the operator.
    pub config: Arc<Config>,
    /// Persistent state.
    pub database: Database,
    /// Rate limits.
    pub limits: Arc<Limits>,
    /// Files that people bring.
    pub files: Files,
    /// Pictures that people bring, one after the other.
    pub pictures: ImageProcessor,
    /// The queue of jobs.
    pub jobs: Jobs,
    /// The way that mails take.
    pub mail: Mail,
    /// Export and erasure of the personal data of all features.
    pub personal_data: AllPersonalData,
    /// Seals what has to be read again.
    pub seal: Seal,
    /// Signed tokens for the live channel and for media.
    pub tokens: Tokens,
    /// Tokens of personal addresses for players.
    pub listening_tokens: ListeningTokens,
    /// Origins of guests.
    pub origins: Origins,
    /// Tokens of links that switch mails off.
    pub unsubscribe_tokens: UnsubscribeTokens,
    /// Password hashing.
    pub passwords: Passwords,
    /// Browser sessions in the database.
    pub sessions: sessions::SqlSessionStore,
    /// Live channels and media that each session holds open, of a browser or of players.
    pub open_sessions: Arc<OpenSessions>,
    /// Subscriptions to topics.
    pub hub: Arc<Hub>,
    /// Turns of those who write to one topic.
    pub turns: TopicTurns,
    /// Messages between the parts of the venue.
    pub bus: Bus,
    /// Tasks that end when the venue closes.
    pub tasks: TaskGroup,
    /// Connections, and what is done for requests; waited for when the venue closes.
    pub requests: TaskTracker,
}

impl Services {
    /// Announces that the logs of `topics` have something new, after it was committed.
    pub async fn announce(&self, topics: impl IntoIterator<Item = Topic>) {
        for topic in topics {
            self.bus.publish(BusMessage::TopicNews(topic)).await;
        }
    }

    /// Cuts what the sessions `names` hold open: they have ended.
    pub async fn end_sessions(&self, names: &[SessionName]) {
        self.bus.publish(BusMessage::SessionsEnded(names.to_vec())).await;
    }
}
