//! The port for source clients, read below HTTP: what they send has no framing, and methods and versions that
//! HTTP doesn't know.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use bandstand_radio::source::{BodyReader, HeadError, RequestHead};
use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::{
    Radio,
    admission::{SourceRequest, admit, holder, show_of, update_title},
    error::RadioError,
    feed::feed,
    newcomers::{Newcomer, Newcomers},
    upload::{MAX_LINGER, TITLE_TAKEN},
};
use crate::{http::connections::Connections, stream_keys::Holder};

/// The part of the venue's connections that sources with a good key may hold here at once.
const SOURCES_PART: usize = 16;
/// The most connections from one address.
const MAX_FROM_ADDRESS: usize = 32;
/// The most requests before a source that are answered on one connection.
const MAX_REQUESTS: usize = 8;
/// Timeout of a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Timeout of an answer that nobody takes, and of what is still on its way when one is given.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that are read at once.
const READ: usize = 8 * 1024;

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, radio: Radio) {
    let from_address = radio.services.config.widened(MAX_FROM_ADDRESS);
    // Those whose key isn't known to be good have places of their own, so that they keep no source out.
    let connections = Connections::new(usize::MAX, from_address);
    let most = radio.services.config.most_connections / SOURCES_PART;
    let sources = Arc::new(Semaphore::new(most));
    let newcomers = Arc::new(Newcomers::default());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection of a source could not be accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(admission) = connections.admit(peer.ip()) else { continue };
        let newcomer = newcomers.enter();
        let given_up = newcomer.given_up().clone();
        let (radio, sources) = (radio.clone(), sources.clone());
        let tasks = radio.services.tasks.clone();
        tasks.spawn(async move {
            let served = tokio::select! {
                served = connection(&radio, stream, peer.ip(), newcomer, &sources) => served,
                () = given_up.cancelled() => Ok(()),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection of a source ended early");
            }
            drop(admission);
        });
    }
}

/// A connection with what was read and not used.
struct Connection {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    buffer: BytesMut,
}

async fn connection(
    radio: &Radio,
    stream: TcpStream,
    address: IpAddr,
    newcomer: Newcomer,
    sources: &Semaphore,
) -> io::Result<()> {
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let mut connection = Connection { read, write, buffer: BytesMut::new() };
    for request in 1..=MAX_REQUESTS {
        let head = match timeout(HEAD_TIMEOUT, connection.head()).await {
            Ok(Ok(Some(head))) => head,
            Ok(Ok(None)) | Err(_) => return Ok(()),
            Ok(Err(NotRead::Io(error))) => return Err(error),
            Ok(Err(NotRead::Head(error))) => {
                connection.refuse(&RadioError::Head(error), true).await?;
                return connection.end().await;
            }
        };
        let mut closes = head.closes() || request == MAX_REQUESTS;
        match head.method.as_str() {
            "PUT" | "SOURCE" => {
                let (request, holder) = match asked(radio, &head, address).await {
                    Ok(asked) => asked,
                    Err(refused) => {
                        connection.refuse(&refused, true).await?;
                        return connection.end().await;
                    }
                };
                let Ok(place) = sources.try_acquire() else {
                    connection.refuse(&RadioError::Full, true).await?;
                    return connection.end().await;
                };
                // From here on its stage is told of its end.
                if !newcomer.stays() {
                    return Ok(());
                }
                connection.source(radio, &head, &holder, request).await?;
                drop(place);
                return connection.end().await;
            }
            "GET" if head.path == "/admin/metadata" => {
                let query = head.query.as_deref().unwrap_or_default();
                match update_title(radio, address, head.credentials(), query).await {
                    Ok(()) => connection.answer(200, "OK", &[], TITLE_TAKEN, closes).await?,
                    Err(refused) => connection.refuse(&refused, closes).await?,
                }
            }
            // libshout asks for `/admin/!POKE`, and gives up unless it is asked who it is, as by Icecast.
            "GET" if head.path.starts_with("/admin/") && head.credentials().is_none() => {
                connection.refuse(&RadioError::NoKey, closes).await?;
            }
            "GET" | "HEAD" | "OPTIONS" => connection.refuse(&RadioError::NotFound, closes).await?,
            // There may be a body, of which nothing is known.
            _ => {
                closes = true;
                connection.refuse(&RadioError::NotFound, true).await?;
            }
        }
        if closes {
            break;
        }
    }
    connection.end().await
}

/// Request of a source, and the holder of its key.
async fn asked<'a>(
    radio: &Radio,
    head: &'a RequestHead,
    address: IpAddr,
) -> Result<(SourceRequest<'a>, Holder), RadioError> {
    let request = SourceRequest { show: show_of(&head.path)?, declared: head.declared_type() };
    let holder = holder(radio, address, head.credentials().as_ref()).await?;
    Ok((request, holder))
}

