//! Device login, after RFC 8628: a program shows a code, its person types that into a page and decides, and the
//! program, which has polled meanwhile, gets a token.
//!
//! The page's address doesn't carry the code: who is sent a link has nothing to press at once. What has been
//! confirmed is handed out to the poll with the device code alone, once.

use std::{net::IpAddr, str::FromStr};

use bandstand_domain::{
    FieldErrors, Millis, Refusal, Secret,
    accounts::check_name,
    api_tokens::{
        ApiScope, ApiToken, ApiTokenError, ApiTokenId, ApiTokenReason, CODE_LIFE, DeviceRequest,
        MAX_PROGRAM, MAX_TOKENS, UserCode, read_user_code,
    },
    text,
    visible::tidy_name,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng;
use thiserror::Error;
use uuid::Uuid;

use super::{PREFIX, store};
use crate::{
    accounts::{Account, store::lock},
    caller::Caller,
    clock,
    crypto::{random, secret_hash::SecretHash},
    database::{Database, DatabaseError, Write},
    http::limits::{Limit, by_address},
    ids::AccountId,
};

/// The least time between two polls, to begin with, in milliseconds.
pub const FIRST_PAUSE: i64 = 5 * Millis::SECOND;
/// Added to it by each poll that comes too early (RFC 8628 section 3.5), in milliseconds.
const SLOWER: i64 = 5 * Millis::SECOND;
/// The longest it gets, in milliseconds.
const MAX_PAUSE: i64 = Millis::MINUTE;
/// The most programs that wait at once; beyond that, others have to come again.
const MAX_WAITING: i64 = 10_000;
/// Seconds after which they may.
const WHEN_FEWER_WAIT: u32 = 60;

/// A device login that has begun.
#[derive(Clone, Debug)]
pub struct DeviceCodes {
    /// The code that the program polls with.
    pub device_code: Secret,
    /// The code that it shows.
    pub user_code: UserCode,
}

/// What became of a device login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nobody has decided.
    Asked,
    /// The program was let in.
    Allowed,
    /// It was refused.
    Refused,
}

impl Decision {
    const ALL: [Self; 3] = [Self::Asked, Self::Allowed, Self::Refused];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

/// Failure to parse a [`Decision`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no such decision")]
pub struct UnknownDecision;

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(text: &str) -> Result<Self, UnknownDecision> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(UnknownDecision)
    }
}

/// A device login, as far as polls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceLogin {
    /// The decision.
    pub decision: Decision,
    /// The least time between two polls, in milliseconds.
    pub pause: i64,
    /// Time of the last poll, or of the beginning.
    pub polled_at: Millis,
    /// End of its codes.
    pub expires_at: Millis,
}

/// What a program asks for.
#[derive(Clone, Debug)]
pub struct DeviceAsk {
    /// By what its address is compared.
    pub network: SecretHash,
    /// What it calls itself.
    pub program: String,
    /// Scopes.
    pub scopes: Vec<ApiScope>,
}

/// A device login that is under way.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What the program asks for.
    pub asked: DeviceAsk,
    /// How it stands.
    pub login: DeviceLogin,
    /// The private identity of the account that let it in.
    pub account: Option<AccountId>,
}

/// Reason for which a poll brings no token, by its name in RFC 8628 section 3.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollRefusal {
    /// Nobody has decided yet.
    Pending,
    /// Nobody has decided yet, and it polls too often.
    SlowDown,
    /// The person said no.
    Denied,
    /// The code has expired, was used, or never was one.
    Expired,
}

impl DeviceLogin {
    /// One that begins at `now`.
    pub fn begun(now: Millis) -> Self {
        let (decision, expires_at) = (Decision::Asked, now.plus(CODE_LIFE));
        Self { decision, pause: FIRST_PAUSE, polled_at: now, expires_at }
    }

