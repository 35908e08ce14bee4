//! Rehearsals: an artist's sound and picture as the audience would get them, for the artist alone.
//!
//! **Invariant:** a rehearsal has a stage of its own in the media core, beside the show's, which nothing but
//! a token for rehearsals opens. What happens there is told to nobody: neither the show's stage nor its
//! crowd, its topics or its row in the database know of it.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use bandstand_domain::{Millis, ShowId, stage::StageState};
use bandstand_sfu::{AcceptedOffer, OfferError, SessionId, Sfu, StageId, TakeoverCondition};
use tokio::sync::Mutex;

use super::{error::MediaError, offer::check_open};
use crate::{
    background::bus::{BusListener, BusMessage},
    clock,
    database::{Database, DatabaseError},
    shows::{self, ShowFacts},
};

/// Length after which a rehearsal ends, in milliseconds: somebody has forgotten it.
const MAX_LENGTH: i64 = Millis::HOUR;

/// The stage of a show's rehearsal, as the media core calls it. It is no show's identity, so whatever is
/// reported of it concerns no show's stage.
fn rehearsal_id(show: ShowId) -> StageId {
    StageId::from(format!("rehearsal-{show}"))
}

/// The facts of a show that may be rehearsed: nobody has been on its stage yet.
///
/// # Errors
/// [`MediaError::OnAir`]; as [`check_open`].
pub fn check_before(facts: ShowFacts) -> Result<ShowFacts, MediaError> {
    let facts = check_open(facts)?;
    if facts.stage == StageState::Empty { Ok(facts) } else { Err(MediaError::OnAir) }
}

/// A rehearsal that goes on, or is waited for by its artist's other devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rehearsal {
    /// Time at which its publisher came last, or else its first viewer.
    since: Millis,
    publisher: Option<SessionId>,
    /// Number of those who have come so far.
    came: u64,
}

/// The rehearsals that go on: one of a show at most.
#[derive(Debug)]
pub struct Rehearsals {
    database: Database,
    sfu: Sfu,
    begun: Mutex<HashMap<ShowId, Rehearsal>>,
}

impl Rehearsals {
    /// None yet.
    pub fn new(database: Database, sfu: Sfu) -> Self {
        Self { database, sfu, begun: Mutex::default() }
    }

    /// Rehearses `show` with an offer, in place of who does so now.
    ///
    /// # Errors
    /// As the media core.
    pub async fn publish(&self, show: ShowId, offer: String) -> Result<AcceptedOffer, OfferError> {
        let mut begun = self.begun.lock().await;
        let condition = TakeoverCondition::Audio;
        let accepted = self.sfu.publish(rehearsal_id(show), offer, condition).await?;
        // Not before: an offer that is refused ends nothing.
        if let Some(before) = begun.get(&show).and_then(|it| it.publisher) {
            self.sfu.close(before).await;
        }
        if accepted.standby {
            // Nobody is in its way any more.
            self.sfu.hand_over(accepted.session).await;
        }
        let publisher = Some(accepted.session);
        let came = begun.get(&show).map_or(0, |it| it.came) + 1;
        begun.insert(show, Rehearsal { since: clock::now(), publisher, came });
        Ok(accepted)
    }

    /// Watches the rehearsal of `show` with an offer.
    ///
    /// # Errors
    /// As the media core.
    pub async fn watch(&self, show: ShowId, offer: String) -> Result<AcceptedOffer, OfferError> {
        let mut begun = self.begun.lock().await;
        let accepted = self.sfu.subscribe(rehearsal_id(show), offer).await?;
        let new = Rehearsal { since: clock::now(), publisher: None, came: 0 };
        begun.entry(show).or_insert(new).came += 1;
        Ok(accepted)
    }

    /// Ends the rehearsals that have lasted too long, or whose shows can't be rehearsed any more, by whatever
    /// process of the venue they went live; and forgets those that everybody has left.
    pub async fn compare(&self) -> Result<(), DatabaseError> {
        let known = self.begun.lock().await.clone();
        for (show, rehearsal) in &known {
            let facts = shows::facts(&self.database, *show).await?;
            let goes_on = rehearsal.is_in_time(clock::now())
                && facts.is_some_and(|facts| check_before(facts).is_ok());
            if !goes_on {
                self.end(*show).await;
            }
        }
        let known = self.begun.lock().await.clone();
        if !known.is_empty() {
            let stats = self.sfu.stats().await;
            let used: HashSet<_> = stats.sessions.iter().map(|it| &it.stage).collect();
            // Where somebody has come since, it isn't what was known.
            self.begun.lock().await.retain(|show, it| {
                known.get(show) != Some(it) || used.contains(&rehearsal_id(*show))
            });
        }
        Ok(())
    }

    async fn end(&self, show: ShowId) {
        if self.begun.lock().await.remove(&show).is_some() {
            self.sfu.close_stage(rehearsal_id(show)).await;
        }
    }
}

impl Rehearsal {
    fn is_in_time(self, now: Millis) -> bool {
        now.since(self.since) < MAX_LENGTH
    }
}

#[async_trait]
impl BusListener for Rehearsals {
    async fn receive(&self, message: &BusMessage) {
        match message {
            BusMessage::StageChanged(show, state, _) if *state != StageState::Empty => {
                self.end(*show).await;
            }
            BusMessage::ShowDeleted(show) => self.end(*show).await,
            BusMessage::StageChanged(..)
            | BusMessage::TopicNews(_)
            | BusMessage::SessionsEnded(_)
            | BusMessage::ShowClosedToGuests(_)
            | BusMessage::StreamKeyRevoked(_)
            | BusMessage::RoomLeft(..) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::media::source::stage_id;

    #[test]
    fn a_rehearsal_is_on_no_shows_stage() {
        let show = ShowId(Uuid::from_u128(7));
        assert_eq!(stage_id(show).as_str().parse(), Ok(show));
        assert!(rehearsal_id(show).as_str().parse::<ShowId>().is_err());
    }

    #[test]
    fn a_rehearsal_ends_after_an_hour() {
        let rehearsal = Rehearsal { since: Millis(5), publisher: None, came: 0 };
        assert!(rehearsal.is_in_time(Millis(4 + MAX_LENGTH)));
        assert!(!rehearsal.is_in_time(Millis(5 + MAX_LENGTH)));
    }
}
