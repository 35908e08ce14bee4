//! The end of a show's time. Who is lost doesn't come back for ever; and what plays by itself plays on for days
//! when somebody has forgotten it, and nobody looks at a studio.

use bandstand_domain::{Millis, ShowId, shows::Medium};

use super::{
    stages::Stages,
    state::StageInput,
    store::{self, Outcome},
};
use crate::{clock, database::DatabaseError, shows};

/// Grace period past its end for a show whose artist's connection is lost, in milliseconds.
const OVERTIME_LOST: i64 = 30 * Millis::MINUTE;
/// Grace period past its end for a show that plays by itself, in milliseconds, unless the artist's next show
/// has begun.
const OVERTIME: i64 = 15 * Millis::MINUTE;

impl Stages {
    /// Ends the shows whose artist was lost and whose end has long passed.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn end_abandoned(&self) -> Result<(), DatabaseError> {
        let now = clock::now();
        let by = now.plus(-OVERTIME_LOST);
        for show in store::abandoned(&self.database, by, now).await? {
            let _turn = self.turn(show).await;
            // Else the artist has come back since the database was asked, or is about to.
            if !self.performers().contains_key(&show) && !self.successors().contains_key(&show) {
                self.time_up(show, by).await?;
            }
        }
        Ok(())
    }

    /// Ends the shows whose time is over and that play by themselves: what a program sends, however it comes,
    /// and sound alone, also from a studio. Who plays before a camera in a studio sees there that the time is
    /// over, and plays on. Artists can take it back, as any end.
    ///
    /// # Errors
    /// Returns an error when the database fails for one of them; the others have ended all the same.
    pub async fn end_overdue(&self) -> Result<(), DatabaseError> {
        let mut done = Ok(());
        for show in self.performed() {
            done = self.end_if_overdue(show).await.and(done);
        }
        done
    }

    async fn end_if_overdue(&self, show: ShowId) -> Result<(), DatabaseError> {
        let _turn = self.turn(show).await;
        let by_key = self.performers().get(&show).map(|it| it.claim.key().is_some());
        let Some(by_key) = by_key else { return Ok(()) };
        let Some(facts) = shows::facts(&self.database, show).await? else { return Ok(()) };
        let now = clock::now();
        let plays_by_itself = by_key || facts.medium == Medium::Audio;
        if !plays_by_itself || facts.ends_at > now {
            return Ok(());
        }
        let artist = &facts.artist_account;
        let next_plays = shows::plays_another(&self.database, artist, show, now).await?;
        self.time_up(show, if next_plays { now } else { now.plus(-OVERTIME) }).await
    }

    /// Ends a show whose time was over at `by`, as its row says now.
    async fn time_up(&self, show: ShowId, by: Millis) -> Result<(), DatabaseError> {
        if let Outcome::Changed(_) = self.happen(show, StageInput::TimeUp { by }).await? {
            tracing::info!(%show, "the show's time is over");
            self.clear(show).await;
        }
        Ok(())
    }
}
