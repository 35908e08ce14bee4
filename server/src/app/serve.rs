//! Opening and closing the venue.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use thiserror::Error;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{router::router, venue::Venue};
use crate::{
    config::Config,
    database::DatabaseError,
    http::listener::serve,
    mail::MailStartError,
    media::MediaStartError,
    radio,
    storage::{StorageError, StorageStartError},
};

/// Failure to open the venue, for the operator.
#[derive(Debug, Error)]
pub enum StartError {
    /// Something else listens there already.
    #[error(
        "port {} is in use: stop what listens at {address}, or choose another address with {flag}",
        address.port()
    )]
    InUse {
        /// Address in use.
        address: SocketAddr,
        /// Flag that names it.
        flag: &'static str,
    },
    /// The address can't be listened at for another reason.
    #[error("can't listen at {address}: {source}")]
    Listen {
        /// Address to listen at.
        address: SocketAddr,
        /// Cause.
        source: io::Error,
    },
    /// The data folder can't be made.
    #[error("the data folder {} can't be used: {source}", folder.display())]
    Data {
        /// The data folder.
        folder: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The key by which rights are signed.
    #[error("the key in the data folder can't be used: {0}")]
    Key(io::Error),
    /// The media core can't start.
    #[error(transparent)]
    Media(#[from] MediaStartError),
    /// Mails can't be sent.
    #[error(transparent)]
    Mail(#[from] MailStartError),
    /// Messages can't be translated.
    #[error("the server that translates can't be used: {0}")]
    Translation(reqwest::Error),
    /// The database can't be used.
    #[error("the database can't be used: {0}")]
    Database(DatabaseError),
    /// Files can't be kept.
    #[error(transparent)]
    Storage(#[from] StorageStartError),
    /// Files of an earlier version can't be noted.
    #[error("the files can't be used: {0}")]
    Files(StorageError),
    /// The pages aren't built.
    #[error(
        "the pages are not there: {} can't be read ({source}); build them with ./bandstand build, or say \
         where they are with --site",
        index.display()
    )]
    Site {
        /// The file that is missing.
        index: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// An open venue.
#[derive(Debug)]
pub struct Running {
    /// The venue.
    pub venue: Arc<Venue>,
    /// Address at which source clients are served by themselves, if they are.
    pub radio_listen: Option<SocketAddr>,
    serving: JoinHandle<()>,
}

/// Opens the venue: port, database, pages.
///
/// # Errors
/// Fails when one of them can't be had.
pub async fn start(mut config: Config) -> Result<Running, StartError> {
    let address = config.listen;
    let listener = bind(address, "--listen").await?;
    let source_port = match config.radio_listen {
        Some(address) => Some(bind(address, "--radio-listen").await?),
        None => None,
    };
    let listening =
        listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    config.settle(listening);

    let venue = Venue::open(config).await?;
    let router = router(&venue)?;
    venue.start_jobs();
    let radio_listen = source_port.as_ref().and_then(|it| it.local_addr().ok());
    if let Some(listener) = source_port {
        venue.services.tasks.spawn(radio::serve(listener, venue.radio.clone()));
    }
    let services = venue.services.clone();
    let serving = tokio::spawn(async move {
        let (requests, closing) = (services.requests.clone(), services.tasks.closing().clone());
        serve(listener, router, &services.config, requests, closing).await;
    });
    Ok(Running { venue, radio_listen, serving })
}

async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::InUse { address, flag }
        } else {
            StartError::Listen { address, source }
        }
    })
}

impl Running {
    /// Lets requests under way end, for a bounded time, and closes.
    pub async fn stop(self) {
        self.venue.stop().await;
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "serving ended badly");
        }
        self.venue.services.jobs.end().await;
        self.venue.services.files.close().await;
        self.venue.services.database.close().await;
    }
}
