//! Passkeys and second factors, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::factors::port::Factors;
use bandstand_domain::{
    FieldErrors, Refusal, Secret,
    accounts::Viewer,
    factors::{
        Challenge, FactorError, FactorReason, MAX_PASSKEYS, SetUp, SignInMethods,
        check_passkey_name, normal_code,
    },
    visible::tidy_name,
};

use super::{passkeys, step, store, totp, wrong_code};
use crate::{
    accounts::{Account, emails::SecurityChange, store::find},
    caller::Caller,
    database::DatabaseError,
    http::limits::{Limit, by_address},
};

/// The answer to who proved who they are while how the account is entered was changed.
fn superseded() -> FactorError {
    Refusal::Because(FactorReason::Superseded)
}

#[async_trait]
impl Factors for Caller {
    async fn ways(&self) -> Result<SignInMethods, FactorError> {
        let account = self.own_account().await?;
        let database = &self.services.database;
        let factor = store::second_factor(database, &account.id).await?;
        let left = store::recovery_codes_left(database, &account.id).await?;
        let origin = passkeys::origin(&self.services.config.public_url);
        Ok(SignInMethods {
            passkeys: store::passkeys(database, &account.id).await?,
            passkey_origin: origin.map(|origin| origin.origin().ascii_serialization()),
            second_factor: factor.is_some_and(|factor| factor.on),
            recovery_codes: left,
            fresh: self.is_fresh().await?,
        })
    }

    async fn begin_passkey(&self, password: Option<Secret>) -> Result<Challenge, FactorError> {
        let account = self.proven(password).await?;
        let known = store::passkeys(&self.services.database, &account.id).await?;
        if known.len() >= MAX_PASSKEYS {
            return Err(Refusal::Because(FactorReason::TooManyPasskeys));
        }
        let known: Vec<String> = known.into_iter().map(|passkey| passkey.id).collect();
        let asked = passkeys::ask_for_new(
            &self.services.config.public_url,
            &account.person,
            &account.handle,
            &account.name,
            &known,
        );
        self.challenge(Some(&account), asked.map_err(Refusal::Because)?).await
    }

