//! Opening and closing the venue.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{live::LiveStartError, router::router, venue::Venue};
use crate::{
    accounts::{leaving, links},
    background::jobs,
    config::Config,
    database::DatabaseError,
    http::listener::serve,
    mail::MailStartError,
    people, sessions,
};

/// Why the venue can't open, for the operator.
#[derive(Debug, Error)]
pub enum StartError {
    /// Something else listens there already.
    #[error(
        "port {} is in use: stop what listens at {address}, or choose another address with --listen",
        address.port()
    )]
    InUse {
        /// Where.
        address: SocketAddr,
    },
    /// The address can't be listened at for another reason.
    #[error("can't listen at {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data folder can't be made.
    #[error("the data folder {} can't be used: {source}", folder.display())]
    Data {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The live part can't start.
    #[error(transparent)]
    Live(#[from] LiveStartError),
    /// Mails can't be sent.
    #[error(transparent)]
    Mail(#[from] MailStartError),
    /// The database can't be used.
    #[error("the database can't be used: {0}")]
    Database(DatabaseError),
    /// The pages aren't built.
    #[error(
        "the pages are not there: {} can't be read ({source}); build them with ./bandstand build, or say \
         where they are with --site",
        index.display()
    )]
    Site {
        /// The file that is missing.
        index: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// An open venue.
#[derive(Debug)]
pub struct Running {
    /// The venue.
    pub venue: Arc<Venue>,
    serving: JoinHandle<()>,
    sweeping: JoinHandle<()>,
}

/// Opens the venue: port, database, pages.
///
/// # Errors
/// When one of them can't be had.
pub async fn start(mut config: Config) -> Result<Running, StartError> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::InUse { address }
        } else {
            StartError::Listen { address, source }
        }
    })?;
    let listening =
        listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    config.settle(listening);

    let venue = Venue::open(config).await?;
    let router = router(venue.clone())?;
    venue.jobs.start(&venue);
    let serving = tokio::spawn(serve(listener, router, venue.clone()));
    let sweeping = tokio::spawn(sweep(venue.clone()));
    Ok(Running { venue, serving, sweeping })
}

impl Running {
    /// Lets requests under way end, for a bounded time, and closes.
    pub async fn stop(self) {
        self.venue.closing.cancel();
        self.venue.live.stop().await;
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "serving ended badly");
        }
        self.venue.jobs.end().await;
        self.sweeping.abort();
        self.venue.database.close().await;
    }
}

/// Clears away what has run out: limits each minute, sessions and the rest each hour.
async fn sweep(venue: Arc<Venue>) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    let mut count = 0_u64;
    loop {
        minutes.tick().await;
        venue.limits.tidy();
        if count.is_multiple_of(60)
            && let Err(error) = sweep_database(&venue).await
        {
            tracing::error!(%error, "what has run out could not be deleted");
        }
        count += 1;
    }
}

async fn sweep_database(venue: &Arc<Venue>) -> Result<(), DatabaseError> {
    sessions::sweep(&venue.database).await?;
    let mut write = venue.database.begin().await?;
    links::sweep(&mut write).await?;
    jobs::sweep(&mut write).await?;
    people::sweep_handles(&mut write).await?;
    write.commit().await?;
    leaving::erase_due(venue).await?;
    people::sweep(venue).await
}
