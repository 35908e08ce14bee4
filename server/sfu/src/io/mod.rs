//! Sockets, threads and clocks: the driver of the core on the media thread, TCP, and threads that
//! send.

mod candidates;
mod inline;
mod load;
mod local;
mod offer_reader;
mod socket;
mod tcp;
mod threads;
mod udp_egress;
mod udp_ingress;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc, oneshot};

use self::candidates::candidates;
use self::inline::InlineShard;
use self::local::LocalFeeds;
pub(crate) use self::offer_reader::OfferRequest;
use self::socket::bind;
use self::tcp::TcpGateway;
use self::threads::ThreadedShards;
use crate::audio::{LocalWake, OpusPacket};
use crate::config::SfuConfig;
use crate::core::standby::TakeoverCondition;
use crate::core::transport::{PreparedSession, Transmit};
use crate::core::{AcceptedOffer, Core, IceRestart};
use crate::error::{OfferError, SfuStartError};
use crate::event::SfuEvent;
use crate::ice::credentials::IceCredentials;
use crate::ids::{SessionId, StageId};
use crate::io::load::ThreadLoad;
use crate::io::udp_egress::UdpEgress;
use crate::io::udp_ingress::UdpIngress;
use crate::shard::Shards;
use crate::shard::egress::{Egress, EgressCounters};
use crate::stats::SfuStats;
use crate::tap::TapSender;

/// Datagrams read before what they caused is sent.
const READ_BATCH: usize = 64;

/// Commands handled before media gets its turn again. None costs much: offers are read elsewhere.
const COMMAND_BATCH: usize = 4;

/// Longest wait; a bound on how long a lost wake-up could go unnoticed.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Time for which media may wait for the operating system before it is dropped: later it is of no
/// use.
const SEND_TIMEOUT: Duration = Duration::from_millis(100);

/// Time for the last goodbyes.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(200);

/// Command of a handle.
#[derive(Debug)]
pub(crate) enum SfuCommand {
    Publish(StageId, Box<PreparedSession>, TakeoverCondition, Reply),
    HandOver(SessionId, oneshot::Sender<bool>),
    Subscribe(StageId, Box<PreparedSession>, Reply),
    PublishAudio(StageId, mpsc::Receiver<OpusPacket>, AudioReply),
    Tap(StageId, TapSender, oneshot::Sender<Result<(), OfferError>>),
    RequestKeyframe(StageId, u8),
    SetMaxHeight(SessionId, Option<u16>, oneshot::Sender<bool>),
    Restart(SessionId, IceCredentials, oneshot::Sender<Option<IceRestart>>),
    Close(SessionId, oneshot::Sender<bool>),
    CloseStage(StageId, oneshot::Sender<()>),
    Stats(oneshot::Sender<SfuStats>),
}

/// Session, and whether it is on standby.
type AudioReply = oneshot::Sender<Result<(SessionId, bool), OfferError>>;
type Reply = oneshot::Sender<Result<AcceptedOffer, OfferError>>;

/// Signal that ends the media thread, even when the command channel is full.
#[derive(Debug, Default)]
pub(crate) struct StopSignal(Notify);

impl StopSignal {
    /// Ends the thread, now or as soon as it looks.
    pub(crate) fn raise(&self) {
        self.0.notify_one();
    }
}

