//! The end of a show's time: a source client that somebody has forgotten plays on for days, and nobody looks at
//! a studio.

use bandstand_domain::{Millis, ShowId};

use super::Radio;
use crate::{clock, database::DatabaseError, shows};

/// Grace period past the end of a show, in milliseconds, unless the artist's next show has begun.
const OVERTIME: i64 = 15 * Millis::MINUTE;

impl Radio {
    /// Ends the shows whose time is over and whose sound still comes from a source client. Their artists can
    /// take that back, as any end.
    pub async fn end_overdue(&self) -> Result<(), DatabaseError> {
        let now = clock::now();
        let mut done = Ok(());
        for show in self.mounts.shows() {
            // One that can't be ended doesn't keep the others.
            done = self.end_if_overdue(show, now).await.and(done);
        }
        done
    }

    async fn end_if_overdue(&self, show: ShowId, now: Millis) -> Result<(), DatabaseError> {
        let Some(facts) = shows::facts(&self.services.database, show).await? else { return Ok(()) };
        let past = now.since(facts.ends_at);
        if past < 0 {
            return Ok(());
        }
        let artist = &facts.artist_account;
        if past >= OVERTIME
            || shows::plays_another(&self.services.database, artist, show, now).await?
        {
            tracing::info!(%show, "the show's time is over, and so is what a source client sends");
            self.stages.end(show, true).await?;
        }
        Ok(())
    }
}
