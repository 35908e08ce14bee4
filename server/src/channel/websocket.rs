//! The WebSocket under a live channel: handshake, what comes in, and what goes out.
//!
//! tungstenite reads and answers pings and close frames. What the venue says is written past it, since
//! its frames are the same for many: see [`FrameWriter`].

use std::{future::poll_fn, io, pin::Pin};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bandstand_domain::channel::MAX_FRAME;
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::StreamExt;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use tokio::io::AsyncWrite;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::{encoded_frame::EncodedFrame, frame_writer::FrameWriter};
use crate::http::has_token;

/// Appended to a client's key before it is hashed (RFC 6455 section 4.2.2).
const KEY_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes that are read at once, and kept for it by each open page. Pages send little; a longer frame gets
/// more room for as long as it takes.
const READ_BUFFER: usize = 1_024;
/// The most bytes of answers to a page's pings that wait.
const WRITE_BUFFER: usize = 1_024;

/// A request to upgrade to a WebSocket.
#[derive(Debug)]
pub struct WebSocketUpgrade {
    /// Proof that the request was understood as such.
    accept: HeaderValue,
    upgraded: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let bad = |what| Err((StatusCode::BAD_REQUEST, what));
        let headers = &parts.headers;
        if parts.method != Method::GET {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "a WebSocket is asked for by GET"));
        }
        if !has_token(headers, header::CONNECTION, "upgrade") {
            return bad("`Connection` doesn't say `upgrade`");
        }
        if !has_token(headers, header::UPGRADE, "websocket") {
            return bad("`Upgrade` doesn't say `websocket`");
        }
        if !has_token(headers, header::SEC_WEBSOCKET_VERSION, "13") {
            return bad("`Sec-WebSocket-Version` isn't 13");
        }
        let Some(accept) = headers.get(header::SEC_WEBSOCKET_KEY).and_then(accept_key) else {
            return bad("there is no `Sec-WebSocket-Key`");
        };
        let Some(upgraded) = parts.extensions.remove::<OnUpgrade>() else {
            return Err((StatusCode::UPGRADE_REQUIRED, "this connection can't be upgraded"));
        };
        Ok(Self { accept, upgraded })
    }
}

impl WebSocketUpgrade {
    /// Answers the request; `serve` gets the socket, unless the client is gone before.
    pub fn on_upgrade<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let upgraded = self.upgraded;
        tokio::spawn(async move {
            if let Ok(upgraded) = upgraded.await {
                serve(WebSocket::new(upgraded).await).await;
            }
        });
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// Bytes of a frame that are read, though no page may send as many: where something is left unread, systems
/// reset the connection, and the farewell is lost.
const MAX_READ: usize = 4 * MAX_FRAME;

/// An open WebSocket of a page.
#[derive(Debug)]
pub struct WebSocket(WebSocketStream<FrameWriter<TokioIo<Upgraded>>>);

impl WebSocket {
    async fn new(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_READ))
            .max_frame_size(Some(MAX_READ))
            .read_buffer_size(READ_BUFFER)
            // Answers to pings go to the writer at once.
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER);
        let stream = FrameWriter::new(TokioIo::new(upgraded));
        Self(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await)
    }

    /// The next message; `None` once the page has closed the socket.
    pub async fn recv(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        self.0.next().await
    }

    /// Adds a frame, to be written by the next flush.
    pub fn queue(&mut self, frame: &EncodedFrame) {
        self.0.get_mut().queue(frame);
    }

    /// Writes what was queued, with one system call where the page's line has room.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|context| Pin::new(self.0.get_mut()).poll_flush(context)).await
    }

    /// Writes what was queued, and a close frame with this code.
    pub async fn close(&mut self, code: u16) -> Result<(), tungstenite::Error> {
        let frame = CloseFrame { code: code.into(), reason: String::new().into() };
        self.0.close(Some(frame)).await
    }
}

/// The answer to a client's key.
fn accept_key(key: &HeaderValue) -> Option<HeaderValue> {
    let hash = Sha1::new().chain_update(key).chain_update(KEY_SUFFIX).finalize();
    STANDARD.encode(hash).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_answered_as_in_the_specification() {
        let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept_key(&key).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
