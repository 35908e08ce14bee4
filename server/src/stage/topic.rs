//! A show, as a topic: its poster, its stage, its chat and its crowd.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_domain::{
    Language, PersonId, Refusal, Secret, ShowId,
    channel::{Cursor, Event, Snapshot, Topic},
    chat::ChatPlace,
    crowd::{Figure, Gesture},
    rooms::RoomEvent,
    shows::ShowEvent,
    stage::{StageError, StageReason},
};
use tokio_util::sync::CancellationToken;

use super::{
    notices::Listening,
    stages::Stages,
    titles::{TitleFollower, Titles},
};
use crate::{
    caller::Caller,
    channel::{
        hub::Outbox,
        topic_source::{Admitted, SubscriptionRequest, TopicSource},
    },
    chat::{
        self,
        followers::{ChatFollower, ChatFollowers, ChatFollowing},
    },
    clock,
    crowd::{Attendance, AttendanceRefused, Crowds, NotEntered, Sight},
    crypto::token::{Claims, Scope},
    ids::AccountId,
    rights::{Action, Resource},
    services::Services,
    sessions::{self, open_sessions::SessionGuard},
    shows::{self, access},
};

/// Tells whether a topic is over with these events: a show's or a room's is when that is deleted.
pub fn ends(topic: Topic, events: &[Event]) -> bool {
    events.iter().any(|event| match topic {
        Topic::Show(_) => matches!(event, Event::Show(ShowEvent::Deleted { .. })),
        Topic::Room(_) => matches!(event, Event::Room(RoomEvent::RoomDeleted { .. })),
        Topic::Shows | Topic::Door(_) | Topic::Inbox(_) => false,
    })
}

/// The source of shows' topics, which a join token opens.
#[derive(Clone, Debug)]
pub struct ShowTopic {
    /// The services that the topic uses.
    pub services: Arc<Services>,
    /// The stages and their performers.
    pub stages: Arc<Stages>,
    /// The titles that play.
    pub titles: Titles,
    /// The viewers present at each show.
    pub crowds: Crowds,
    /// The people who follow chats.
    pub followers: ChatFollowers,
}

/// Somebody who follows a show.
#[derive(Debug)]
struct Visitor {
    topic: ShowTopic,
    claims: Claims,
    language: Language,
    /// The private identity of the artist's account, for the artist alone.
    artist: Option<AccountId>,
    moderates: bool,
    /// From where a guest comes.
    origin: Option<String>,
    cut: CancellationToken,
    attendance: Option<Attendance>,
    _guard: SessionGuard,
    listening: Option<Listening>,
    hears_titles: Option<TitleFollower>,
    following: Option<ChatFollowing>,
}

#[async_trait]
impl TopicSource for ShowTopic {
    async fn admit(
        &self,
        request: SubscriptionRequest<'_>,
    ) -> Result<Box<dyn Admitted>, StageError> {
        let SubscriptionRequest { client, topic, token, ended } = request;
        let Topic::Show(show) = topic else { return Err(Refusal::NotFound) };
        let services = &self.services;
        let caller = Caller { services: services.clone(), client: client.clone() };
        let claims = redeem(&caller, show, token).await?;
        let guard = services.open_sessions.channel(claims.session.clone(), ended.clone());
        services.open_sessions.enters(guard.name(), show);
        // After it is noted: who ends it now, or closes the show to guests, finds it.
        let facts = access::facts(&services.database, show).await?;
        if !sessions::is_open(&services.database, guard.name(), facts.members_only).await? {
            return Err(Refusal::Forbidden);
        }
        let moderates = caller.may(&facts.artist_account, Resource::Chat, Action::Moderate).await?;
        let artist = claims.artist.then_some(facts.artist_account);
        let origin = chat::guest_origin(&caller, show.into()).await?;
        if chat::is_banned(&caller, show.into(), &claims.person, origin.as_deref()).await? {
            return Err(Refusal::Because(StageReason::Banned));
        }
        let (topic, language) = (self.clone(), client.request_language.current);
        Ok(Box::new(Visitor {
            topic,
            claims,
            language,
            artist,
            moderates,
            origin,
            cut: ended.clone(),
            attendance: None,
            _guard: guard,
            listening: None,
            hears_titles: None,
            following: None,
        }))
    }
}

#[async_trait]
impl Admitted for Visitor {
    async fn enter(&mut self, number: u64, outbox: &Outbox) -> Result<(), StageError> {
        let Claims { person, name, show, look, .. } = &self.claims;
        let figure = Figure { person: person.clone(), name: name.clone(), look: *look };
        let figure = self.artist.is_none().then_some(figure);
        let entered =
            self.topic.crowds.enter(*show, figure, Sight::Whole, (number, outbox.clone())).await;
        self.attendance = Some(entered.map_err(|error| match error {
            NotEntered::Refused(AttendanceRefused::Full) => Refusal::Because(StageReason::Full),
            NotEntered::Refused(AttendanceRefused::TooManyConnections) => {
                Refusal::TooMany { retry_after: 10 }
            }
            NotEntered::Database(error) => error.into(),
        })?);
        let titles = &self.topic.titles;
        self.hears_titles = Some(titles.follow(self.claims.show, number, outbox.clone()));
        let (person, cut) = (self.claims.person.clone(), self.cut.clone());
        let follower = ChatFollower {
            person,
            name: self.claims.name.clone(),
            moderates: self.moderates,
            session: Some(self.claims.session.clone()),
            origin: self.origin.clone(),
            cut,
        };
        let (followers, place) = (&self.topic.followers, ChatPlace::Show(self.claims.show));
        self.following = Some(followers.follow(place, number, follower, outbox.clone()));
        if let Some(artist) = self.artist.clone() {
            let (notices, now) = (self.topic.stages.notices(), clock::now());
            self.listening =
                Some(notices.listen(artist, *show, self.language, number, outbox.clone(), now));
        }
        Ok(())
    }

    async fn snapshot(&self) -> Result<(Cursor, Snapshot), StageError> {
        let (database, show) = (&self.topic.services.database, self.claims.show);
        let facts = shows::facts(database, show).await?.ok_or(Refusal::NotFound)?;
        let account = self.claims.artist.then_some(&facts.artist_account);
        let page = shows::page(database, show, account).await.map_err(|refusal| match refusal {
            Refusal::NotFound => Refusal::NotFound,
            Refusal::Gone => Refusal::Gone,
            _ => Refusal::Broken,
        })?;
        let (place, person) = (ChatPlace::Show(show), &self.claims.person);
        let chat = chat::present(database, place, page.cursor.0, Some(person)).await?;
        let muted =
            if self.claims.artist { chat::muted(database, show.into()).await? } else { Vec::new() };
        let cursor = page.cursor;
        Ok((cursor, Snapshot::Show { page, chat, publication: facts.publication, muted }))
    }

    fn gesture(&self, gesture: Gesture) {
        if let Some(attendance) = &self.attendance {
            attendance.gesture(gesture);
        }
    }

    fn typing(&self) {
        if let Some(following) = &self.following {
            following.typing(tokio::time::Instant::now());
        }
    }
}

/// Redeems the token with which the caller comes to `show`; returns its claims.
async fn redeem(
    caller: &Caller,
    show: ShowId,
    token: Option<Secret>,
) -> Result<Claims, StageError> {
    let token = token.ok_or(Refusal::Forbidden)?;
    let tokens = &caller.services.tokens;
    let claims = tokens.redeem(token.reveal(), Scope::Channel, show, clock::now());
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
