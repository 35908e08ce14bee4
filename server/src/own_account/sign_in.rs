//! Coming in: registering, confirming, logging in, forgotten passwords, guests.
//!
//! **Invariant:** no answer, and no time that an answer takes, tells whether an e-mail address is known.
//! Registering and asking for a new password write the same rows whether it is or not; what follows
//! from it stands in a letter to the address. Logging in hashes a password in every case.

use async_trait::async_trait;
use bandstand_app::{accounts::port::Accounts, viewer::port::Identity};
use bandstand_domain::{
    FieldErrors, Refusal, Secret,
    accounts::{AccountError, AccountReason, Credentials, Registration, Reset, Viewer},
    field::length,
    text,
};

use super::deletion::GRACE;
use crate::{
    accounts::{
        Account,
        emails::EmailKind,
        guests,
        store::{
            self, Known,
            email_tokens::{self, LinkKind},
        },
        write_to,
    },
    api_tokens,
    caller::Caller,
    database::DatabaseError,
    factors,
    http::limits::{Limit, by_address},
    mail::address::{key, sendable},
    people, sessions, shows,
};

#[async_trait]
impl Accounts for Caller {
    async fn register(&self, form: Registration) -> Result<Viewer, AccountError> {
        form.check()?;
        check_sendable(&form.email)?;
        self.limited(Limit::Registration, by_address(self.address))?;
        let known_words = [form.handle.trim(), form.display_name.trim(), form.email.trim()];
        let passwords = &self.services.passwords;
        passwords.check_strength("password", &form.password, &known_words).await?;
        let password = passwords.hash(&form.password).await?;
        // A guest stays the same person, and keeps their place in the crowd.
        let guest = guests::identity(self).await?;
        let made = async {
            let mut write = self.services.database.begin().await?;
            let account =
                store::insert(&mut write, &form, guest, &password, self.request_language.current)
                    .await?;
            if people::is_kept_for_another(&mut write, form.handle.trim(), &account.id).await? {
                return Ok::<_, DatabaseError>(Err(taken(&form.handle)));
            }
            write_to(&mut write, EmailKind::Registered { account: account.id.clone() }).await?;
            write.commit().await?;
            Ok(Ok(account))
        };
        let account = match made.await {
            Ok(made) => made?,
            Err(error) if error.is_unique_violation() => {
                return Err(self.handle_taken(&form.handle).await);
            }
            Err(error) => return Err(error.into()),
        };
        self.services.jobs.wake();
        self.enter_proven(&account).await?;
        Ok(account.viewer())
    }

    async fn confirm(&self, link: Secret) -> Result<String, AccountError> {
        self.limited(Limit::Link, by_address(self.address))?;
        let over = || Refusal::Because(AccountReason::LinkOver);
        let confirmed = async {
            let mut write = self.services.database.begin().await?;
            let purposes = [LinkKind::Confirm, LinkKind::Email];
            let Some(proof) = email_tokens::redeem(&mut write, &link, &purposes).await? else {
                return Ok::<_, DatabaseError>(None);
            };
            let account = proof.account.clone();
            let before = store::confirm(&mut write, &account, &proof.email).await?;
            // Links for another address, and those that a former address holds, are void now.
            email_tokens::take_back(&mut write, &account).await?;
            let kind = match before {
                Some(email) => EmailKind::EmailChanged { account, email },
                None => EmailKind::Confirmed { account },
            };
            // From now on they stand on the list.
            let shows = shows::append_artist_changed(&mut write, &proof.account).await?;
            write_to(&mut write, kind).await?;
            write.commit().await?;
            Ok(Some((proof.email, shows)))
        };
        let (email, shows) = match confirmed.await {
            Ok(email) => email.ok_or_else(over)?,
            // Somebody else has confirmed the same address in the meantime.
            Err(error) if error.is_unique_violation() => return Err(over()),
            Err(error) => return Err(error.into()),
        };
        for show in shows {
            shows::announce(&self.services, show).await;
        }
        self.services.jobs.wake();
        Ok(email)
    }

    async fn log_in(&self, form: Credentials) -> Result<Viewer, AccountError> {
        let known = self.prove(&form).await?;
        if let Some(at) = known.deleted_at {
            let erased_at = at.plus(GRACE);
            return Err(Refusal::Because(AccountReason::Leaving { erased_at }));
        }
        factors::check_second_factor(self, &known.account, form.code.reveal()).await?;
        self.enter_proven(&known.account).await?;
        Ok(known.account.viewer())
    }

    async fn restore(&self, form: Credentials) -> Result<Viewer, AccountError> {
        let known = self.prove(&form).await?;
        factors::check_second_factor(self, &known.account, form.code.reveal()).await?;
        let mut write = self.services.database.begin().await?;
        let restored = store::restore(&mut write, &known.account.id, known.account.epoch).await?;
        write.commit().await?;
        if !restored {
            return Err(superseded());
        }
        self.enter_proven(&known.account).await?;
        Ok(known.account.viewer())
    }

