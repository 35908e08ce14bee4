//! A core, clients and a simulated network, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Candidate;
use str0m::format::Codec;

use super::air::{Air, Datagram, Sealed, check_sealed};
use super::check::{forged, undecided};
use super::client::Client;
use super::lines::line::Line;
use super::lines::tap::{Keys, Tap};
use super::program::{Name, Program, name};
use crate::config::{SfuLimits, SfuTimeouts};
use crate::core::Core;
use crate::core::standby::TakeoverCondition;
use crate::event::{SessionRole, SfuEvent};
use crate::ids::SessionId;
use crate::shard::Shard;
use crate::shard::egress::EgressCounters;
use crate::stats::{PublisherStats, SessionStats, SubscriberStats};

/// The core's address.
pub(super) fn server() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 3478))
}

/// What the network does to a datagram, in both directions.
#[derive(Clone, Copy)]
pub(super) struct Network {
    /// Of a thousand.
    pub(super) lost: u32,
    /// Of a thousand.
    pub(super) doubled: u32,
    /// Milliseconds.
    pub(super) delay: u32,
    /// Milliseconds more, at random: what is larger than the distance of packets reorders them.
    pub(super) jitter: u32,
    /// Kilobits per second to each client, with a queue of 200 ms.
    pub(super) capacity: u32,
}

pub(super) const GOOD: Network =
    Network { lost: 0, doubled: 0, delay: 5, jitter: 0, capacity: 1_000_000 };

struct Flying {
    to_core: bool,
    address: SocketAddr,
    datagram: Vec<u8>,
}

/// A publisher's media packet on its way to the core.
pub(super) struct Passage {
    pub(super) name: Name,
    /// When it arrived, or would have.
    pub(super) at: Instant,
    pub(super) lost: bool,
}

