//! ICE-TCP (RFC 6544), for clients whom UDP doesn't reach. Packets of a connection, each behind its
//! length (RFC 4571 §2), are relayed to the core's UDP socket from a socket of the connection's
//! own, and back.
//!
//! So the core sees one more address on this machine, and a stalled connection delays nobody: what
//! it has no room for is lost, as on a line that is too narrow.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdTcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::stats::Totals;

/// Connections from one IPv4 address or one IPv6 network of 64 bits; a household or an office may
/// have many people.
const MAX_CONNECTIONS_PER_ADDRESS: usize = 64;

/// Longest packet: those of WebRTC fit into what an Ethernet carries.
const MAX_PACKET_BYTES: usize = 2_048;

/// Bytes written at once; holds a large frame.
const MAX_BATCH_BYTES: usize = 64 * 1024;

/// Bytes that wait for a connection before packets are lost: a third of a second of good video.
const MAX_WAITING_BYTES: usize = 128 * 1024;

/// Bytes that the operating system takes before it has sent them. More would only be late.
const MAX_UNSENT_BYTES: u32 = 16 * 1024;

/// Time in which the core must have answered: it answers only those it has made a session with.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// Silence, in either direction, after which a connection ends. Checks come every few seconds for
/// as long as it is of use (RFC 7675 §5.1).
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// Time before the next attempt to accept, after the operating system had no connection to give.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// TCP listener and its connections; they end when it is dropped.
#[derive(Debug)]
pub(super) struct TcpGateway {
    pub(super) local: SocketAddr,
    counters: Arc<TcpCounters>,
    _open: oneshot::Sender<()>,
}

/// Connections since the start.
#[derive(Debug, Default)]
struct TcpCounters {
    opened: AtomicU64,
    closed: AtomicU64,
    refused: AtomicU64,
}

impl TcpGateway {
    /// Listens at `bind` for at most `max_connections`, for the core at `core`. When there are as
    /// many, the oldest one without an answer of the core makes room: whoever opens many keeps
    /// nobody out.
    ///
    /// # Errors
    /// When the address can't be bound, or the thread not started.
    pub(super) fn open(
        bind: SocketAddr,
        core: SocketAddr,
        max_connections: usize,
    ) -> io::Result<Self> {
        let listener = StdTcpListener::bind(bind)?;
        listener.set_nonblocking(true)?;
        let local = listener.local_addr()?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (open, closed) = oneshot::channel();
        let counters = Arc::<TcpCounters>::default();
        let own = Arc::clone(&counters);
        let serve = async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            tokio::select! {
                () = take(listener, reachable(core), max_connections, &own) => {}
                _ = closed => {}
            }
        };
        std::thread::Builder::new()
            .name("sfu-tcp".into())
            .spawn(move || runtime.block_on(serve))?;
        Ok(TcpGateway { local, counters, _open: open })
    }

    /// Adds the counters to `totals`.
    pub(super) fn count(&self, totals: &mut Totals) {
        totals.tcp_opened = self.counters.opened.load(Ordering::Relaxed);
        totals.tcp_closed = self.counters.closed.load(Ordering::Relaxed);
        totals.tcp_refused = self.counters.refused.load(Ordering::Relaxed);
    }
}

/// Address by which this machine reaches a socket bound to `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// An open connection.
struct TcpConnection {
    network: IpAddr,
    /// The core has answered.
    proved: Arc<AtomicBool>,
    _hang_up: oneshot::Sender<()>,
}

/// Network that an address counts as: an IPv6 network of 64 bits is one customer's (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

