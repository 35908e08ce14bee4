//! What lives as long as the program.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{StartError, live::Live};
use crate::{
    accounts::store::settle_email_keys,
    background::jobs::Jobs,
    config::Config,
    crypto::{passwords::Passwords, seal::Seal},
    database::Database,
    http::limits::Limits,
    mail::Mail,
    people::Darkroom,
    storage::{
        files::Files,
        folders::{is_open_to_others, make_private},
    },
};

/// The venue: shared by all requests behind an `Arc`.
#[derive(Debug)]
pub struct Venue {
    /// What the operator decided.
    pub config: Config,
    /// What must last.
    pub database: Database,
    /// Stages and who follows them.
    pub live: Live,
    /// The way that mails take.
    pub mail: Mail,
    /// What is done apart from any request.
    pub jobs: Jobs,
    /// How often who may do what.
    pub limits: Limits,
    /// Seals what has to be read again.
    pub seal: Seal,
    /// Where passwords are hashed.
    pub passwords: Passwords,
    /// Files that people bring.
    pub files: Files,
    /// Where their pictures are looked at.
    pub darkroom: Darkroom,
    /// Connections, and what is done for requests; waited for when the venue closes.
    pub under_way: TaskTracker,
    /// Cancelled when the venue closes: whoever holds a connection open says goodbye then.
    pub closing: CancellationToken,
}

impl Venue {
    /// Opens the venue: its data folder, its database.
    ///
    /// # Errors
    /// When either can't be used.
    pub async fn open(config: Config) -> Result<Arc<Self>, StartError> {
        make_private(&config.data)
            .map_err(|source| StartError::Data { folder: config.data.clone(), source })?;
        if is_open_to_others(&config.data) {
            tracing::warn!(
                folder = %config.data.display(),
                "others on this machine can look into the data folder: take that away with chmod 700"
            );
        }
        let mail = Mail::open(&config)?;
        let files = Files::open(&config.data.join("files"))
            .map_err(|source| StartError::Data { folder: config.data.join("files"), source })?;
        let database =
            Database::open(config.database().reveal()).await.map_err(StartError::Database)?;
        settle_email_keys(&database).await.map_err(StartError::Database)?;
        let live = Live::start(&config, &database).await?;
        // After the live part, which makes the key on the first start.
        let seal = Seal::open(&config.data)
            .map_err(|source| StartError::Data { folder: config.data.clone(), source })?;
        Ok(Arc::new(Self {
            seal,
            limits: Limits::new(config.limit_scale),
            passwords: Passwords::default(),
            jobs: Jobs::default(),
            mail,
            files,
            darkroom: Darkroom::default(),
            under_way: TaskTracker::new(),
            closing: CancellationToken::new(),
            live,
            database,
            config,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn secrets_are_the_venues_own_in_a_folder_that_is_open_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        make_private(&data).unwrap();
        assert!(!is_open_to_others(&data));
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_open_to_others(&data));
        let config =
            Config { data: data.clone(), media: ([127, 0, 0, 1], 0).into(), ..Config::default() };
        let venue = Venue::open(config).await.unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            let others = fs::metadata(&path).unwrap().permissions().mode() & 0o077;
            assert_eq!(others, 0, "{}", path.display());
        }
        venue.live.stop().await;
        venue.database.close().await;
    }
}