    async fn add_passkey(
        &self,
        ceremony: String,
        name: String,
        credential: String,
    ) -> Result<(), FactorError> {
        // That the person is who they are was proven when the ceremony began.
        let account = self.own_account().await?;
        if let Some(complaint) = check_passkey_name(&name) {
            return Err(FieldErrors::one("passkey_name", complaint).into());
        }
        self.limited(Limit::Settings, &account.id)?;
        let database = &self.services.database;
        let state = store::take_ceremony(database, &ceremony, Some(&account.id)).await;
        let unusable = || Refusal::Because(FactorReason::UnusablePasskey);
        let state = state?.ok_or_else(unusable)?;
        let made = passkeys::accept_new(&self.services.config.public_url, &state, &credential);
        let (id, data) = made.map_err(Refusal::Because)?;
        let added = async {
            let mut write = database.begin().await?;
            if !account.lock_unchanged(&mut write).await? {
                return Ok::<_, DatabaseError>(Err(superseded()));
            }
            let name = &tidy_name(&name);
            let added =
                store::add_passkey(&mut write, &account.id, &id, name, &data, MAX_PASSKEYS).await?;
            if !added {
                return Ok(Err(Refusal::Because(FactorReason::TooManyPasskeys)));
            }
            self.commit_told(write, &account, SecurityChange::PasskeyAdded).await?;
            Ok(Ok(()))
        };
        match added.await {
            Ok(added) => added,
            Err(error) if error.is_unique_violation() => Err(unusable()),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_passkey(
        &self,
        id: String,
        password: Option<Secret>,
    ) -> Result<(), FactorError> {
        let account = self.proven(password).await?;
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        if !store::remove_passkey(&mut write, &account.id, &id).await? {
            return Err(Refusal::NotFound);
        }
        self.commit_told(write, &account, SecurityChange::PasskeyRemoved).await?;
        Ok(())
    }

    async fn begin_log_in(&self) -> Result<Challenge, FactorError> {
        self.limited(Limit::LogInAddress, by_address(self.address))?;
        let asked = passkeys::ask_for_known(&self.services.config.public_url);
        self.challenge(None, asked.map_err(Refusal::Because)?).await
    }

    async fn log_in_with_passkey(
        &self,
        ceremony: String,
        credential: String,
    ) -> Result<Viewer, FactorError> {
        self.limited(Limit::LogInAddress, by_address(self.address))?;
        let unknown = || Refusal::Because(FactorReason::UnknownPasskey);
        let database = &self.services.database;
        let state = store::take_ceremony(database, &ceremony, None).await?;
        let state = state.ok_or_else(unknown)?;
        let id = passkeys::named(&credential).ok_or_else(unknown)?;
        let known = store::passkey(database, &id).await?.ok_or_else(unknown)?;
        let data = passkeys::check_known(
            &self.services.config.public_url,
            &state,
            &credential,
            &known.person,
            &known.data,
        );
        let data = data.map_err(Refusal::Because)?;
        // Also refused to who has closed the account, or whom the operator has: the password tells why.
        let account = find(database, &known.account).await?.ok_or_else(unknown)?;
        // As it was when the passkey was read.
        let account = Account { epoch: known.epoch, ..account };
        if !self.enter(&account).await? {
            return Err(superseded());
        }
        let viewer = account.viewer();
        store::use_passkey(database, &id, &data).await?;
        Ok(viewer)
    }

    async fn begin_second_factor(&self, password: Option<Secret>) -> Result<SetUp, FactorError> {
        let account = self.proven(password).await?;
        let secret = totp::new_secret();
        let sealed =
            self.services.seal.seal(&secret, account.id.as_str()).map_err(|_| Refusal::Broken)?;
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        if !store::begin_second_factor(&mut write, &account.id, &sealed).await? {
            return Err(Refusal::Because(FactorReason::AlreadyOn));
        }
        write.commit().await?;
        totp::set_up(&secret, &account.handle).map_err(|_| Refusal::Broken)
    }

    async fn enable_second_factor(&self, code: String) -> Result<Vec<Secret>, FactorError> {
        let account = self.own_account().await?;
        let code = normal_code(&code).map_err(|complaint| FieldErrors::one("code", complaint))?;
        let database = &self.services.database;
        let factor = store::second_factor(database, &account.id).await?;
        let factor = factor.ok_or(Refusal::Because(FactorReason::Off))?;
        if factor.on {
            return Err(Refusal::Because(FactorReason::AlreadyOn));
        }
        self.limited(Limit::Code, (by_address(self.address), &account.id))?;
        let step = step(self, &account.id, &factor.secret, &code)?.ok_or_else(wrong_code)?;
        let (shown, kept) = self.make_recovery_codes().await?;
        let mut write = database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        // The code that turned it on opens nothing afterwards.
        let fresh = store::use_step(&mut write, &account.id, step).await?;
        if !fresh || !store::enable(&mut write, &account.id).await? {
            return Err(Refusal::Because(FactorReason::AlreadyOn));
        }
        store::keep_recovery_codes(&mut write, &account.id, &kept).await?;
        self.commit_told(write, &account, SecurityChange::SecondFactorOn).await?;
        Ok(shown)
    }

    async fn disable_second_factor(&self, password: Option<Secret>) -> Result<(), FactorError> {
        let account = self.proven(password).await?;
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        if !store::disable(&mut write, &account.id).await? {
            return Err(Refusal::Because(FactorReason::Off));
        }
        self.commit_told(write, &account, SecurityChange::SecondFactorOff).await?;
        Ok(())
    }

    async fn new_recovery_codes(
        &self,
        password: Option<Secret>,
    ) -> Result<Vec<Secret>, FactorError> {
        let account = self.proven(password).await?;
        let database = &self.services.database;
        let factor = store::second_factor(database, &account.id).await?;
        if !factor.is_some_and(|factor| factor.on) {
            return Err(Refusal::Because(FactorReason::Off));
        }
        let (shown, kept) = self.make_recovery_codes().await?;
        let mut write = database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        store::keep_recovery_codes(&mut write, &account.id, &kept).await?;
        self.commit_told(write, &account, SecurityChange::RecoveryCodes).await?;
        Ok(shown)
    }
}
