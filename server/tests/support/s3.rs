//! An S3 server for one test, which checks signatures and keeps its buckets in a folder.

use std::{fs, path::PathBuf};

use bandstand_domain::Secret;
use bandstand_server::config::S3;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

const BUCKET: &str = "venue";
const ACCESS_KEY: &str = "venue-key";
const SECRET_KEY: &str = "not known elsewhere";

/// A server that ends when it is dropped.
pub struct S3Server {
    /// What a venue has to be told.
    pub config: S3,
    folder: TempDir,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl S3Server {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (open, gate) = watch::channel(true);
        let task = tokio::spawn(serve(listener, builder.build(), gate));
        let config = S3 {
            bucket: BUCKET.into(),
            endpoint: Some(endpoint),
            region: "us-east-1".into(),
            access_key: Secret::new(ACCESS_KEY),
            secret_key: Secret::new(SECRET_KEY),
            path_style: true,
        };
        Self { config, folder, open, task }
    }

    /// Where the objects of the bucket are.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// Lets requests wait, or go on.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service, gate: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (service, gate) = (service.clone(), gate.clone());
        let answer = service_fn(move |request: Request<Incoming>| {
            let (service, mut gate) = (service.clone(), gate.clone());
            async move {
                let _ = gate.wait_for(|open| *open).await;
                service.call(request.map(s3s::Body::from)).await
            }
        });
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), answer));
    }
}
