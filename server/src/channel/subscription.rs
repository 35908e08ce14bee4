//! One topic, as one connection follows it: from catching up to what is new.

use axum::extract::ws::Utf8Bytes;
use bandstand_domain::{
    PersonId, Refusal, Secret, ShowId,
    channel::{Cursor, ServerFrame, Snapshot, Topic},
    stage::{StageError, StageReason},
};

use tokio_util::sync::CancellationToken;

use super::{
    event_log::{self, After},
    hub::{Following, MOST_EVENTS, Outbox, Outgoing, encode, events_frame},
    missed::Missed,
};
use crate::{
    app::venue::Venue,
    caller::Caller,
    chat, clock,
    crowd::{Attendance, NoRoom, NotEntered},
    crypto::token::{Claims, Purpose},
    database::DatabaseError,
    sessions::{self, open_sessions::Hold},
    shows,
    stage::{access, notices::Listening},
};

/// Where a connection stands in a topic: it was sent everything up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub Cursor);

/// What to do with a stretch of events that comes through the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was sent before.
    Skip,
    /// It follows: send it.
    Send,
    /// A part was sent before, or something before it is missing: read the log from here.
    Read,
}

impl Position {
    /// Whether a stretch from `first` to `last` continues here.
    ///
    /// **Invariant:** what is sent begins right after the position, and moves it. So, whatever comes
    /// through the queue, nothing is sent twice and nothing is left out.
    pub fn step(self, first: Cursor, last: Cursor) -> Step {
        if last <= self.0 {
            Step::Skip
        } else if first.0 == self.0.0 + 1 {
            Step::Send
        } else {
            Step::Read
        }
    }
}

/// A topic that a connection follows; dropped, it doesn't any more.
#[derive(Debug)]
pub struct Follow {
    topic: Topic,
    position: Position,
    following: Following,
    attendance: Option<Attendance>,
    _hold: Option<Hold>,
    _listening: Option<Listening>,
}

/// What a follower gets to begin with.
#[derive(Debug)]
pub struct Beginning {
    /// The topic from now on.
    pub follow: Follow,
    /// To be sent, in this order, before anything from the queue.
    pub frames: Vec<Utf8Bytes>,
}

impl Follow {
    /// Follows `topic` for the caller, from `after` on or with the present. `ended` is cancelled
    /// when the session ends that the token was given to.
    ///
    /// # Errors
    /// For a show: `Forbidden` when the token isn't good for it and this person, `Gone`, `Full`,
    /// `TooMany`. For any: `Broken`.
    pub async fn begin(
        caller: &Caller,
        topic: Topic,
        after: Option<Cursor>,
        token: Option<Secret>,
        outbox: &Outbox,
        ended: &CancellationToken,
    ) -> Result<Beginning, StageError> {
        let claims = match topic {
            Topic::Shows => None,
            Topic::Show(show) => Some(admit(caller, show, token).await?),
        };
        let live = &caller.venue.live;
        let mut artist = None;
        let hold = match &claims {
            None => None,
            Some(claims) => {
                let hold = live.holdings().channel(claims.session.clone(), ended.clone());
                live.holdings().enters(hold.name(), claims.show);
                // After it is noted: who ends it now, or closes the show to guests, finds it.
                let facts = access::facts(&caller.venue, claims.show).await?;
                let members_only = facts.members_only;
                artist = claims.artist.then_some((facts.artist_account, claims.show));
                let database = &caller.venue.database;
                let open = sessions::is_open(database, hold.name(), members_only).await;
                if !open? {
                    return Err(Refusal::Forbidden);
                }
                Some(hold)
            }
        };
        // Before anything is read, so that whatever is newer comes through the queue.
        let following = live.hub().follow(topic, outbox.clone()).await?;
        let attendance = match &claims {
            None => None,
            Some(claims) => {
                let figure = (!claims.artist).then(|| (claims.person.clone(), claims.name.clone()));
                Some(attend(caller, claims.show, figure, following.number(), outbox).await?)
            }
        };
        let listening = artist.map(|(artist, show)| {
            let number = following.number();
            live.notices().listen(artist, show, number, outbox.clone(), clock::now())
        });
        let start = start(&caller.venue, topic, after, claims.as_ref()).await?;
        let Start { position, frames } = start;
        Ok(Beginning {
            follow: Self {
                topic,
                position,
                following,
                attendance,
                _hold: hold,
                _listening: listening,
            },
            frames,
        })
    }

    /// Which subscription this is.
    pub fn number(&self) -> u64 {
        self.following.number()
    }

    /// The place in the crowd.
    pub fn attendance(&self) -> Option<&Attendance> {
        self.attendance.as_ref()
    }

