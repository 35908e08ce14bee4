//! Listening: by which right somebody hears a show over HTTP, and for how long.
//!
//! A show that is open to all is heard by whoever asks. Another one is heard by who has an account: in a browser that
//! is logged in, and with a player by a **personal address**. All of one account's belong to one session of its
//! players ([`crate::sessions`]), which begins when the first is asked for. It ends when they are renewed, when the
//! person logs out everywhere else or takes another password, and when the account is closed, deleted or erased; what
//! is heard by them then ends as what a browser holds open does.
//!
//! Each address is good for one show. It is made to be put into machines and gets into their lists, and people send it
//! to each other: so it gives away one evening, and no other show, and nothing that its person could do but hear.

pub mod port;

use bandstand_domain::{Refusal, Secret, ShowId, listening::PersonalAddress, shows::ShowError};

use crate::{
    accounts::{self, Account, store::lock},
    caller::Caller,
    database::DatabaseError,
    http::limits::Limit,
    ids::SessionName,
    services::Services,
    sessions::{
        self, PlayerSession,
        open_sessions::{OpenSessions, SessionGuard},
    },
    shows::{self, access},
};

/// Right by which somebody hears a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListeningRight {
    /// It is open to all.
    Everybody,
    /// A browser in which somebody with an account is logged in.
    Browser(SessionName),
    /// A personal address of an account, by the session of its players.
    Player(SessionName),
}

/// The session holds as much as one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldsEnough;

/// The right of a request that names a show and no more; none for who may not hear it.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn of_caller(
    caller: &Caller,
    show: ShowId,
) -> Result<Option<ListeningRight>, DatabaseError> {
    let services = &caller.services;
    let everybody = ListeningRight::Everybody;
    if everybody.holds(services, show).await? {
        return Ok(Some(everybody));
    }
    if caller.account().await?.is_none() {
        return Ok(None);
    }
    let Some(name) = sessions::name_of(&caller.session).await? else { return Ok(None) };
    let browser = ListeningRight::Browser(name);
    Ok(browser.holds(services, show).await?.then_some(browser))
}

/// The right of who has an address with this token at a show; none when it opens nothing, or no longer.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn of_token(
    services: &Services,
    show: ShowId,
    token: &str,
) -> Result<Option<ListeningRight>, DatabaseError> {
    // Nothing is looked up for what was made up.
    let Some(name) = services.listening_tokens.session(token, show) else { return Ok(None) };
    let player = ListeningRight::Player(name);
    Ok(player.holds(services, show).await?.then_some(player))
}

impl ListeningRight {
    /// Tells whether the right is good at `show` now.
    ///
    /// # Errors
    /// Returns an error when the database fails.
    pub async fn holds(&self, services: &Services, show: ShowId) -> Result<bool, DatabaseError> {
        let database = &services.database;
        let facts = shows::facts(database, show).await?.filter(|it| !it.deleted);
        let Some(facts) = facts else { return Ok(false) };
        match self {
            Self::Everybody => Ok(!facts.members_only),
            Self::Browser(name) => sessions::is_open(database, name, facts.members_only).await,
            Self::Player(name) => {
                let Some(account) = sessions::account_of_player(database, name).await? else {
                    return Ok(false);
                };
                Ok(accounts::store::find(database, &account).await?.is_some())
            }
        }
    }

    /// Notes that `show` is heard by this right, where that ends with a session; nothing of what is open to all.
    ///
    /// # Errors
    /// [`HoldsEnough`].
    pub fn hold(
        &self,
        open: &OpenSessions,
        show: ShowId,
    ) -> Result<Option<SessionGuard>, HoldsEnough> {
        let guard = match self {
            Self::Everybody => return Ok(None),
            Self::Browser(name) => open.media(name, show),
            Self::Player(name) => open.player(name, show),
        };
        guard.map(Some).ok_or(HoldsEnough)
    }

    /// Tells whether it is a person's own, and what is answered is for them alone.
    pub fn is_personal(&self) -> bool {
        *self != Self::Everybody
    }
}

/// The caller's session of players, which begins if there is none.
///
/// # Errors
/// As [`member`]; `TooMany`.
async fn session(caller: &Caller, show: ShowId) -> Result<PlayerSession, ShowError> {
    let account = member(caller, show).await?;
    if let Some(session) = sessions::player(&caller.services.database, &account.id).await? {
        return Ok(session);
    }
    begin(caller, &account, false).await
}

/// Ends the caller's session of players, and what they hear, and begins another one.
///
/// # Errors
/// As [`session`].
async fn renewed(caller: &Caller, show: ShowId) -> Result<PlayerSession, ShowError> {
    let account = member(caller, show).await?;
    begin(caller, &account, true).await
}

/// The caller's account, which may hear `show`.
///
/// # Errors
/// `NotLoggedIn`, `NotFound`, `Gone`, `Broken`.
async fn member(caller: &Caller, show: ShowId) -> Result<Account, ShowError> {
    let account = caller.own_account().await?;
    access::enter(caller, show).await?;
    Ok(account)
}

async fn begin(caller: &Caller, account: &Account, anew: bool) -> Result<PlayerSession, ShowError> {
    let current = caller.session_name().await?;
    // By the session that asks: a thief can't use it up for who throws them out.
    caller.limited(Limit::Sessions, &current)?;
    let mut write = caller.services.database.begin().await?;
    // A session that is ended meanwhile begins nothing that lasts longer.
    lock(&mut write, &account.id).await?;
    if !sessions::is_of(&mut write, &account.id, &current).await? {
        return Err(Refusal::NotLoggedIn);
    }
    let ended = match anew {
        true => sessions::end_player(&mut write, &account.id).await?,
        false => None,
    };
    let session = sessions::begin_player(&mut write, &account.id).await?;
    write.commit_unrevised().await?;
    if let Some(ended) = ended {
        caller.services.end_sessions(&[ended]).await;
    }
    Ok(session)
}

/// The addresses of `show` that belong to `session`; of sound as MP3 where it can be made.
fn addresses(
    services: &Services,
    session: &PlayerSession,
    show: ShowId,
    mp3: bool,
) -> PersonalAddress {
    let token = services.listening_tokens.token(&session.name, show);
    let address = |ending| Secret::new(address(services, show, token.reveal(), ending));
    PersonalAddress {
        sound: address(if mp3 { ".mp3" } else { "" }),
        playlist: address(".m3u"),
        renewed_at: session.made_at,
    }
}

/// The whole address of a show's sound with this token.
pub fn address(services: &Services, show: ShowId, token: &str, ending: &str) -> String {
    format!("{}/listen/{show}/{token}{ending}", services.config.public_url)
}
