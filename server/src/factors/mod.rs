//! Further ways to prove who one is: passkeys, and a second factor.
//!
//! **Invariant:** whatever changes how an account is entered takes its password, or a log-in of the last
//! minutes; so a session that was left open, or stolen, can't be made to last.

mod passkeys;
pub mod personal_data;
mod port;
mod store;
mod totp;

pub use store::{forget, forget_tries};

use bandstand_domain::{
    FieldErrors, Refusal, Secret,
    accounts::{AccountError, AccountReason},
    factors::{Challenge, FactorError, FactorReason, MAX_LOGIN_AGE, normal_code},
    text,
};

use crate::{
    accounts::{
        Account,
        emails::{EmailKind, SecurityChange},
        write_to,
    },
    caller::Caller,
    clock,
    crypto::{passwords::Verdict, random, secret_hash::SecretHash},
    database::{DatabaseError, Write},
    http::limits::{Limit, by_address},
    ids::AccountId,
    sessions,
};
use store::Try;

/// Asks for the second factor of `account`, whose password was right, when there is one. Only who knows
/// the password gets here, so nobody else can use up the tries.
///
/// # Errors
/// `CodeNeeded` without a code; a complaint about `code` when it is not right, or was used before.
pub async fn check_second_factor(
    caller: &Caller,
    account: &Account,
    code: &str,
) -> Result<(), AccountError> {
    let database = &caller.services.database;
    let factor = store::second_factor(database, &account.id).await?;
    let Some(factor) = factor.filter(|factor| factor.on) else { return Ok(()) };
    if code.trim().is_empty() {
        return Err(Refusal::Because(AccountReason::CodeNeeded));
    }
    let code = normal_code(code).map_err(|complaint| FieldErrors::one("code", complaint))?;
    caller.limited(Limit::Code, (by_address(caller.address), &account.id))?;
    let now = clock::now();
    let tell = match store::begin_try(database, &account.id, now).await? {
        Try::Counted { tell } => tell,
        Try::Blocked(until) => {
            let seconds = until.since(now).max(1).unsigned_abs().div_ceil(1_000);
            let retry_after = u32::try_from(seconds).unwrap_or(u32::MAX);
            return Err(Refusal::TooMany { retry_after });
        }
    };
    let right = match totp::recovery_parts(&code) {
        Some((slot, rest)) => use_recovery_code(caller, &account.id, slot, rest).await?,
        None => {
            let step = step(caller, &account.id, &factor.secret, &code)?;
            match step {
                Some(step) => use_step(caller, &account.id, step).await?,
                None => false,
            }
        }
    };
    if right {
        return Ok(());
    }
    if tell {
        let kind = EmailKind::CodesGuessed { account: account.id.clone() };
        caller.ask(kind).await?;
    }
    Err(wrong_code().into())
}

fn wrong_code() -> FieldErrors {
    FieldErrors::one("code", text!(server.factors.wrong_code))
}

/// For which step of the clock `code` is, when it is right.
fn step<E: std::error::Error>(
    caller: &Caller,
    account: &AccountId,
    sealed: &str,
    code: &str,
) -> Result<Option<i64>, Refusal<E>> {
    let unreadable = |what: &'static str| {
        tracing::error!(what, "a second factor can't be used: was secret.key replaced?");
        Refusal::Broken
    };
    let secret = caller
        .services
        .seal
        .unseal(sealed, account.as_str())
        .map_err(|_| unreadable("it can't be opened"))?;
    totp::step(&secret, code, clock::now()).map_err(|_| unreadable("it is no secret"))
}

async fn use_step(caller: &Caller, account: &AccountId, step: i64) -> Result<bool, DatabaseError> {
    let mut write = caller.services.database.begin().await?;
    let used = store::use_step(&mut write, account, step).await?;
    if used {
        forget_tries(&mut write, account).await?;
    }
    write.commit().await?;
    Ok(used)
}

async fn use_recovery_code(
    caller: &Caller,
    account: &AccountId,
    slot: &str,
    rest: &str,
) -> Result<bool, AccountError> {
    let database = &caller.services.database;
    let hash = store::recovery_code(database, account, slot).await?;
    let verdict = caller.services.passwords.verify(&Secret::new(rest), hash).await?;
    if verdict == Verdict::Wrong {
        return Ok(false);
    }
    Ok(store::use_recovery_code(database, account, slot).await?)
}

impl Caller {
    /// The account that asks, once it is sure that its person does: by the password, or because they
    /// have just logged in.
    async fn proven(&self, password: Option<Secret>) -> Result<Account, FactorError> {
        let account = self.own_account().await?;
        match password.filter(|password| !password.reveal().is_empty()) {
            Some(password) => self.check_own_password(&account, "proof", &password).await?,
            None if self.is_fresh().await? => self.limited(Limit::Settings, &account.id)?,
            None => return Err(Refusal::Because(FactorReason::ProofNeeded)),
        }
        Ok(account)
    }

    /// Returns whether the session's log-in is younger than `MAX_LOGIN_AGE`.
    async fn is_fresh(&self) -> Result<bool, FactorError> {
        let begun = sessions::begun(&self.session).await.map_err(|error| {
            tracing::error!(%error, "a session can't be read");
            Refusal::Broken
        })?;
        Ok(begun.is_some_and(|begun| clock::now().since(begun) < MAX_LOGIN_AGE))
    }

    /// Keeps what is asked of a device.
    async fn challenge(
        &self,
        account: Option<&Account>,
        asked: passkeys::Asked,
    ) -> Result<Challenge, FactorError> {
        let ceremony = random::secret();
        let patience = i64::try_from(passkeys::CEREMONY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
        let account = account.map(|account| &account.id);
        store::begin_ceremony(
            &self.services.database,
            &ceremony,
            account,
            &asked.state,
            clock::now().plus(patience),
        )
        .await?;
        Ok(Challenge { ceremony, options: asked.options })
    }

    /// Hashes new recovery codes; what is shown, and what is kept.
    async fn make_recovery_codes(
        &self,
    ) -> Result<(Vec<Secret>, Vec<(String, SecretHash)>), FactorError> {
        let codes = totp::new_recovery_codes();
        let mut kept = Vec::new();
        for code in &codes {
            let (slot, rest) = totp::recovery_parts(code).ok_or(Refusal::Broken)?;
            let hash = self.services.passwords.hash(&Secret::new(rest)).await?;
            kept.push((slot.to_owned(), hash));
        }
        let shown = codes
            .iter()
            .map(|code| Secret::new(format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..])));
        Ok((shown.collect(), kept))
    }

    /// Commits `write`, which changes how one logs in to the account, with a letter that tells its
    /// person: neither is without the other.
    async fn commit_told(
        &self,
        mut write: Write,
        account: &Account,
        change: SecurityChange,
    ) -> Result<(), DatabaseError> {
        let letter = EmailKind::SecurityChanged { account: account.id.clone(), change };
        write_to(&mut write, letter).await?;
        write.commit().await?;
        self.services.jobs.wake();
        Ok(())
    }
}