async fn take(
    listener: TcpListener,
    core: SocketAddr,
    max_connections: usize,
    counters: &TcpCounters,
) {
    let mut tasks = JoinSet::new();
    // By number, so that the oldest one is first.
    let mut open: BTreeMap<u64, TcpConnection> = BTreeMap::new();
    let mut next = 0;
    loop {
        tokio::select! {
            Some(ended) = tasks.join_next() => {
                counters.closed.fetch_add(1, Ordering::Relaxed);
                if let Ok(number) = ended {
                    open.remove(&number);
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let network = network(peer.ip());
                    let theirs = open.values().filter(|it| it.network == network).count();
                    if theirs >= MAX_CONNECTIONS_PER_ADDRESS || (open.len() >= max_connections && !make_room(&mut open)) {
                        counters.refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    counters.opened.fetch_add(1, Ordering::Relaxed);
                    let proved = Arc::<AtomicBool>::default();
                    let (hang_up, hung_up) = oneshot::channel();
                    let number = next;
                    next += 1;
                    let connection =
                        TcpConnection { network, proved: Arc::clone(&proved), _hang_up: hang_up };
                    open.insert(number, connection);
                    tasks.spawn(async move {
                        // However it ends, it ends, and the client finds another way.
                        tokio::select! {
                            _ = serve(stream, core, &proved) => {}
                            _ = hung_up => {}
                        }
                        number
                    });
                }
                Err(_) => sleep(ACCEPT_RETRY_INTERVAL).await,
            },
        }
    }
}

/// Closes the oldest connection that the core has not answered; false if there is none.
fn make_room(open: &mut BTreeMap<u64, TcpConnection>) -> bool {
    let mut unproved = open.iter().filter(|(_, it)| !it.proved.load(Ordering::Relaxed));
    let oldest = unproved.next().map(|(number, _)| *number);
    oldest.and_then(|number| open.remove(&number)).is_some()
}

/// Relays one connection, until either side is silent or wrong.
async fn serve(stream: TcpStream, core: SocketAddr, proved: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT_BYTES)?;
    let any: IpAddr = match core {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    SockRef::from(&socket).set_recv_buffer_size(MAX_WAITING_BYTES)?;
    socket.connect(core).await?;
    let (reader, writer) = stream.into_split();
    tokio::select! {
        ended = inwards(reader, &socket) => ended,
        ended = outwards(&socket, writer, proved) => ended,
    }
}

/// Relays packets from the client to the core.
async fn inwards(reader: OwnedReadHalf, socket: &UdpSocket) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut packet = [0; MAX_PACKET_BYTES];
    loop {
        let length = timeout(SILENCE_TIMEOUT, reader.read_u16()).await??;
        let Some(packet) = packet.get_mut(..usize::from(length)) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        timeout(SILENCE_TIMEOUT, reader.read_exact(packet)).await??;
        socket.send(packet).await?;
    }
}

/// Relays packets from the core to the client, all that wait at once.
async fn outwards(
    socket: &UdpSocket,
    mut writer: OwnedWriteHalf,
    proved: &AtomicBool,
) -> io::Result<()> {
    let mut packet = [0; MAX_PACKET_BYTES];
    let mut batch = Vec::with_capacity(MAX_BATCH_BYTES + MAX_PACKET_BYTES);
    let mut limit = PROOF_TIMEOUT;
    loop {
        let first = timeout(limit, socket.recv(&mut packet)).await??;
        limit = SILENCE_TIMEOUT;
        proved.store(true, Ordering::Relaxed);
        batch.clear();
        frame(&mut batch, packet.get(..first));
        while batch.len() < MAX_BATCH_BYTES
            && let Ok(length) = socket.try_recv(&mut packet)
        {
            frame(&mut batch, packet.get(..length));
        }
        timeout(SILENCE_TIMEOUT, writer.write_all(&batch)).await??;
    }
}