    /// Answers a poll at `now`, and notes it.
    ///
    /// # Errors
    /// [`PollRefusal`]; otherwise the program gets its token.
    pub fn poll(&mut self, now: Millis) -> Result<(), PollRefusal> {
        if now >= self.expires_at {
            return Err(PollRefusal::Expired);
        }
        match self.decision {
            Decision::Allowed => Ok(()),
            Decision::Refused => Err(PollRefusal::Denied),
            Decision::Asked => {
                let is_early = now.since(self.polled_at) < self.pause;
                self.polled_at = now;
                if is_early {
                    self.pause = (self.pause + SLOWER).min(MAX_PAUSE);
                    return Err(PollRefusal::SlowDown);
                }
                Err(PollRefusal::Pending)
            }
        }
    }
}

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct NewApiToken {
    /// The token itself, which can't be asked for again.
    pub secret: Secret,
    /// Record that is kept of it.
    pub token: ApiToken,
}

/// Begins a device login of a program that calls itself `program`.
///
/// # Errors
/// `Invalid` for what it calls itself; `TooMany`.
pub async fn begin(caller: &Caller, program: &str) -> Result<DeviceCodes, ApiTokenError> {
    let mut errors = FieldErrors::default();
    errors.check("program", check_name(text!(complaint.what.name), program, MAX_PROGRAM));
    errors.into_result()?;
    caller.limited(Limit::DeviceLogins, by_address(caller.address))?;
    let device_code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
    let user_code = UserCode::draw(|below| rand::rng().random_range(0..below));
    let now = clock::now();
    let asked = DeviceAsk {
        network: network(&user_code, caller.address),
        program: tidy_name(program),
        scopes: ApiScope::ALL.to_vec(),
    };
    let codes = (&random::hash(&device_code), &hash_of(&user_code));
    let mut write = caller.services.database.begin().await?;
    if store::count_waiting(&mut write, now).await? >= MAX_WAITING {
        return Err(Refusal::TooMany { retry_after: WHEN_FEWER_WAIT });
    }
    store::insert_login(&mut write, codes, &asked, &DeviceLogin::begun(now)).await?;
    write.commit_unrevised().await?;
    Ok(DeviceCodes { device_code: Secret::new(device_code), user_code })
}

/// Answers a program that polls with its device code: its token, once its person has let it in.
pub async fn poll(
    database: &Database,
    device_code: &str,
) -> Result<Result<NewApiToken, PollRefusal>, DatabaseError> {
    let hash = random::hash(device_code);
    // Whoever has no code keeps nobody waiting for the database's writer.
    if !store::is_login(database, &hash).await? {
        return Ok(Err(PollRefusal::Expired));
    }
    let now = clock::now();
    let mut write = database.begin().await?;
    let Some(mut waiting) = store::login(&mut write, &hash).await? else {
        return Ok(Err(PollRefusal::Expired));
    };
    let answer = match waiting.login.poll(now) {
        Err(refusal @ (PollRefusal::Pending | PollRefusal::SlowDown)) => {
            store::note_poll(&mut write, &hash, &waiting.login).await?;
            write.commit_unrevised().await?;
            return Ok(Err(refusal));
        }
        Err(refusal) => Err(refusal),
        Ok(()) => match waiting.account {
            Some(account) => Ok(hand_out(&mut write, account, waiting.asked, now).await?),
            None => Err(PollRefusal::Expired),
        },
    };
    // Used up, whatever the answer is.
    store::delete_login(&mut write, &hash).await?;
    write.commit().await?;
    Ok(answer)
}

/// Makes the token of a program that was let in.
async fn hand_out(
    write: &mut Write,
    account: AccountId,
    asked: DeviceAsk,
    now: Millis,
) -> Result<NewApiToken, DatabaseError> {
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
    let token = ApiToken {
        id: ApiTokenId(Uuid::now_v7()),
        name: asked.program,
        // ASCII from end to end.
        ending: secret[secret.len() - 4..].to_owned(),
        scopes: asked.scopes,
        made_at: now,
        used_at: None,
    };
    store::insert(write, &account, &token, &random::hash(&secret)).await?;
    tracing::info!(token = %token.id, "an API token was made");
    Ok(NewApiToken { secret: Secret::new(secret), token })
}

/// The account that decides about programs, and the code that it has typed.
async fn decider(caller: &Caller, code: &str) -> Result<(Account, UserCode), ApiTokenError> {
    let account = caller.own_stage().await?;
    if !account.confirmed {
        return Err(Refusal::Because(ApiTokenReason::Unconfirmed));
    }
    let code = read_user_code(code)?;
    caller.limited(Limit::UserCodes, &account.id)?;
    caller.limited(Limit::UserCodeAddress, by_address(caller.address))?;
    Ok((account, code))
}