/// Binds the socket, starts the threads, and returns the bound address with the channel of offers.
pub(crate) fn start(
    config: SfuConfig,
    commands: mpsc::Receiver<SfuCommand>,
    events: mpsc::Sender<SfuEvent>,
    (stop, wake): (Arc<StopSignal>, Arc<LocalWake>),
) -> Result<(SocketAddr, mpsc::Sender<OfferRequest>), SfuStartError> {
    let socket = bind(config.bind).map_err(SfuStartError::Socket)?;
    let local = socket.local_addr().map_err(SfuStartError::Socket)?;
    let gateway = open_gateway(config.bind, local, config.limits.max_sessions);
    let tcp = gateway.as_ref().map(|gateway| gateway.local.port());
    let candidates = candidates(&config.public_addresses, local, tcp);
    let counters = Arc::new(EgressCounters::default());
    let egress = socket.try_clone().and_then(|s| UdpEgress::new(s, Arc::clone(&counters)));
    let egress = egress.map_err(SfuStartError::Socket)?;
    let ingress = UdpIngress::new(egress.state(), clock());
    if egress.max_segments() < 2 {
        tracing::info!("no UDP segmentation offload here: datagrams are sent one by one");
    }
    let mut shard_events = Arc::new(Notify::new());
    let shards: Box<dyn Shards> = match config.sending_threads {
        0 => {
            let inline = InlineShard::new(&config.limits, egress, &counters);
            Box::new(inline.map_err(SfuStartError::Socket)?)
        }
        count => {
            let started = ThreadedShards::start(count, &config.limits, &egress, &counters);
            let (threads, wake) = started.map_err(SfuStartError::Thread)?;
            shard_events = wake;
            Box::new(threads)
        }
    };
    let limits = config.limits.clone();
    let core = Core::new(candidates, shards, counters, config.limits, config.timeouts)?;
    let offers = offer_reader::start(core.shared(), limits)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SfuStartError::Thread)?;
    let socket = {
        let _entered = runtime.enter();
        UdpSocket::from_std(socket).map_err(SfuStartError::Socket)?
    };
    let driver = Driver {
        core,
        dual_stack: local.is_ipv6(),
        socket,
        ingress,
        commands,
        events,
        stop,
        shard_events,
        local: LocalFeeds::new(wake),
        unsent: None,
        blocked: None,
        gateway,
    };
    std::thread::Builder::new()
        .name("sfu".into())
        .spawn(move || runtime.block_on(driver.run()))
        .map_err(SfuStartError::Thread)?;
    Ok((local, offers))
}

struct Driver {
    core: Core,
    socket: UdpSocket,
    ingress: UdpIngress,
    /// The socket is an IPv6 one, on which IPv4 addresses appear mapped (RFC 4291 §2.5.5.2).
    dual_stack: bool,
    commands: mpsc::Receiver<SfuCommand>,
    events: mpsc::Sender<SfuEvent>,
    stop: Arc<StopSignal>,
    /// Wakes the thread when a shard has events.
    shard_events: Arc<Notify>,
    /// Publishers within the program.
    local: LocalFeeds,
    /// Datagram for which the operating system had no room.
    unsent: Option<Transmit>,
    /// Since when it has had no room.
    blocked: Option<Instant>,
    /// The TCP gateway, which lasts as long as the driver.
    gateway: Option<TcpGateway>,
}

impl Driver {
    async fn run(mut self) {
        let mut load = ThreadLoad::new(clock());
        let mut awake = clock();
        loop {
            // What ends a handshake leaves before the first media does.
            self.send_all();
            let now = self.tell_time();
            self.core.handle_timeout(now);
            self.send_all();
            self.report();
            let due = self.core.poll_timeout();
            let now = clock();
            load.worked(awake, now);
            self.core.full = load.is_full();
            let wait = due.map_or(MAX_WAIT, |at| at.saturating_duration_since(now));
            let interest = match self.unsent {
                Some(_) => Interest::READABLE | Interest::WRITABLE,
                None => Interest::READABLE,
            };
            let mut is_local = false;
            let command = tokio::select! {
                biased;
                () = self.stop.0.notified() => break,
                () = self.shard_events.notified() => None,
                () = self.local.notified() => {
                    is_local = true;
                    None
                }
                command = self.commands.recv() => match command {
                    Some(command) => Some(command),
                    None => break,
                },
                _ = self.socket.ready(interest) => None,
                () = tokio::time::sleep(wait.min(MAX_WAIT)) => None,
            };
            awake = clock();
            if let Some(command) = command {
                self.handle_commands(command);
            }
            if is_local {
                let now = self.tell_time();
                self.local.receive(now, &mut self.core);
            }
            // However many commands wait, media has its turn.
            self.receive();
        }
        self.core.close_all(clock());
        self.send_all();
        if self.unsent.is_some() {
            let _ = tokio::time::timeout(SHUTDOWN_GRACE, self.socket.writable()).await;
            self.send_all();
        }
        self.report();
    }

    /// The time, before it is told to the core.
    fn tell_time(&mut self) -> Instant {
        let now = clock();
        self.ingress.told(now);
        now
    }