fn frame(batch: &mut Vec<u8>, packet: Option<&[u8]>) {
    if let Some((packet, length)) = packet.and_then(|it| Some((it, u16::try_from(it.len()).ok()?)))
    {
        batch.extend_from_slice(&length.to_be_bytes());
        batch.extend_from_slice(packet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// A gateway for so many connections, and the core's socket behind it.
    async fn open(max_connections: usize) -> (TcpGateway, UdpSocket) {
        let core = UdpSocket::bind(LOOPBACK).await.expect("a socket");
        let gateway =
            TcpGateway::open(LOOPBACK, core.local_addr().expect("an address"), max_connections);
        (gateway.expect("a gateway"), core)
    }

    async fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut packet = [0; MAX_PACKET_BYTES];
        let (length, from) = socket.recv_from(&mut packet).await.expect("a packet");
        (packet[..length].to_vec(), from)
    }

    #[tokio::test]
    async fn tcp_gateway_relays_packets_both_ways_across_segments() {
        let (gateway, core) = open(8).await;
        let mut client = TcpStream::connect(gateway.local).await.expect("a connection");
        let long = vec![7; 1_400];
        let mut stream = Vec::new();
        for packet in [b"one".as_slice(), &long, b"three"] {
            frame(&mut stream, Some(packet));
        }
        let mut from = None;
        let (head, tail) = stream.split_at(4);
        client.write_all(head).await.expect("room");
        client.flush().await.expect("room");
        client.write_all(tail).await.expect("room");
        for expected in [b"one".as_slice(), &long, b"three"] {
            let (packet, source) = received(&core).await;
            assert_eq!(packet, expected);
            from = Some(source);
        }
        for answer in [b"four".as_slice(), &long] {
            core.send_to(answer, from.expect("a source")).await.expect("room");
        }
        let mut framed = Vec::new();
        frame(&mut framed, Some(b"four"));
        frame(&mut framed, Some(&long));
        let mut heard = vec![0; framed.len()];
        client.read_exact(&mut heard).await.expect("both");
        assert_eq!(heard, framed);
        // Two connections are two addresses.
        let mut other = TcpStream::connect(gateway.local).await.expect("a connection");
        other.write_all(&[0, 1, 9]).await.expect("room");
        let (packet, source) = received(&core).await;
        assert_eq!(packet, [9]);
        assert_ne!(Some(source), from);
    }

    #[tokio::test]
    async fn tcp_gateway_drops_rubbish_and_excess_of_one_address() {
        let (gateway, core) = open(1_000).await;
        let mut rubbish = TcpStream::connect(gateway.local).await.expect("a connection");
        rubbish.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("room");
        let mut nothing = Vec::new();
        // Reset or closed: what wasn't read may reset it.
        let _ = rubbish.read_to_end(&mut nothing).await;
        assert!(nothing.is_empty());
        let mut held = Vec::new();
        for _ in 0..MAX_CONNECTIONS_PER_ADDRESS {
            held.push(TcpStream::connect(gateway.local).await.expect("a connection"));
        }
        let mut surplus = TcpStream::connect(gateway.local).await.expect("a connection");
        let _ = surplus.read_to_end(&mut nothing).await;
        assert!(nothing.is_empty());
        let mut totals = Totals::default();
        gateway.count(&mut totals);
        assert_eq!(
            (totals.tcp_opened, totals.tcp_refused),
            (1 + MAX_CONNECTIONS_PER_ADDRESS as u64, 1)
        );
        assert!(totals.tcp_closed <= 1, "of the rubbish");
        drop(held.pop());
        // Soon there is room again.
        loop {
            let mut next = TcpStream::connect(gateway.local).await.expect("a connection");
            let _ = next.write_all(&[0, 1, 9]).await;
            tokio::select! {
                _ = next.read_u8() => {}
                (packet, _) = received(&core) => break assert_eq!(packet, [9]),
            }
        }
    }
    #[tokio::test]
    async fn full_tcp_gateway_drops_oldest_unproved_connection() {
        let (gateway, core) = open(3).await;
        let connect = async || {
            let mut stream = TcpStream::connect(gateway.local).await.expect("a connection");
            stream.write_all(&[0, 1, 7]).await.expect("room");
            let (_, from) = received(&core).await;
            (stream, from)
        };
        let mut answered = connect().await;
        let answer = async |to: &mut (TcpStream, SocketAddr)| {
            core.send_to(&[8], to.1).await.expect("room");
            assert_eq!(to.0.read_u16().await.ok(), Some(1));
            assert_eq!(to.0.read_u8().await.ok(), Some(8));
        };
        answer(&mut answered).await;
        let mut idle = [connect().await, connect().await];
        // One more than there is room for.
        let mut late = timeout(PROOF_TIMEOUT / 2, connect()).await.expect("taken");
        let ended = timeout(PROOF_TIMEOUT / 2, idle[0].0.read_u8()).await;
        assert!(ended.is_ok_and(|read| read.is_err()), "hung up on");
        for open in [&mut answered, &mut idle[1], &mut late] {
            answer(open).await;
        }
        // Nobody is hung up on who has a session.
        let mut surplus = TcpStream::connect(gateway.local).await.expect("a connection");
        assert!(surplus.read_u8().await.is_err());
        answer(&mut answered).await;
        let mut totals = Totals::default();
        gateway.count(&mut totals);
        assert_eq!((totals.tcp_opened, totals.tcp_refused), (4, 1));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2:3::4"), of("2001:db8:1:3:3::4"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