/// The program that waits with this code.
///
/// # Errors
/// `NotLoggedIn`, `Forbidden` for who is no artist, `Invalid`, `TooMany`, [`ApiTokenReason::Unconfirmed`],
/// [`ApiTokenReason::NoSuchCode`].
pub async fn look_up(caller: &Caller, code: &str) -> Result<DeviceRequest, ApiTokenError> {
    let (_, code) = decider(caller, code).await?;
    let database = &caller.services.database;
    let asked = store::asked(database, &hash_of(&code), clock::now()).await?;
    let asked = asked.ok_or(Refusal::Because(ApiTokenReason::NoSuchCode))?;
    Ok(DeviceRequest {
        code: code.to_string(),
        program: asked.program,
        scopes: asked.scopes,
        same_network: asked.network == network(&code, caller.address),
    })
}

/// Lets the program in that waits with this code, or refuses it.
///
/// # Errors
/// As [`look_up`]; [`ApiTokenReason::TooManyTokens`].
pub async fn decide(caller: &Caller, code: &str, allowed: bool) -> Result<(), ApiTokenError> {
    let (account, code) = decider(caller, code).await?;
    let now = clock::now();
    let mut write = caller.services.database.begin().await?;
    // So that no two requests count at the same time.
    lock(&mut write, &account.id).await?;
    if allowed {
        let count = store::count(&mut write, &account.id, now).await?;
        if usize::try_from(count).is_ok_and(|count| count >= MAX_TOKENS) {
            return Err(Refusal::Because(ApiTokenReason::TooManyTokens));
        }
    }
    let decision = if allowed { Decision::Allowed } else { Decision::Refused };
    let by = allowed.then_some(&account.id);
    if !store::decide(&mut write, &hash_of(&code), decision, by, now).await? {
        return Err(Refusal::Because(ApiTokenReason::NoSuchCode));
    }
    write.commit().await?;
    Ok(())
}

fn hash_of(code: &UserCode) -> SecretHash {
    random::hash(code.letters())
}

/// By what an address is compared, and not known: nobody who has the database can try all addresses without the
/// code.
fn network(code: &UserCode, address: IpAddr) -> SecretHash {
    random::hash(format!("{} {}", code.letters(), by_address(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    #[test]
    fn poll_is_pending_until_somebody_decides() {
        let mut login = DeviceLogin::begun(NOW);
        assert_eq!(login.poll(NOW.plus(FIRST_PAUSE)), Err(PollRefusal::Pending));
        login.decision = Decision::Allowed;
        // Not too early: the answer is there.
        assert_eq!(login.poll(NOW.plus(FIRST_PAUSE + 1)), Ok(()));
        login.decision = Decision::Refused;
        assert_eq!(login.poll(NOW.plus(FIRST_PAUSE + 2)), Err(PollRefusal::Denied));
    }

    #[test]
    fn early_poll_slows_the_program_down_within_bounds() {
        let mut login = DeviceLogin::begun(NOW);
        assert_eq!(login.poll(NOW.plus(FIRST_PAUSE - 1)), Err(PollRefusal::SlowDown));
        assert_eq!(login.pause, FIRST_PAUSE + SLOWER);
        let next = NOW.plus(FIRST_PAUSE - 1);
        assert_eq!(login.poll(next.plus(FIRST_PAUSE)), Err(PollRefusal::SlowDown));
        for _ in 0..50 {
            let _ = login.poll(login.polled_at);
        }
        assert_eq!(login.pause, MAX_PAUSE);
        assert_eq!(login.poll(login.polled_at.plus(MAX_PAUSE)), Err(PollRefusal::Pending));
    }

    #[test]
    fn expired_code_opens_nothing_though_it_was_allowed() {
        let mut login = DeviceLogin { decision: Decision::Allowed, ..DeviceLogin::begun(NOW) };
        assert_eq!(login.poll(NOW.plus(CODE_LIFE - 1)), Ok(()));
        assert_eq!(login.poll(NOW.plus(CODE_LIFE)), Err(PollRefusal::Expired));
    }
}
