//! An S3 server for one test, which checks signatures and keeps its buckets in a folder.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use bandstand_domain::Secret;
use bandstand_server::config::S3;
use hyper::{Method, Request, body::Incoming, server::conn::http1, service::service_fn};
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
    address: SocketAddr,
    gate: watch::Sender<Gate>,
    refused: watch::Sender<usize>,
    task: JoinHandle<()>,
}

/// Requests that wait.
#[derive(Clone, PartialEq)]
enum Gate {
    /// None.
    Open,
    /// All.
    Shut,
    /// Uploads of the object of this name.
    Holds(String),
}

impl S3Server {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = format!("http://{address}");
        let gate = watch::Sender::new(Gate::Open);
        let task = tokio::spawn(serve(listener, service(folder.path()), gate.subscribe()));
        let config = S3 {
            bucket: BUCKET.into(),
            endpoint: Some(endpoint),
            region: "us-east-1".into(),
            access_key: Secret::new(ACCESS_KEY),
            secret_key: Secret::new(SECRET_KEY),
            path_style: true,
        };
        Self { config, folder, address, gate, refused: watch::Sender::default(), task }
    }

    /// Where the objects of the bucket are.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// Lets requests wait, or go on.
    pub fn set_open(&self, open: bool) {
        self.gate.send_replace(if open { Gate::Open } else { Gate::Shut });
    }

    /// Lets uploads of the object of this name wait, and all else go on.
    pub fn hold(&self, name: String) {
        self.gate.send_replace(Gate::Holds(name));
    }

    /// Ends the server amid whatever it does. Instead of it there is somebody who hangs up on each caller, and
    /// counts them anew.
    pub async fn stop(&mut self) {
        let listener = self.replace().await;
        self.refused.send_replace(0);
        let refused = self.refused.clone();
        self.task = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                refused.send_modify(|count| *count += 1);
            }
        });
    }

    /// Waits until it has hung up on so many callers.
    pub async fn refuses(&self, count: usize) {
        let _ = self.refused.subscribe().wait_for(|it| *it >= count).await;
    }

    /// Starts the server anew, at its address and with the objects that it had.
    pub async fn start_again(&mut self) {
        let listener = self.replace().await;
        self.gate.send_replace(Gate::Open);
        let service = service(self.folder.path());
        self.task = tokio::spawn(serve(listener, service, self.gate.subscribe()));
    }

    /// Ends whoever listens at the server's address, and listens there.
    async fn replace(&mut self) -> TcpListener {
        self.task.abort();
        // Aborted, it has let go of its sockets.
        let _ = (&mut self.task).await;
        TcpListener::bind(self.address).await.unwrap()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn service(folder: &Path) -> S3Service {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    builder.build()
}

async fn serve(listener: TcpListener, service: S3Service, gate: watch::Receiver<Gate>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (service, gate) = (service.clone(), gate.clone());
        let answer = service_fn(move |request: Request<Incoming>| {
            let (service, mut gate) = (service.clone(), gate.clone());
            async move {
                let (path, is_put) =
                    (request.uri().path().to_owned(), request.method() == Method::PUT);
                let passes = |gate: &Gate| match gate {
                    Gate::Open => true,
                    Gate::Shut => false,
                    Gate::Holds(name) => !is_put || !path.ends_with(name.as_str()),
                };
                let _ = gate.wait_for(passes).await;
                service.call(request.map(s3s::Body::from)).await
            }
        });
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), answer));
    }
}
