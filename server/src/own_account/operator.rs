//! Account commands of the operator's command line, beside a running venue or without one.

use bandstand_domain::{
    FieldErrors, Language, Secret,
    accounts::{AccountError, ArtistProfile, Registration},
    shows::Genre,
};
use thiserror::Error;

use crate::{
    accounts::{
        emails, new_person,
        store::{self, Contact, email_tokens},
    },
    clock,
    config::{Config, UserCommand},
    crypto::{passwords::Passwords, random},
    database::{Database, DatabaseError},
    factors,
    ids::AccountId,
    sessions, shows,
};

/// Failure of an operator's command on an account.
#[derive(Debug, Error)]
pub enum UserError {
    /// Nobody is called that.
    #[error("there is no account ‘{0}’ (give a handle or a confirmed e-mail address)")]
    Unknown(String),
    /// Handle or address can't be, or are in use.
    #[error("{0}")]
    Wrong(String),
    /// The database can't be used.
    #[error("the database can't be used: {0}")]
    Database(#[from] DatabaseError),
}

/// Does what `command` says and tells what it did.
///
/// # Errors
/// [`UserError`].
pub async fn run(mut config: Config, command: UserCommand) -> Result<String, UserError> {
    config.settle(config.listen);
    let database = Database::open(config.database().reveal()).await?;
    store::settle_email_keys(&database).await?;
    let done = attend(&database, &config, command).await;
    database.close().await;
    done
}

async fn attend(
    database: &Database,
    config: &Config,
    command: UserCommand,
) -> Result<String, UserError> {
    match command {
        UserCommand::Create { handle, email, artist } => {
            create(database, config, handle, email, artist).await
        }
        UserCommand::Promote { who } => {
            let contact = find(database, &who).await?;
            store::set_operator(database, &contact.account, true).await?;
            Ok(format!("@{} is an operator now.", contact.handle))
        }
        UserCommand::Demote { who } => {
            let contact = find(database, &who).await?;
            store::set_operator(database, &contact.account, false).await?;
            Ok(format!("@{} is no operator any more.", contact.handle))
        }
        UserCommand::Disable { who } => {
            let contact = find(database, &who).await?;
            let ended = set_disabled(database, &contact.account, true).await?;
            Ok(format!("@{} is closed; {ended} sessions have ended.", contact.handle))
        }
        UserCommand::Enable { who } => {
            let contact = find(database, &who).await?;
            set_disabled(database, &contact.account, false).await?;
            Ok(format!("@{} is open again.", contact.handle))
        }
        UserCommand::Reset { who, forget_factors } => {
            let contact = find(database, &who).await?;
            if forget_factors {
                let mut write = database.begin().await?;
                factors::forget(&mut write, &contact.account).await?;
                write.commit().await?;
            }
            let link = emails::reset_address(database, &config.public_url, &contact).await?;
            Ok(format!(
                "@{} can choose a new password here, once and within an hour:\n{link}",
                contact.handle
            ))
        }
    }
}

async fn find(database: &Database, who: &str) -> Result<Contact, UserError> {
    let known = store::by_login(database, who).await?;
    let known = known.ok_or_else(|| UserError::Unknown(who.to_owned()))?;
    let contact = store::contact(database, &known.account.id).await?;
    contact.ok_or_else(|| UserError::Unknown(who.to_owned()))
}

async fn create(
    database: &Database,
    config: &Config,
    handle: String,
    email: String,
    artist: Option<String>,
) -> Result<String, UserError> {
    // A password that nobody knows: the link replaces it.
    let password = Secret::new(random::secret());
    let form = Registration {
        display_name: handle.clone(),
        handle,
        email,
        password,
        artist: artist
            .map(|stage_name| ArtistProfile { stage_name, genres: vec![Genre("pop".into())] }),
    };
    let words = |errors: FieldErrors| {
        errors.0.into_iter().map(|error| error.message.to_string()).collect::<Vec<_>>().join(" ")
    };
    form.check().map_err(|errors| UserError::Wrong(words(errors)))?;
    let hash: Result<_, AccountError> = Passwords::default().hash(&form.password).await;
    let hash = hash.map_err(|refusal| UserError::Wrong(refusal.to_string()))?;
    let made = async {
        let mut write = database.begin().await?;
        let language = Language::default();
        let person = (new_person(), None);
        let account = store::insert(&mut write, &form, person, &hash, language).await?;
        store::confirm(&mut write, &account.id, form.email.trim()).await?;
        write.commit().await?;
        Ok::<_, DatabaseError>(account)
    };
    let account = match made.await {
        Err(error) if error.is_unique_violation() => {
            return Err(UserError::Wrong("The handle or the address is in use.".into()));
        }
        made => made?,
    };
    let contact = find(database, &account.handle).await?;
    let link = emails::reset_address(database, &config.public_url, &contact).await?;
    Ok(format!(
        "@{} is there. The password is chosen here, within an hour:\n{link}",
        account.handle
    ))
}

/// Closes or opens an account; answers how many sessions ended. A running venue cuts what they hold.
async fn set_disabled(
    database: &Database,
    id: &AccountId,
    disabled: bool,
) -> Result<usize, DatabaseError> {
    let mut write = database.begin().await?;
    store::set_disabled(&mut write, id, disabled.then(clock::now)).await?;
    let mut ended = 0;
    if !disabled {
        shows::append_artist_changed(&mut write, id).await?;
    } else {
        shows::append_artist_closed(&mut write, id).await?;
        email_tokens::take_back(&mut write, id).await?;
        ended = sessions::end_all(&mut write, id, None).await?.len();
    }
    write.commit().await?;
    Ok(ended)
}
