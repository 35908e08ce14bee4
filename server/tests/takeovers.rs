//! Takeovers of a stage by sources that a test makes up.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use bandstand_domain::{ShowId, stream_keys::StreamKeyId};
use bandstand_server::{
    background::bus::Bus,
    ids::AccountId,
    stage::{
        Claim, ClaimProof,
        source::{OpenedSource, SourceEvent, SourceId, SourceState, Sources},
        stages::Stages,
    },
};
use sqlx::Row;

use crate::support::app::TestApp;

/// Two sources from which something comes, and of which either can be shown.
#[derive(Debug)]
struct TwoSources;

const FIRST: SourceId = SourceId(1);
const SECOND: SourceId = SourceId(2);

#[async_trait]
impl Sources for TwoSources {
    fn is_apart(&self, _: SourceId) -> bool {
        false
    }

    async fn hand_over(&self, _: ShowId, _: SourceId) -> bool {
        true
    }

    async fn close(&self, _: SourceId) {}

    async fn close_stage(&self, _: ShowId) {}

    fn set_title(&self, _: ShowId, _: &str) {}

    async fn states(&self) -> HashMap<SourceId, SourceState> {
        let state = SourceState { media: true, silent: false };
        HashMap::from([(FIRST, state), (SECOND, state)])
    }
}

#[tokio::test]
async fn a_takeover_that_the_database_failed_is_made_good() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let services = &app.running.venue.services;
    let stages = Stages::new(services.database.clone(), Bus::default(), Arc::new(TwoSources));
    let row = sqlx::query("SELECT artist FROM shows").fetch_one(&services.database.read).await;
    let account = AccountId::new(row.unwrap().try_get::<String, _>(0).unwrap());
    let take = async |key: StreamKeyId, source, waits| {
        let claim = Claim { artist: account.clone(), by: ClaimProof::Key(key) };
        let open = async { Ok::<_, ()>(OpenedSource { source, waits }) };
        stages.take(show, claim, open).await.unwrap();
    };
    let (key, other) = (artist.make_stream_key("One"), artist.make_stream_key("Other"));
    take(key.await.unwrap().key.id, FIRST, false).await;
    stages.heard(show, FIRST, SourceEvent::Media).await;
    assert_eq!(stages.seen(show), Some(FIRST));
    take(other.await.unwrap().key.id, SECOND, true).await;

    app.change("ALTER TABLE stream_keys RENAME TO mislaid").await;
    stages.heard(show, SECOND, SourceEvent::Connected).await;
    stages.heard(show, SECOND, SourceEvent::Waiting).await;
    app.change("ALTER TABLE mislaid RENAME TO stream_keys").await;
    assert_eq!(stages.seen(show), Some(FIRST));
    // Nothing is told again.
    stages.compare().await.unwrap();
    assert_eq!(stages.seen(show), Some(SECOND));
    app.stop().await;
}
