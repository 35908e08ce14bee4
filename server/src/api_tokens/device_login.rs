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
        ApiScope, ApiToken, ApiTokenError, ApiTokenId, ApiTokenReason, CODE_LIFE, DeviceNetwork,
        DeviceRequest, MAX_PROGRAM, MAX_TOKENS, UserCode, read_user_code,
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
    accounts::{Account, emails::EmailKind, write_to},
    caller::Caller,
    clock,
    config::is_local,
    crypto::{random, secret_hash::SecretHash},
    database::{DatabaseError, Write},
    http::limits::{Limit, by_address, by_site},
    ids::AccountId,
    services::Services,
};

/// The least time between two polls, in milliseconds.
pub const POLL_PAUSE: i64 = 5 * Millis::SECOND;
/// The most programs that wait for a decision; the oldest gives way to another one.
const MAX_WAITING: i64 = 10_000;

/// A device login that has begun.
#[derive(Clone, Debug)]
pub struct DeviceCodes {
    /// The code that the program polls with.
    pub device_code: Secret,
    /// The code that it shows.
    pub user_code: UserCode,
}

/// Outcome of a device login.
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

/// Request of a program.
#[derive(Clone, Debug)]
pub struct DeviceAsk {
    /// By what its address is compared.
    pub network: SecretHash,
    /// Family of that address; none when it tells no network.
    pub family: Option<String>,
    /// Name that it gives itself.
    pub program: String,
    /// Scopes.
    pub scopes: Vec<ApiScope>,
}

/// A device login that is over.
#[derive(Clone, Debug)]
pub struct DeviceAnswer {
    /// Request of the program.
    pub asked: DeviceAsk,
    /// Outcome of it.
    pub decision: Decision,
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
    caller.limited(Limit::DeviceLoginSites, by_site(caller.address))?;
    let device_code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
    let user_code = UserCode::draw(|below| rand::rng().random_range(0..below));
    let asked = DeviceAsk {
        network: network(&user_code, caller.address),
        family: family(caller.address).map(str::to_owned),
        program: tidy_name(program),
        scopes: ApiScope::ALL.to_vec(),
    };
    let codes = (&random::hash(&device_code), &hash_of(&user_code));
    let mut write = caller.services.database.begin().await?;
    // Whoever floods the venue with codes keeps nobody out for as long as they last.
    store::leave_waiting(&mut write, MAX_WAITING - 1).await?;
    store::insert_login(&mut write, codes, &asked, clock::now().plus(CODE_LIFE)).await?;
    write.commit_unrevised().await?;
    Ok(DeviceCodes { device_code: Secret::new(device_code), user_code })
}

/// Answers a program that polls with its device code: its token, once its person has let it in. Until somebody has
/// decided nothing is written, so polls keep nobody waiting for the database's writer.
pub async fn poll(
    services: &Services,
    device_code: &str,
) -> Result<Result<NewApiToken, PollRefusal>, DatabaseError> {
    let hash = random::hash(device_code);
    let (database, now) = (&services.database, clock::now());
    match store::decision(database, &hash, now).await? {
        None => return Ok(Err(PollRefusal::Expired)),
        Some(Decision::Asked) => {
            let polled = services.limits.check(Limit::DevicePolls, hash.as_str());
            return Ok(Err(polled.map_or(PollRefusal::SlowDown, |()| PollRefusal::Pending)));
        }
        Some(Decision::Allowed | Decision::Refused) => {}
    }
    let mut write = database.begin().await?;
    // Used up, whatever the answer is.
    let answer = match store::take_login(&mut write, &hash).await? {
        Some(DeviceAnswer { decision: Decision::Allowed, account: Some(account), asked }) => {
            Ok(hand_out(&mut write, account, asked, now).await?)
        }
        Some(DeviceAnswer { decision: Decision::Refused, .. }) => Err(PollRefusal::Denied),
        _ => Err(PollRefusal::Expired),
    };
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
    let network = asked.network_beside(&code, caller.address);
    Ok(DeviceRequest {
        code: code.to_string(),
        program: asked.program,
        scopes: asked.scopes,
        network,
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
    // So that no two requests count at the same time, and nobody decides who has just been thrown out.
    if !account.lock_unchanged(&mut write).await? {
        return Err(Refusal::NotLoggedIn);
    }
    if allowed {
        let count = store::count(&mut write, &account.id, now).await?;
        if usize::try_from(count).is_ok_and(|count| count >= MAX_TOKENS) {
            return Err(Refusal::Because(ApiTokenReason::TooManyTokens));
        }
    }
    let decision = if allowed { Decision::Allowed } else { Decision::Refused };
    let by = allowed.then_some(&account.id);
    let program = store::decide(&mut write, &hash_of(&code), decision, by, now).await?;
    let program = program.ok_or(Refusal::Because(ApiTokenReason::NoSuchCode))?;
    if allowed {
        write_to(&mut write, EmailKind::ProgramLetIn { account: account.id, program }).await?;
    }
    write.commit().await?;
    caller.services.jobs.wake();
    Ok(())
}

fn hash_of(code: &UserCode) -> SecretHash {
    random::hash(code.letters())
}

impl DeviceAsk {
    /// The program's network beside that of `address`, from which `code` was typed.
    fn network_beside(&self, code: &UserCode, address: IpAddr) -> DeviceNetwork {
        let family = family(address);
        if family.is_none() || self.family.as_deref() != family {
            DeviceNetwork::Unknown
        } else if self.network == network(code, address) {
            DeviceNetwork::Same
        } else {
            DeviceNetwork::Other
        }
    }
}

/// Family of an address; none when it may be everybody's.
fn family(address: IpAddr) -> Option<&'static str> {
    let address = address.to_canonical();
    let name = if address.is_ipv4() { "ipv4" } else { "ipv6" };
    (!is_local(address)).then_some(name)
}

/// By what an address is compared, and not known: nobody who has the database can try all addresses without the
/// code.
fn network(code: &UserCode, address: IpAddr) -> SecretHash {
    random::hash(format!("{} {}", code.letters(), by_address(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_compared_only_where_addresses_tell_them_apart() {
        use DeviceNetwork::{Other, Same, Unknown};
        let code: UserCode = "WDJBMJHT".parse().unwrap();
        for (program, person, expected) in [
            ("203.0.113.7", "203.0.113.7", Same),
            ("203.0.113.7", "::ffff:203.0.113.7", Same),
            ("203.0.113.7", "203.0.113.8", Other),
            ("2001:db8:1:2::3", "2001:db8:1:2:4::5", Same),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", Other),
            // A machine with both may ask by either.
            ("203.0.113.7", "2001:db8:1:2::3", Unknown),
            // Everybody's, behind a proxy that isn't trusted.
            ("127.0.0.1", "127.0.0.1", Unknown),
            ("::1", "::1", Unknown),
            ("172.17.0.1", "172.17.0.1", Unknown),
            ("fd00::1", "fd00::1", Unknown),
            ("203.0.113.7", "10.0.0.1", Unknown),
        ] {
            let (from, to) = (program.parse().unwrap(), person.parse().unwrap());
            let asked = DeviceAsk {
                network: network(&code, from),
                family: family(from).map(str::to_owned),
                program: String::new(),
                scopes: Vec::new(),
            };
            assert_eq!(asked.network_beside(&code, to), expected, "{program} {person}");
        }
    }
}