    async fn log_out(&self) -> Result<(), AccountError> {
        let Some(name) = sessions::name_of(&self.session).await.map_err(DatabaseError::from)?
        else {
            return Ok(());
        };
        let mut write = self.services.database.begin().await?;
        sessions::end_named(&mut write, &name).await?;
        write.commit().await?;
        // What is left of it is the cookie.
        self.session.flush().await.map_err(DatabaseError::from)?;
        self.services.end_sessions(&[name]).await;
        Ok(())
    }

    async fn forgotten(&self, login: String) -> Result<(), AccountError> {
        if let Some(complaint) = length(text!(complaint.what.login), &login, 1, 254) {
            return Err(FieldErrors::one("login", complaint).into());
        }
        self.limited(Limit::Forgotten, by_address(self.address))?;
        // Whether there is such an account is asked when the letter is composed.
        Ok(self.ask(EmailKind::Forgotten { login: login.trim().to_owned() }).await?)
    }

    async fn reset(&self, form: Reset) -> Result<String, AccountError> {
        form.check()?;
        self.limited(Limit::Link, by_address(self.address))?;
        let over = || Refusal::Because(AccountReason::LinkOver);
        let database = &self.services.database;
        let purposes = [LinkKind::Reset];
        if !email_tokens::is_good(database, &form.link, &purposes).await? {
            return Err(over());
        }
        let passwords = &self.services.passwords;
        passwords.check_strength("new", &form.new, &[]).await?;
        let hash = passwords.hash(&form.new).await?;
        let mut write = database.begin().await?;
        let Some(proof) = email_tokens::redeem(&mut write, &form.link, &purposes).await? else {
            return Err(over());
        };
        store::set_password(&mut write, &proof.account, &hash).await?;
        factors::forget_tries(&mut write, &proof.account).await?;
        email_tokens::take_back(&mut write, &proof.account).await?;
        let ended = sessions::end_all(&mut write, &proof.account, None).await?;
        let revoked = api_tokens::revoke_all(&mut write, &proof.account).await?;
        let account = proof.account.clone();
        write_to(&mut write, EmailKind::PasswordChanged { account }).await?;
        write.commit().await?;
        let contact = store::contact(database, &proof.account).await?;
        let handle = contact.ok_or_else(over)?.handle;
        self.services.end_sessions(&ended).await;
        api_tokens::tell_revoked(&self.services, &revoked).await;
        self.services.jobs.wake();
        Ok(handle)
    }

    async fn enter_as_guest(&self, name: String) -> Result<Viewer, AccountError> {
        guests::enter(self, &name).await
    }
}

#[async_trait]
impl Identity for Caller {
    async fn viewer(&self) -> Result<Option<Viewer>, AccountError> {
        // The inherent method, which comes before this one.
        Ok(Caller::viewer(self).await?)
    }

    async fn resend_confirmation(&self) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        self.limited(Limit::Forgotten, by_address(self.address))?;
        Ok(self.ask(EmailKind::Registered { account: account.id }).await?)
    }
}

/// The complaint about a handle that somebody has, or had until lately.
pub(super) fn taken(handle: &str) -> AccountError {
    FieldErrors::one("handle", text!(server.accounts.handle_taken, handle = handle.trim())).into()
}

/// Complains when no mail server could be told the address.
pub(super) fn check_sendable(email: &str) -> Result<(), FieldErrors> {
    let wrong = || FieldErrors::one("email", text!(server.accounts.email_domain));
    sendable(email).map(drop).ok_or_else(wrong)
}

/// The answer to who proved who they are while how the account is entered was changed.
pub(super) fn superseded() -> AccountError {
    Refusal::Because(AccountReason::Superseded)
}

impl Caller {
    /// Logs in to the account that the caller has proved to be theirs.
    async fn enter_proven(&self, account: &Account) -> Result<(), AccountError> {
        if self.enter(account).await? { Ok(()) } else { Err(superseded()) }
    }

    /// The account whose password the caller knows. What becomes of it is not looked at, except that
    /// nobody gets into one that an operator closed.
    async fn prove(&self, form: &Credentials) -> Result<Known, AccountError> {
        form.check()?;
        let login = key(&form.login);
        let address = by_address(self.address);
        self.limited(Limit::LogInAddress, address)?;
        self.limited(Limit::LogIn, (address, &login))?;
        let known = store::by_login(&self.services.database, &login).await?;
        // Without an account too, so that the time it takes tells nothing.
        let right = self.is_password(known.as_ref(), &form.password).await?;
        match known {
            Some(known) if right && known.disabled => {
                Err(Refusal::Because(AccountReason::Disabled))
            }
            Some(known) if right => Ok(known),
            _ => Err(Refusal::Because(AccountReason::WrongCredentials)),
        }
    }

    /// Returns the refusal for a form whose handle the database refused. Handles are public; nothing
    /// else that could be in use may be told.
    pub(super) async fn handle_taken(&self, handle: &str) -> AccountError {
        match store::is_handle_taken(&self.services.database, handle).await {
            Ok(true) => taken(handle),
            // The same guest registered twice at once.
            Ok(false) => Refusal::Broken,
            Err(error) => error.into(),
        }
    }
}
