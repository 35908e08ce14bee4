//! Settings of one's own account.

use async_trait::async_trait;
use bandstand_app::accounts::port::AccountSettings;
use bandstand_domain::{
    FieldErrors, Language, Millis, Refusal, Secret,
    accounts::{AccountError, NewEmail, NewPassword, Settings, Viewer, check_new_handle, given},
    texts::Catalogue,
};

use super::{
    deletion::GRACE,
    sign_in::{check_sendable, superseded, taken},
};
use crate::{
    accounts::{
        Account,
        emails::EmailKind,
        store::{self, email_tokens},
        write_to,
    },
    api_tokens,
    caller::Caller,
    clock,
    database::DatabaseError,
    factors,
    http::{limits::Limit, user_agent},
    ids::{AccountId, SessionName},
    people, sessions, shows,
};

#[async_trait]
impl AccountSettings for Caller {
    async fn settings(&self) -> Result<Settings, AccountError> {
        let account = self.own_account().await?;
        let database = &self.services.database;
        let contact = store::contact(database, &account.id).await?;
        let current = self.session_name().await?;
        let mut sessions = sessions::list(database, &account.id, Some(&current)).await?;
        let catalogue = Catalogue::of(self.request_language.current);
        for session in &mut sessions {
            session.device = catalogue.say(&user_agent::text(&session.device));
        }
        let contact = contact.ok_or(Refusal::NotLoggedIn)?;
        Ok(Settings {
            handle: contact.handle,
            email: contact.email,
            confirmed: contact.confirmed,
            language: contact.language,
            sessions,
        })
    }

    async fn change_handle(&self, handle: String) -> Result<Viewer, AccountError> {
        let account = self.own_account().await?;
        check_new_handle(&handle)?;
        let handle = handle.trim().to_owned();
        self.limited(Limit::Settings, &account.id)?;
        self.limited(Limit::Rename, &account.id)?;
        let changed = async {
            let mut write = self.services.database.begin().await?;
            store::set_handle(&mut write, &account.id, &handle).await?;
            if people::is_kept_for_another(&mut write, &handle, &account.id).await? {
                return Ok::<_, DatabaseError>(Err(taken(&handle)));
            }
            // Nobody has met who never confirmed their address, so no name is kept for them.
            let left = if account.confirmed { &account.handle } else { &handle };
            people::leave_handle(&mut write, &account.id, left, &handle).await?;
            // Posters lead to the artist's page, whose address has changed.
            let shows = shows::append_artist_changed(&mut write, &account.id).await?;
            write.commit().await?;
            Ok(Ok(shows))
        };
        match changed.await {
            Ok(shows) => {
                for show in shows? {
                    shows::announce(&self.services, show).await;
                }
                Ok(Account { handle, ..account }.viewer())
            }
            Err(error) if error.is_unique_violation() => Err(self.handle_taken(&handle).await),
            Err(error) => Err(error.into()),
        }
    }

    async fn change_email(&self, form: NewEmail) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        form.check()?;
        check_sendable(&form.email)?;
        self.check_own_password(&account, "email_password", &form.password).await?;
        let email = form.email.trim().to_owned();
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        let id = account.id.clone();
        let kind = if account.confirmed {
            EmailKind::NewEmail { account: id, email }
        } else {
            // Nobody relies on an address that was never confirmed.
            email_tokens::take_back(&mut write, &id).await?;
            store::set_unconfirmed_email(&mut write, &id, &email).await?;
            EmailKind::Registered { account: id }
        };
        write_to(&mut write, kind).await?;
        write.commit().await?;
        self.services.jobs.wake();
        Ok(())
    }

    async fn change_password(&self, form: NewPassword) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        form.check()?;
        self.check_own_password(&account, "current", &form.current).await?;
        let passwords = &self.services.passwords;
        passwords.check_strength("new", &form.new, &[&account.handle, &account.name]).await?;
        let hash = passwords.hash(&form.new).await?;
        let kept = self.session_name().await?;
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        store::set_password(&mut write, &account.id, &hash).await?;
        factors::forget_tries(&mut write, &account.id).await?;
        email_tokens::take_back(&mut write, &account.id).await?;
        let ended = sessions::end_all(&mut write, &account.id, Some(&kept)).await?;
        let revoked = api_tokens::revoke_all(&mut write, &account.id).await?;
        let kind = EmailKind::PasswordChanged { account: account.id.clone() };
        write_to(&mut write, kind).await?;
        write.commit().await?;
        self.services.end_sessions(&ended).await;
        api_tokens::tell_revoked(&self.services, &revoked).await;
        self.services.jobs.wake();
        Ok(())
    }

    async fn change_language(&self, language: Language) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        self.limited(Limit::Settings, &account.id)?;
        let mut write = self.services.database.begin().await?;
        store::set_language(&mut write, &account.id, language).await?;
        write.commit().await?;
        self.request_language.choose(language);
        Ok(())
    }

    async fn end_session(&self, name: String) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        let name = SessionName::new(name);
        let current = self.session_name().await?;
        self.limited(Limit::Sessions, &current)?;
        let mut write = self.services.database.begin().await?;
        store::begin_epoch(&mut write, &account.id).await?;
        if !sessions::end(&mut write, &account.id, &name).await? {
            return Err(Refusal::NotFound);
        }
        write.commit().await?;
        self.services.end_sessions(&[name]).await;
        Ok(())
    }

    async fn end_other_sessions(&self) -> Result<(), AccountError> {
        let account = self.own_account().await?;
        let kept = self.session_name().await?;
        self.limited(Limit::Sessions, &kept)?;
        let ended = self.end_all_sessions(&account.id, Some(&kept)).await?;
        self.services.end_sessions(&ended).await;
        Ok(())
    }

    async fn delete(&self, password: Secret) -> Result<Millis, AccountError> {
        let account = self.own_account().await?;
        if let Some(complaint) = given(&password) {
            return Err(FieldErrors::one("delete_password", complaint).into());
        }
        self.check_own_password(&account, "delete_password", &password).await?;
        let now = clock::now();
        let mut write = self.services.database.begin().await?;
        if !account.lock_unchanged(&mut write).await? {
            return Err(superseded());
        }
        store::delete(&mut write, &account.id, now).await?;
        email_tokens::take_back(&mut write, &account.id).await?;
        let ended = sessions::end_all(&mut write, &account.id, None).await?;
        let kind = EmailKind::Deleted { account: account.id.clone() };
        write_to(&mut write, kind).await?;
        let off = shows::call_off(&mut write, &account.id).await?;
        write.commit().await?;
        shows::called_off(&self.services, off).await;
        self.services.end_sessions(&ended).await;
        self.services.jobs.wake();
        Ok(now.plus(GRACE))
    }
}

impl Caller {
    async fn end_all_sessions(
        &self,
        account: &AccountId,
        kept: Option<&SessionName>,
    ) -> Result<Vec<SessionName>, DatabaseError> {
        let mut write = self.services.database.begin().await?;
        store::begin_epoch(&mut write, account).await?;
        let ended = sessions::end_all(&mut write, account, kept).await?;
        write.commit().await?;
        Ok(ended)
    }
}