/// Reason for which there is no head.
enum NotRead {
    Io(io::Error),
    Head(HeadError),
}

impl Connection {
    /// The next head; none when the client has hung up.
    async fn head(&mut self) -> Result<Option<RequestHead>, NotRead> {
        loop {
            if let Some((head, length)) = RequestHead::parse(&self.buffer).map_err(NotRead::Head)? {
                let _ = self.buffer.split_to(length);
                return Ok(Some(head));
            }
            self.buffer.reserve(READ);
            if self.read.read_buf(&mut self.buffer).await.map_err(NotRead::Io)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Sound, and the answers around it: 403 and the like before `100 Continue`, 200 at once for `SOURCE`,
    /// which has no other way to know that it may send, and else at the end.
    async fn source(
        &mut self,
        radio: &Radio,
        head: &RequestHead,
        holder: &Holder,
        request: SourceRequest<'_>,
    ) -> io::Result<()> {
        let source = match admit(radio, holder, request).await {
            Ok(source) => source,
            Err(refused) => return self.refuse(&refused, true).await,
        };
        let mut answered = false;
        let go_on: &[u8] = if head.expects_continue() {
            b"HTTP/1.1 100 Continue\r\n\r\n"
        } else if head.method == "SOURCE" {
            answered = true;
            b"HTTP/1.0 200 OK\r\n\r\n"
        } else {
            b""
        };
        // Whoever has hung up already is noticed by what they don't send.
        let _ = timeout(ANSWER_TIMEOUT, self.write.write_all(go_on)).await;
        let mut body = Box::pin(self.body(BodyReader::new(head.framing())));
        let ended = feed(radio.clone(), source, &mut body).await;
        drop(body);
        match ended {
            _ if answered => Ok(()),
            Ok(()) => self.answer(200, "OK", &[], "", true).await,
            Err(refused) => self.refuse(&refused, true).await,
        }
    }

    /// The pieces of a body.
    fn body(&mut self, reader: BodyReader) -> impl Stream<Item = io::Result<Bytes>> + Send {
        let rest = self.buffer.split().freeze();
        stream::unfold((&mut self.read, reader, rest), |(read, mut reader, mut rest)| async move {
            loop {
                match reader.read(&mut rest) {
                    Ok(Some(piece)) => return Some((Ok(piece), (read, reader, rest))),
                    Ok(None) if reader.has_ended() => return None,
                    Ok(None) => {}
                    Err(error) => {
                        return Some((Err(io::Error::other(error)), (read, reader, rest)));
                    }
                }
                let mut buffer = BytesMut::with_capacity(READ);
                match read.read_buf(&mut buffer).await {
                    Ok(0) => return None,
                    Ok(_) => rest = buffer.freeze(),
                    Err(error) => return Some((Err(error), (read, reader, rest))),
                }
            }
        })
    }

    async fn refuse(&mut self, refused: &RadioError, closes: bool) -> io::Result<()> {
        let status = refused.status();
        let reason = status.canonical_reason().unwrap_or_default();
        // From this libshout learns which methods are known.
        let allow = ("allow", "GET, PUT, SOURCE".to_owned());
        let headers: Vec<_> = [allow].into_iter().chain(refused.header()).collect();
        self.answer(status.as_u16(), reason, &headers, &(refused.text() + "\n"), closes).await
    }

    async fn answer(
        &mut self,
        status: u16,
        reason: &str,
        headers: &[(&str, String)],
        body: &str,
        closes: bool,
    ) -> io::Result<()> {
        let kind = if body.starts_with("<?xml") { "text/xml" } else { "text/plain" };
        let connection = if closes { "close" } else { "keep-alive" };
        let length = body.len();
        let mut text = format!(
            "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}; charset=utf-8\r\n\
             content-length: {length}\r\nconnection: {connection}\r\n"
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        timeout(ANSWER_TIMEOUT, self.write.write_all(text.as_bytes())).await?
    }

    /// Ends the connection. What is still on its way is taken out first, or the system would hang up before
    /// the answer is read.
    async fn end(mut self) -> io::Result<()> {
        self.write.shutdown().await?;
        let rest = async {
            let mut count = 0;
            while count < MAX_LINGER {
                self.buffer.clear();
                self.buffer.reserve(READ);
                match self.read.read_buf(&mut self.buffer).await {
                    Ok(read) if read > 0 => count += read,
                    _ => break,
                }
            }
        };
        let _ = timeout(ANSWER_TIMEOUT, rest).await;
        Ok(())
    }
}