    /// Reads waiting datagrams, up to a batch.
    fn receive(&mut self) {
        let mut left = READ_BATCH;
        while left > 0 {
            let (socket, core) = (&self.socket, &mut self.core);
            let read = socket.try_io(Interest::READABLE, || {
                let each = |at, source, datagram: &[u8]| core.handle_datagram(at, source, datagram);
                self.ingress.receive(socket.into(), each)
            });
            match read {
                Ok(count) => left = left.saturating_sub(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP answer to something sent earlier; the socket is fine.
                Err(_) => left -= 1,
            }
        }
    }

    /// Sends until nothing is left or there is no room; what has waited for room too long is
    /// dropped.
    fn send_all(&mut self) {
        let now = self.tell_time();
        let late = self.blocked.is_some_and(|since| now > since + SEND_TIMEOUT);
        let next = |this: &mut Self| this.unsent.take().or_else(|| this.core.poll_transmit(now));
        while let Some(transmit) = next(self) {
            let destination = match transmit.destination {
                SocketAddr::V4(v4) if self.dual_stack => {
                    SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
                }
                other => other,
            };
            match self.socket.try_send_to(&transmit.contents, destination) {
                Ok(_) => self.blocked = None,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !late => {
                    self.blocked.get_or_insert(now);
                    self.unsent = Some(transmit);
                    return;
                }
                Err(_) => self.core.totals_mut().dropped_datagrams += 1,
            }
        }
        self.blocked = None;
    }

    fn report(&mut self) {
        while let Some(event) = self.core.poll_event() {
            if self.events.try_send(event).is_err() {
                self.core.totals_mut().dropped_events += 1;
            }
        }
    }

    /// Handles a command, and those that wait behind it, up to a batch.
    fn handle_commands(&mut self, first: SfuCommand) {
        self.handle_command(first);
        for _ in 1..COMMAND_BATCH {
            match self.commands.try_recv() {
                Ok(command) => self.handle_command(command),
                Err(_) => return,
            }
        }
    }

    /// Handles one command. Its caller may have left meanwhile: then nobody reads the answer.
    fn handle_command(&mut self, command: SfuCommand) {
        let now = self.tell_time();
        match command {
            SfuCommand::Publish(stage, opening, awaited, reply) => {
                let _ = reply.send(self.core.publish(now, stage, *opening, awaited));
            }
            SfuCommand::HandOver(session, reply) => {
                let _ = reply.send(self.core.hand_over(now, session));
            }
            SfuCommand::Subscribe(stage, opening, reply) => {
                let _ = reply.send(self.core.subscribe(now, stage, *opening));
            }
            SfuCommand::PublishAudio(stage, packets, reply) => {
                let entered = self.core.publish_audio(now, stage);
                match &entered {
                    Ok((session, _)) if reply.is_closed() => _ = self.core.close(now, *session),
                    Ok((session, _)) => self.local.add(*session, packets),
                    Err(_) => {}
                }
                let _ = reply.send(entered);
            }
            SfuCommand::Tap(stage, tap, reply) => {
                let _ = reply.send(self.core.tap(stage, tap));
            }
            SfuCommand::RequestKeyframe(stage, layer) => {
                self.core.request_keyframe(now, stage, layer);
            }
            SfuCommand::SetMaxHeight(session, height, reply) => {
                let _ = reply.send(self.core.set_max_height(now, session, height));
            }
            SfuCommand::Restart(session, client, reply) => {
                let _ = reply.send(self.core.restart(session, client));
            }
            SfuCommand::Close(session, reply) => {
                let _ = reply.send(self.core.close(now, session));
            }
            SfuCommand::CloseStage(stage, reply) => {
                self.core.close_stage(now, &stage);
                let _ = reply.send(());
            }
            SfuCommand::Stats(reply) => {
                let mut stats = self.core.stats(now);
                if let Some(gateway) = &self.gateway {
                    gateway.count(&mut stats.totals);
                }
                let _ = reply.send(stats);
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the driver tells the core the time")]
fn clock() -> Instant {
    Instant::now()
}

/// Opens the TCP gateway at the port of the UDP socket, so that one firewall rule is enough; at
/// another one only if any port would have done. Without it, media goes by UDP alone.
fn open_gateway(
    wanted: SocketAddr,
    local: SocketAddr,
    max_connections: usize,
) -> Option<TcpGateway> {
    let same = SocketAddr::new(wanted.ip(), local.port());
    let opened =
        TcpGateway::open(same, local, max_connections).or_else(|error| match wanted.port() {
            0 => TcpGateway::open(wanted, local, max_connections),
            _ => Err(error),
        });
    opened
        .inspect_err(|error| {
            tracing::warn!(address = %same, %error, "no TCP for those whom UDP doesn't reach");
        })
        .ok()
}
