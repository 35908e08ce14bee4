//! The listener: takes connections, each within bounds of number and time, and serves HTTP/1.1 on them.

use std::{
    convert::Infallible,
    io::{Read, Write},
    net::Shutdown,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::StatusCode};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{
    connections::{Admission, Connections},
    timed_stream::{Activity, AnswerBody, TimedStream},
};
use crate::config::Config;

/// Grace period for requests under way when the venue closes.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// The most that is kept of a request's head, and of an answer on its way, in bytes.
const BUFFER: usize = 32 * 1024;
/// The most bytes that wait in the system to be sent, of one connection.
const MAX_UNSENT: u32 = 128 * 1024;
/// Answer to a connection for which there is no place.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// The most connections from one address; further ones are refused. Wide enough for a school behind one,
/// and others are left room.
const MAX_FROM_ADDRESS: usize = 1_024;

/// The right of a connection to be open. It is free again once the connection has ended, and all that was
/// begun on it.
#[derive(Clone)]
pub struct ConnectionPermit(#[allow(dead_code, reason = "held")] Arc<Held>);

type Held = (OwnedSemaphorePermit, Option<Admission>);

/// Serves until `closing` is cancelled, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    requests: TaskTracker,
    closing: CancellationToken,
) {
    let mut builder = http1::Builder::new();
    // Timed by the stream instead.
    builder.header_read_timeout(None).max_buf_size(BUFFER);
    let most = config.most_connections;
    let timeouts = config.timeouts;
    let places = Arc::new(Semaphore::new(most));
    let most_from_address = config.widened(MAX_FROM_ADDRESS);
    let connections = Connections::new(most, most_from_address);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // The other side was gone already, or there are no file descriptors: others end soon.
                tracing::debug!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            turn_away(stream);
            continue;
        };
        // A proxy's address is that of many; one on this machine may be there without being told of.
        let proxied = config.trusted_proxy && config.proxies.trusts(peer.ip());
        let shared = proxied || peer.ip().to_canonical().is_loopback();
        let mut admission = None;
        if !shared {
            admission = connections.admit(peer.ip()).ok();
            if admission.is_none() {
                turn_away(stream);
                continue;
            }
        }
        let _ = stream.set_nodelay(true);
        bound_unsent(&stream);
        let place = ConnectionPermit(Arc::new((place, admission)));
        let activity = Activity::default();
        let timeouts = if shared { timeouts } else { timeouts.direct() };
        let stream = TimedStream::new(stream, timeouts, activity.clone());
        let (router, kept) = (router.clone(), place.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let answering = activity.answering();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(kept.clone());
            let answer = router.clone().oneshot(request);
            async move {
                let response = answer.await?;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    answering.upgraded();
                }
                Ok::<_, Infallible>(response.map(|body| AnswerBody { body, answering }))
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let closing = closing.clone();
        requests.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = closing.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    requests.close();
    if timeout(SHUTDOWN_GRACE, requests.wait()).await.is_err() {
        tracing::info!("requests still under way were cut off");
    }
}

/// Bounds what waits in the system for a client that doesn't take it: by itself, a system keeps megabytes for
/// each, and minutes of sound. What is on its way is not bounded by this, and so no download is slower.
fn bound_unsent(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(MAX_UNSENT);
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, MAX_UNSENT);
}

/// Says that there is no place, where that can be said at once, and hangs up.
fn turn_away(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        // What has come in already is taken out, or the system would hang up before the answer is read.
        let _ = stream.read(&mut [0; 4_096]);
        let _ = stream.write(FULL);
        let _ = stream.shutdown(Shutdown::Write);
    }
}
