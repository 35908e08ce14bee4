//! All sources of stages: sessions of the media core, and source clients.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use bandstand_domain::ShowId;
use bandstand_radio::Title;

use super::mounts::Mounts;
use crate::{
    media::source::CoreSources,
    stage::source::{SourceId, SourceState, Sources},
};

/// Sources of both kinds. Of a source client the media core knows a shadow at most, which is no source of a
/// stage ([`super::bridge`]).
#[derive(Clone, Debug)]
pub struct AllSources {
    /// Publishers of the media core.
    pub core: CoreSources,
    /// Source clients.
    pub mounts: Arc<Mounts>,
}

#[async_trait]
impl Sources for AllSources {
    fn is_apart(&self, source: SourceId) -> bool {
        self.mounts.knows(source)
    }

    async fn hand_over(&self, show: ShowId, source: SourceId) -> bool {
        if let Some(done) = self.mounts.hand_over(source) {
            return done;
        }
        let mut done = self.core.hand_over(show, source).await;
        if done && self.mounts.is_sounding(show) {
            // Who is alone on the core's stage may have sent nothing yet: the source client is heard until then.
            let states = self.core.states().await;
            done = states.get(&source).is_some_and(|it| it.media);
        }
        if done {
            self.mounts.give_way(show);
        }
        done
    }

    async fn close(&self, source: SourceId) {
        self.mounts.close(source);
        self.core.close(source).await;
    }

    async fn close_stage(&self, show: ShowId) {
        self.mounts.close_show(show);
        self.core.close_stage(show).await;
    }

    fn set_title(&self, show: ShowId, title: &str) {
        self.mounts.set_stage_title(show, Title::new(title));
    }

    async fn states(&self) -> HashMap<SourceId, SourceState> {
        let mut states = self.core.states().await;
        states.extend(self.mounts.states());
        states
    }
}
