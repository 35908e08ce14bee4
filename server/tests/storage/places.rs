//! What an operator is told when files can't be kept where the configuration says.

use bandstand_domain::Secret;
use bandstand_server::{
    config::{Config, S3},
    database::Database,
    storage::{StorageStartError, files::Files},
};

use crate::support::s3::S3Server;

async fn refused(s3: S3) -> String {
    let folder = tempfile::tempdir().unwrap();
    let url = Database::sqlite_url(&folder.path().join("bandstand.sqlite"));
    let database = Database::open(&url).await.unwrap();
    let config = Config { s3: Some(s3), ..Config::default() };
    let error = Files::open(&config, &database).await.err().unwrap();
    assert!(matches!(error, StorageStartError::S3 { .. }), "{error:?}");
    database.close().await;
    let text = error.to_string();
    assert!(!text.contains("not known elsewhere"), "{text}");
    text
}

#[tokio::test]
async fn start_tells_which_part_of_the_configuration_is_wrong() {
    let server = S3Server::start().await;
    let right = || server.config.clone();
    let bucket = refused(S3 { bucket: "another".into(), ..right() }).await;
    assert!(bucket.contains("another") && bucket.contains("s3_bucket"), "{bucket}");
    let key = refused(S3 { access_key: Secret::new("another"), ..right() }).await;
    assert!(key.contains("s3_access_key"), "{key}");
    let secret = refused(S3 { secret_key: Secret::new("another"), ..right() }).await;
    assert!(secret.contains("s3_secret_key"), "{secret}");
    // Nobody listens at the port of a server that has ended.
    let ended = S3Server::start().await.config.clone();
    let endpoint = refused(ended.clone()).await;
    assert!(endpoint.contains("s3_endpoint"), "{endpoint}");
    assert!(endpoint.contains(ended.endpoint.as_deref().unwrap()), "{endpoint}");
}