pub(super) struct World {
    pub(super) now: Instant,
    pub(super) core: Core,
    pub(super) clients: Vec<Client>,
    pub(super) events: Vec<SfuEvent>,
    pub(super) network: Network,
    /// Clients never tell the core which way they chose.
    pub(super) undecided: bool,
    /// Clients that join have lost sound sent again, and send it again.
    pub(super) repairs_sound: bool,
    /// What came to addresses where nobody is.
    pub(super) astray: Vec<Datagram>,
    /// Of a thousand datagrams that come from there, so many are lost besides.
    pub(super) lossy: Option<(SocketAddr, u32)>,
    /// What comes from there, in order.
    pub(super) journal: Vec<Passage>,
    /// Whoever waits to take over a stage may.
    pub(super) hands_over: bool,
    /// What has to arrive of publishers that are to take over.
    pub(super) awaited: TakeoverCondition,
    /// Publishers that join say another fingerprint than their certificate's.
    pub(super) forged: bool,
    /// What the shards sent and has not begun its way.
    pub(super) air: Air,
    /// All media that was ever sealed.
    sealed: Sealed,
    /// Lines of clients that have one of their own.
    pub(super) lines: HashMap<SocketAddr, Line>,
    /// Keys of subscribers.
    pub(super) keys: Keys,
    random: fastrand::Rng,
    order: BinaryHeap<Reverse<(Instant, u64)>>,
    flying: HashMap<u64, Flying>,
    /// When the line to a client has sent what it was given.
    busy: HashMap<SocketAddr, Instant>,
    sent: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        World::with(seed, SfuLimits::default(), SfuTimeouts::default())
    }

    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    pub(super) fn with(seed: u64, limits: SfuLimits, timeouts: SfuTimeouts) -> Self {
        let now = Instant::now();
        let air = Air::default();
        let traffic = Arc::new(EgressCounters::default());
        let shard = Shard::new(now, &limits, Box::new(air.clone()), Arc::clone(&traffic));
        let here = Candidate::host(server(), "udp").expect("a candidate");
        let keys = Keys::default();
        let shard = Tap::new(shard, &keys);
        let core = Core::new(vec![here], Box::new(shard), traffic, limits, timeouts);
        let core = core.expect("a core");
        World {
            now,
            core,
            astray: Vec::new(),
            air,
            sealed: HashMap::new(),
            lines: HashMap::new(),
            keys,
            clients: Vec::new(),
            events: Vec::new(),
            network: GOOD,
            undecided: false,
            repairs_sound: false,
            lossy: None,
            journal: Vec::new(),
            hands_over: true,
            awaited: TakeoverCondition::default(),
            forged: false,
            random: fastrand::Rng::with_seed(seed),
            order: BinaryHeap::new(),
            flying: HashMap::new(),
            busy: HashMap::new(),
            sent: 0,
        }
    }

    /// A publisher joins; its index among the clients.
    pub(super) fn publish(&mut self, stage: &str, first_sequence: u64) -> usize {
        self.add(stage, SessionRole::Publisher, first_sequence, 1, &|offer| offer, None)
    }

    /// A publisher with three layers joins.
    pub(super) fn publish_layers(&mut self, stage: &str) -> usize {
        self.add(stage, SessionRole::Publisher, 65_400, 3, &|offer| offer, None)
    }

    /// A program publishes, with an offer of its own.
    pub(super) fn publish_program(
        &mut self,
        stage: &str,
        layers: u8,
        offer: &dyn Fn(String) -> String,
    ) -> usize {
        self.add(stage, SessionRole::Publisher, 65_400, layers, offer, Some(Program::default()))
    }

    /// A publisher with three layers in one stream of that codec joins.
    pub(super) fn publish_scalable(&mut self, stage: &str, codec: Codec) -> usize {
        let publisher = self.publish(stage, 65_400);
        self.clients[publisher].layers[0].scalable = Some(codec);
        publisher
    }

    /// A subscriber joins; its index among the clients.
    pub(super) fn subscribe(&mut self, stage: &str) -> usize {
        self.subscribe_as(stage, &|offer| offer)
    }

    /// A subscriber with an offer of its own joins.
    pub(super) fn subscribe_as(&mut self, stage: &str, offer: &dyn Fn(String) -> String) -> usize {
        self.add(stage, SessionRole::Subscriber, 0, 0, offer, None)
    }

    /// The address of the client that joins next.
    pub(super) fn next_address(&self) -> SocketAddr {
        let port = u16::try_from(self.clients.len()).expect("few") + 5_000;
        SocketAddr::from(([10, 0, 0, 2], port))
    }

    fn add(
        &mut self,
        stage: &str,
        role: SessionRole,
        first_sequence: u64,
        layers: u8,
        changed: &dyn Fn(String) -> String,
        program: Option<Program>,
    ) -> usize {
        let (index, address) = (self.clients.len(), self.next_address());
        // Who watches over a line has a receiver of their own.
        let raw = self.lines.contains_key(&address);
        let (mut client, mut offer, pending) =
            Client::offer_of(self.now, address, role, first_sequence, layers, program, raw);
        offer = changed(offer);
        if self.repairs_sound {
            let opus = "a=rtpmap:111 opus/48000/2\r\n";
            offer = offer.replace(opus, &format!("{opus}a=rtcp-fb:111 nack\r\n"));
        }
        let accepted = match role {
            SessionRole::Publisher => {
                let offer = match self.forged {
                    true => forged(&offer),
                    false => offer,
                };
                self.core.publish_by(self.now, stage.into(), &offer, self.awaited)
            }
            SessionRole::Subscriber => self.core.subscribe_by(self.now, stage.into(), &offer),
        };
        let accepted = accepted.expect("an answer");
        client.answer(accepted.session, pending, &accepted.answer_sdp);
        self.clients.push(client);
        self.settle();
        index
    }

    /// A client begins ICE anew.
    pub(super) fn restart(&mut self, client: usize) {
        let session = self.session(client);
        let core = &mut self.core;
        self.clients[client].restart(|far| core.restart(session, far).expect("a session"));
        self.settle();
    }

    /// From now on the core sees a client at another address, as behind a NAT that forgot it.
    pub(super) fn renumber(&mut self, client: usize) {
        let port = self.clients[client].address.port() + 1_000;
        self.clients[client].address = SocketAddr::from(([10, 0, 0, 3], port));
    }

    pub(super) fn session(&self, client: usize) -> SessionId {
        self.clients[client].session.expect("answered")
    }

    fn stats(&self, client: usize) -> SessionStats {
        let session = self.session(client);
        let mut all = self.core.stats(self.now).sessions.into_iter();
        all.find(|it| it.session == session).expect("a session")
    }

    pub(super) fn publisher_stats(&self, client: usize) -> PublisherStats {
        self.stats(client).publisher().expect("a publisher").clone()
    }

    pub(super) fn subscriber_stats(&self, client: usize) -> SubscriberStats {
        *self.stats(client).subscriber().expect("a subscriber")
    }

    /// Lets time pass until `done`; panics after `limit` of virtual time.
    pub(super) fn until(&mut self, limit: Duration, what: &str, done: impl Fn(&World) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            assert!(self.now < end, "not within {limit:?}: {what}");
            self.step(end);
        }
    }

    /// Lets `span` pass.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.step(end);
        }
    }

    /// Feeds the core a datagram from `source`, now.
    pub(super) fn inject(&mut self, source: SocketAddr, datagram: &[u8]) {
        self.core.handle_datagram(self.now, source, datagram);
        self.settle();
    }

    /// On to the next thing that happens, at most to `end`.
    fn step(&mut self, end: Instant) {
        let flying = self.order.peek().map(|Reverse((at, _))| *at);
        let clients = self.clients.iter().filter_map(Client::due).min();
        let next = [flying, clients, self.core.poll_timeout()];
        let next = next.into_iter().flatten().min().unwrap_or(end);
        // Timers in the past must not stop the clock.
        let least = self.now + Duration::from_micros(100);
        self.now = next.max(least).min(end.max(least));
        while let Some(Reverse((at, id))) = self.order.peek().copied() {
            if at > self.now {
                break;
            }
            self.order.pop();
            let flying = self.flying.remove(&id).expect("in flight");
            if flying.to_core {
                let said = self.at(flying.address).filter(|_| self.undecided);
                let said = said.and_then(|c| undecided(&self.clients[c].answer, &flying.datagram));
                let datagram = said.as_ref().unwrap_or(&flying.datagram);
                self.core.handle_datagram(self.now, flying.address, datagram);
            } else if let Some(client) = self.at(flying.address) {
                let now = self.now;
                self.clients[client].receive(now, server(), &flying.datagram);
            } else {
                self.astray.push((flying.address, flying.datagram));
            }
        }
        for client in &mut self.clients {
            client.advance(self.now);
        }
        self.settle();
    }

    /// When a datagram arrives by the network that is everybody's; [`None`] if the queue is full.
    fn arrival(&mut self, to_core: bool, address: SocketAddr, length: usize) -> Option<Instant> {
        let jitter = self.random.u32(..=self.network.jitter * 1_000);
        let way = Duration::from_micros(u64::from(self.network.delay * 1_000 + jitter));
        if to_core {
            return Some(self.now + way);
        }
        let busy = self.busy.entry(address).or_insert(self.now);
        if *busy > self.now + Duration::from_millis(200) {
            return None;
        }
        let takes = length as u64 * 8_000 / u64::from(self.network.capacity);
        *busy = (*busy).max(self.now) + Duration::from_micros(takes);
        Some(*busy + way)
    }

    fn at(&self, address: SocketAddr) -> Option<usize> {
        self.clients.iter().position(|c| c.address == address)
    }

    /// Everything said goes into the air.
    fn settle(&mut self) {
        self.core.handle_timeout(self.now);
        let mut out = Vec::new();
        while let Some(transmit) = self.core.poll_transmit(self.now) {
            let contents = transmit.contents.to_vec();
            out.push((false, Duration::ZERO, transmit.destination, contents));
        }
        for (after, (destination, datagram)) in self.air.take() {
            check_sealed(&mut self.sealed, destination, &datagram);
            out.push((false, after, destination, datagram));
        }
        for client in &mut self.clients {
            let address = client.address;
            let sent = client.sent.drain(..);
            out.extend(sent.map(|datagram| (true, Duration::ZERO, address, datagram)));
        }
        for (to_core, after, address, datagram) in out {
            let copies = 1 + u32::from(self.random.u32(..1_000) < self.network.doubled);
            for _ in 0..copies {
                if self.random.u32(..1_000) < self.network.lost {
                    continue;
                }
                let lossy = self.lossy.filter(|(from, _)| to_core && *from == address);
                let lost = lossy.is_some_and(|(_, lost)| self.random.u32(..1_000) < lost);
                let at = match self.lines.get_mut(&address) {
                    Some(line) if to_core => line.back(self.now, &mut self.random),
                    Some(line) => line.pass(self.now, &datagram, &mut self.random),
                    None => self.arrival(to_core, address, datagram.len()),
                };
                let Some(at) = at.map(|at| at + after) else {
                    continue;
                };
                if lossy.is_some()
                    && let Some(name) = name(&datagram)
                {
                    self.journal.push(Passage { name, at, lost });
                }
                if lost {
                    continue;
                }
                self.sent += 1;
                self.order.push(Reverse((at, self.sent)));
                let datagram = datagram.clone();
                self.flying.insert(self.sent, Flying { to_core, address, datagram });
            }
        }
        let mut changed = false;
        while let Some(event) = self.core.poll_event() {
            if let SfuEvent::PublisherWaiting { session, .. } = &event
                && self.hands_over
            {
                changed |= self.core.hand_over(self.now, *session);
            }
            self.events.push(event);
        }
        if changed {
            self.settle();
        }
    }
}
