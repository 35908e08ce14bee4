//! Storage backend for the bytes of files: a folder on this machine, or a bucket of an S3 server.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path as Name,
};
use thiserror::Error;
use uuid::Uuid;

use super::folders::make_private;
use crate::config::S3;

/// Read timeout: the longest time in which an S3 server sends nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Most retries of a request that an S3 server failed; none begins after [`RETRY_TIMEOUT`].
const MAX_RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Failure to open the storage backend, for the operator.
#[derive(Debug, Error)]
pub enum StorageStartError {
    /// The folder can't be used.
    #[error("the data folder {} can't be used: {source}", folder.display())]
    Folder {
        /// Path of the folder.
        folder: PathBuf,
        /// I/O error behind it.
        source: io::Error,
    },
    /// The bucket can't be used.
    #[error("files can't be kept in the bucket {bucket} at {endpoint}: {message}")]
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// Endpoint of the S3 server, or `AWS`.
        endpoint: String,
        /// Explanation, with the keys of the configuration to check.
        message: String,
    },
}

/// A store of bytes by name.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub store: Arc<dyn ObjectStore>,
    /// The folder, when it is one.
    pub folder: Option<PathBuf>,
}

impl Backend {
    /// The folder, which is made when it isn't there.
    pub fn folder(folder: &Path) -> Result<Self, StorageStartError> {
        let open = || {
            make_private(folder)?;
            let local = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?;
            Ok(Arc::new(local.with_fsync(true)))
        };
        let failed = |source| StorageStartError::Folder { folder: folder.into(), source };
        Ok(Self { store: open().map_err(failed)?, folder: Some(folder.into()) })
    }

    /// The bucket, after a file was written, found and deleted there.
    pub async fn s3(s3: &S3) -> Result<Self, StorageStartError> {
        let failed = |error: &Error| StorageStartError::S3 {
            bucket: s3.bucket.clone(),
            endpoint: s3.endpoint.clone().unwrap_or_else(|| "AWS".into()),
            message: explain(error),
        };
        let local = s3.is_on_this_machine();
        let options = ClientOptions::new()
            .with_allow_http(local)
            .with_timeout_disabled()
            .with_read_timeout(READ_TIMEOUT);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_access_key_id(s3.access_key.reveal())
            .with_secret_access_key(s3.secret_key.reveal())
            .with_virtual_hosted_style_request(!s3.path_style)
            // Not every server knows how to delete many at once.
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: MAX_RETRIES,
                retry_timeout: RETRY_TIMEOUT,
            });
        if let Some(endpoint) = s3.host() {
            builder = builder.with_endpoint(endpoint);
        }
        let store = Arc::new(builder.build().map_err(|error| failed(&error))?);
        try_out(&*store).await.map_err(|error| failed(&error))?;
        Ok(Self { store, folder: None })
    }
}

/// Does once what will be done with files.
async fn try_out(store: &dyn ObjectStore) -> Result<(), Error> {
    let name = Name::from(format!("probe/{}", Uuid::new_v4().simple()));
    store.list(Some(&Name::from("probe"))).try_next().await?;
    store.put(&name, Bytes::from_static(b"Bandstand").into()).await?;
    store.get(&name).await?.bytes().await?;
    store.delete(&name).await
}

/// Explains an error to the operator. Servers name the cause by a code in the answer, also where the
/// library knows but a status.
fn explain(error: &Error) -> String {
    let text = chain(error);
    let says = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
    if says(&["NoSuchBucket"]) {
        "there is no such bucket (s3_bucket)".into()
    } else if says(&["PermanentRedirect", "AuthorizationHeaderMalformed"]) {
        "the bucket is in another region (s3_region), or another server has it (s3_endpoint)".into()
    } else if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
        || says(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403 Forbidden"])
    {
        "the server refuses the key (s3_access_key, s3_secret_key), or it may not list, write, read \
         and delete there"
            .into()
    } else {
        format!("{text} (s3_endpoint, s3_path_style)")
    }
}

/// An error and its sources, each said once.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let further = inner.to_string();
        if !text.contains(&further) {
            text = format!("{text}: {further}");
        }
        source = inner.source();
    }
    text
}