    /// What is to be sent for a stretch that comes through the queue.
    ///
    /// # Errors
    /// When the log has to be read and can't.
    pub async fn events(
        &mut self,
        venue: &Venue,
        first: Cursor,
        last: Cursor,
        text: Utf8Bytes,
        frames: &mut Vec<Utf8Bytes>,
    ) -> Result<(), DatabaseError> {
        match self.position.step(first, last) {
            Step::Skip => {}
            Step::Send => {
                self.position = Position(last);
                frames.push(text);
            }
            Step::Read => {
                while self.position.0 < last {
                    let from = self.position.0;
                    let after =
                        event_log::after(&venue.database, self.topic, from, MOST_EVENTS).await?;
                    let After::Events(stretch) = after else {
                        // Pruned behind our back: the page must begin anew.
                        return Err(DatabaseError::row_not_found());
                    };
                    self.position = Position(stretch.last);
                    if let Outgoing::Events { text, .. } = events_frame(self.topic, stretch) {
                        frames.push(text);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Lets the caller in who holds a token for `show`.
async fn admit(caller: &Caller, show: ShowId, token: Option<Secret>) -> Result<Claims, StageError> {
    let venue = &caller.venue;
    let token = token.ok_or(Refusal::Forbidden)?;
    let tokens = venue.live.tokens();
    let claims = tokens.redeem(token.reveal(), Purpose::Channel, show, clock::now());
    let claims = claims.map_err(|_| Refusal::Forbidden)?;
    // Whoever stands behind this connection by now must be the one whom the token was given. A
    // connection may be older than the person's name, and then knows of nobody.
    if let Some(person) = current_person(caller).await?
        && person != claims.person
    {
        return Err(Refusal::Forbidden);
    }
    Ok(claims)
}

async fn current_person(caller: &Caller) -> Result<Option<PersonId>, StageError> {
    if caller.session.id().is_none() {
        return Ok(None);
    }
    // A session is read once per request; a connection outlives what it read.
    if let Err(error) = caller.session.load().await {
        tracing::error!(%error, "a session can't be read");
        return Err(Refusal::Broken);
    }
    let viewer = caller.viewer().await?;
    Ok(viewer.map(|viewer| viewer.person))
}

async fn attend(
    caller: &Caller,
    show: ShowId,
    figure: Option<(PersonId, String)>,
    number: u64,
    outbox: &Outbox,
) -> Result<Attendance, StageError> {
    let crowds = caller.venue.live.crowds();
    crowds.enter(show, figure, number, outbox.clone()).await.map_err(|error| match error {
        NotEntered::NoRoom(NoRoom::Full) => Refusal::Because(StageReason::Full),
        NotEntered::NoRoom(NoRoom::TooManyConnections) => Refusal::TooMany { retry_after: 10 },
        NotEntered::Database(error) => error.into(),
    })
}

struct Start {
    position: Position,
    frames: Vec<Utf8Bytes>,
}

/// `Subscribed`, and what was missed or the present.
async fn start(
    venue: &Venue,
    topic: Topic,
    after: Option<Cursor>,
    claims: Option<&Claims>,
) -> Result<Start, StageError> {
    if let Some(cursor) = after {
        let missed = venue.live.hub().missed(topic, cursor).await;
        let subscribed = encode(&ServerFrame::Subscribed { topic, cursor, reset: None });
        match missed? {
            Missed::Nothing => {
                return Ok(Start { position: Position(cursor), frames: vec![subscribed] });
            }
            Missed::Events { last, text } => {
                return Ok(Start { position: Position(last), frames: vec![subscribed, text] });
            }
            Missed::TooMuch => {}
        }
    }
    let (cursor, present) = match claims {
        None => {
            let latest = event_log::latest(&venue.database, topic).await;
            (latest?, Snapshot::Shows)
        }
        Some(claims) => present(venue, claims).await?,
    };
    let frame = ServerFrame::Subscribed { topic, cursor, reset: Some(Box::new(present)) };
    Ok(Start { position: Position(cursor), frames: vec![encode(&frame)] })
}

/// A show as it is, and the event up to which that holds.
async fn present(venue: &Venue, claims: &Claims) -> Result<(Cursor, Snapshot), StageError> {
    let show = claims.show;
    let facts = shows::facts(&venue.database, show).await?;
    let facts = facts.ok_or(Refusal::NotFound)?;
    let account = claims.artist.then_some(facts.artist_account.as_str());
    let page = shows::page(venue, show, account).await.map_err(|refusal| match refusal {
        Refusal::NotFound => Refusal::NotFound,
        Refusal::Gone => Refusal::Gone,
        _ => Refusal::Broken,
    })?;
    // A message is at the cursor of its event: newer ones will come as events.
    let chat = chat::page(&venue.database, show, page.cursor.0 + 1).await;
    let chat = chat?;
    let muted = if claims.artist { chat::muted(&venue.database, show).await? } else { Vec::new() };
    let cursor = page.cursor;
    Ok((cursor, Snapshot::Show { page, chat, publication: facts.publication, muted }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_continues_is_sent() {
        let at = Position(Cursor(5));
        let step = |first, last| at.step(Cursor(first), Cursor(last));
        assert_eq!(step(4, 5), Step::Skip);
        assert_eq!(step(6, 6), Step::Send);
        assert_eq!(step(6, 9), Step::Send);
        assert_eq!(step(4, 6), Step::Read);
        assert_eq!(step(7, 7), Step::Read);
    }
}
