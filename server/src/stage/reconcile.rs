//! Comparing what is known of stages, and making good what was missed.

use std::collections::{HashMap, HashSet};

use bandstand_domain::ShowId;

use super::{source::SourceState, stages::Stages, state::StageInput, store};
use crate::{database::DatabaseError, stream_keys};

impl Stages {
    /// Compares which sources there are, what stands here and what the database says, and makes good
    /// what was missed: a lost event, a failed write, a crash of the program before.
    pub async fn compare(&self) -> Result<(), DatabaseError> {
        let (performers, successors) = (self.performers().clone(), self.successors().clone());
        let nobody = performers.is_empty() && successors.is_empty();
        let sources = if nobody { HashMap::new() } else { self.sources.states().await };
        for (show, performer) in &performers {
            let _turn = self.turn(*show).await;
            match sources.get(&performer.source) {
                None => self.lost(*show, performer.source).await?,
                Some(SourceState { media, silent }) => {
                    if *media {
                        self.arrived(*show, performer.source).await?;
                    }
                    // What was heard since is newer than what was asked.
                    let silent_before = self.performers().get(show).map(|it| it.silent);
                    if silent_before == Some(performer.silent) {
                        self.silent(*show, performer.source, *silent).await?;
                    }
                }
            }
        }
        for (show, successor) in &successors {
            let _turn = self.turn(*show).await;
            match sources.get(&successor.source) {
                None => self.lost(*show, successor.source).await?,
                Some(SourceState { media, .. }) => {
                    // That something comes from it is told once.
                    if *media || !self.performers().contains_key(show) {
                        self.take_over(*show, successor.source).await?;
                    }
                    if *media {
                        self.arrived(*show, successor.source).await?;
                    }
                }
            }
        }
        let said: HashSet<ShowId> = store::on_stage(&self.database).await?.into_iter().collect();
        for show in said {
            let _turn = self.turn(show).await;
            if !self.performers().contains_key(&show) {
                self.happen(show, StageInput::Lost).await?;
            }
        }
        Ok(())
    }

    /// Takes off the stage whoever is there with a stream key that is good no more, by whatever process
    /// of the venue it was revoked.
    pub async fn check_keys(&self) -> Result<(), DatabaseError> {
        for key in self.keys() {
            if !stream_keys::is_good(&self.database, key).await? {
                self.revoke(key).await;
            }
        }
        Ok(())
    }
}
