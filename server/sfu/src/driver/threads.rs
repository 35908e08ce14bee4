//! Shards on threads of their own, all sending on the one socket.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::Notify;

use super::clock;
use crate::config::Limits;
use crate::demultiplex::PeerKey;
use crate::identity::SessionId;
use crate::load::Load;
use crate::packet::Forwarded;
use crate::shard::{Admission, Figures, News, Shard, Shards};
use crate::wire::{Traffic, UdpWire};

/// Bursts and reports that may wait for one shard; what comes when there are more is dropped. A
/// shard this far behind has no use for them either.
const WAITING: usize = 1_024;

/// Orders carried out before it is looked what time it is.
const ORDERS_AT_ONCE: usize = 64;

/// How often figures are handed over.
const FIGURES_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait; a bound on how long a lost wake-up could go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a shard is told, in the order in which it happened.
enum Order {
    Admit(PeerKey, Box<Admission>),
    Remove(PeerKey),
    SetRemote(PeerKey, SocketAddr),
    Prefer(PeerKey, Option<u16>),
    Forward(usize, Arc<[Forwarded]>),
    Reset(usize),
    Forget(usize),
    Hear(PeerKey, Box<[u8]>),
    #[cfg(test)]
    Panic,
}

/// What the threads say.
#[derive(Default)]
struct Said {
    news: Mutex<Vec<News>>,
    figures: Mutex<HashMap<PeerKey, Figures>>,
    /// Wakes the media thread.
    wake: Arc<Notify>,
}

/// The handle to all shards.
pub(super) struct Threads {
    workers: Vec<Worker>,
    /// Which worker a subscriber is with.
    homes: HashMap<PeerKey, usize>,
    said: Arc<Said>,
    traffic: Arc<Traffic>,
}

struct Worker {
    orders: Sender<Order>,
    /// Orders of media that wait.
    waiting: Arc<AtomicUsize>,
    full: Arc<AtomicBool>,
    population: usize,
}

impl Threads {
    /// Starts `count` threads that send through wires like `wire`, and returns what wakes whoever
    /// waits for their news. They end when the handle is dropped.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub(super) fn start(
        count: usize,
        limits: &Limits,
        wire: &UdpWire,
        traffic: &Arc<Traffic>,
    ) -> io::Result<(Self, Arc<Notify>)> {
        let said = Arc::new(Said::default());
        let mut workers = Vec::new();
        for number in 0..count {
            let (orders, inbox) = channel();
            let waiting = Arc::new(AtomicUsize::new(0));
            let full = Arc::new(AtomicBool::new(false));
            let running = Running {
                inbox,
                waiting: Arc::clone(&waiting),
                full: Arc::clone(&full),
                said: Arc::clone(&said),
                wire: wire.another()?,
                traffic: Arc::clone(traffic),
                limits: limits.clone(),
            };
            let name = format!("sfu-send-{number}");
            thread::Builder::new().name(name).spawn(move || running.run())?;
            workers.push(Worker { orders, waiting, full, population: 0 });
        }
        let wake = Arc::clone(&said.wake);
        let traffic = Arc::clone(traffic);
        Ok((Threads { workers, homes: HashMap::new(), said, traffic }, wake))
    }

    fn tell(&self, key: PeerKey, order: Order) {
        if let Some(worker) = self.homes.get(&key).and_then(|home| self.workers.get(*home)) {
            worker.tell(order);
        }
    }
}

impl Worker {
    /// A worker that is gone has no use for orders.
    fn tell(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// False if too much waits already.
    fn tell_media(&self, order: Order) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= WAITING {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.tell(order);
        true
    }
}

impl Shards for Threads {
    fn admit(&mut self, _: Instant, key: PeerKey, admission: Admission) {
        let least = self
            .workers
            .iter_mut()
            .enumerate()
            .min_by_key(|(_, w)| (w.full.load(Ordering::Relaxed), w.population));
        if let Some((home, worker)) = least {
            worker.population += 1;
            self.homes.insert(key, home);
            worker.tell(Order::Admit(key, Box::new(admission)));
        }
    }

    fn remove(&mut self, key: PeerKey) {
        self.tell(key, Order::Remove(key));
        if let Some(worker) = self.homes.remove(&key).and_then(|home| self.workers.get_mut(home)) {
            worker.population -= 1;
        }
        lock(&self.said.figures).remove(&key);
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        self.tell(key, Order::SetRemote(key, remote));
    }

    fn prefer(&mut self, key: PeerKey, height: Option<u16>) {
        self.tell(key, Order::Prefer(key, height));
    }

    fn forward(&mut self, _: Instant, stage: usize, burst: &[Forwarded]) {
        let burst: Arc<[Forwarded]> = burst.into();
        for worker in &self.workers {
            if !worker.tell_media(Order::Forward(stage, Arc::clone(&burst))) {
                let lost = (burst.len() * worker.population) as u64;
                self.traffic.dropped.fetch_add(lost, Ordering::Relaxed);
            }
        }
    }

    fn reset(&mut self, stage: usize) {
        for worker in &self.workers {
            worker.tell(Order::Reset(stage));
        }
    }

    fn forget(&mut self, stage: usize) {
        for worker in &self.workers {
            worker.tell(Order::Forget(stage));
        }
    }

    fn hear(&mut self, _: Instant, key: PeerKey, datagram: &[u8]) {
        if let Some(worker) = self.homes.get(&key).and_then(|home| self.workers.get(*home)) {
            // A report that finds no room is as good as lost on the way.
            worker.tell_media(Order::Hear(key, datagram.into()));
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn take_news(&mut self, news: &mut Vec<News>) {
        news.append(&mut lock(&self.said.news));
    }

    fn is_full(&self) -> bool {
        self.workers.iter().all(|w| w.full.load(Ordering::Relaxed))
    }

    fn figures(&self, key: PeerKey) -> Option<Figures> {
        lock(&self.said.figures).get(&key).copied()
    }
}

/// One thread.
struct Running {
    inbox: Receiver<Order>,
    waiting: Arc<AtomicUsize>,
    full: Arc<AtomicBool>,
    said: Arc<Said>,
    wire: UdpWire,
    traffic: Arc<Traffic>,
    limits: Limits,
}

impl Running {
    fn run(self) {
        let mut keys: Vec<(PeerKey, SessionId)> = Vec::new();
        while let Ok(wire) = self.wire.another() {
            let traffic = Arc::clone(&self.traffic);
            let mut shard = Shard::new(clock(), &self.limits, Box::new(wire), traffic);
            // A panic ends the sessions of this shard and no others: it begins anew, empty.
            match catch_unwind(AssertUnwindSafe(|| self.serve(&mut shard, &mut keys))) {
                Ok(()) => return,
                Err(_) => {
                    let failed = keys.drain(..).map(|(key, session)| News::Failed(key, session));
                    lock(&self.said.news).extend(failed);
                    self.said.wake.notify_one();
                }
            }
        }
    }

    /// Until the handle is gone.
    fn serve(&self, shard: &mut Shard, keys: &mut Vec<(PeerKey, SessionId)>) {
        let mut news = Vec::new();
        let mut figures_at = clock();
        let mut load = Load::new(figures_at);
        let mut awake = figures_at;
        loop {
            let now = clock();
            load.worked(awake, now);
            self.full.store(load.is_full(), Ordering::Relaxed);
            let wait = shard.deadline().map_or(LONGEST_WAIT, |at| at - now).min(LONGEST_WAIT);
            let mut next = match self.inbox.recv_timeout(wait) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let now = clock();
            awake = now;
            let mut left = ORDERS_AT_ONCE;
            while let Some(order) = next {
                self.obey(shard, keys, now, order);
                left -= 1;
                next = if left > 0 { self.inbox.try_recv().ok() } else { None };
            }
            shard.handle_timeout(now);
            shard.take_news(&mut news);
            if !news.is_empty() {
                lock(&self.said.news).append(&mut news);
                self.said.wake.notify_one();
            }
            if now >= figures_at {
                figures_at = now + FIGURES_INTERVAL;
                let mut figures = lock(&self.said.figures);
                figures.extend(keys.iter().filter_map(|(k, _)| Some((*k, shard.figures(*k)?))));
            }
        }
    }

    fn obey(
        &self,
        shard: &mut Shard,
        keys: &mut Vec<(PeerKey, SessionId)>,
        now: Instant,
        order: Order,
    ) {
        match order {
            Order::Admit(key, admission) => {
                keys.push((key, admission.session));
                shard.admit(now, key, *admission);
            }
            Order::Remove(key) => {
                keys.retain(|(k, _)| *k != key);
                shard.remove(key);
            }
            Order::SetRemote(key, remote) => shard.set_remote(key, remote),
            Order::Prefer(key, height) => shard.prefer(key, height),
            Order::Forward(stage, burst) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                shard.forward(now, stage, &burst);
            }
            Order::Reset(stage) => shard.reset(stage),
            Order::Forget(stage) => shard.forget(stage),
            Order::Hear(key, datagram) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                shard.hear(now, key, &datagram);
            }
            #[cfg(test)]
            Order::Panic => panic!("as asked"),
        }
    }
}

/// A lock that a panic left behind holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use str0m::crypto::dtls::SrtpProfile;

    use super::*;
    use crate::keys::Keys;

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        socket
    }

    fn admission(remote: &UdpSocket, profile: SrtpProfile, bytes: usize) -> (SessionId, Admission) {
        let session = SessionId::random().expect("randomness");
        let keys = Keys { profile, material: vec![7; bytes], client: false };
        let remote = remote.local_addr().expect("an address");
        (
            session,
            Admission { session, stage: 1, remote, most_height: None, keys, tracks: Vec::new() },
        )
    }

    #[test]
    fn a_panic_ends_the_sessions_of_its_shard_and_no_others() {
        let sender = socket();
        sender.set_nonblocking(true).expect("not blocking");
        let traffic = Arc::new(Traffic::default());
        let wire = UdpWire::new(sender, Arc::clone(&traffic)).expect("a wire");
        let started = Threads::start(2, &Limits::default(), &wire, &traffic);
        let (mut threads, _wake) = started.expect("threads");
        let (here, there) = (socket(), socket());
        let profile = SrtpProfile::AEAD_AES_128_GCM;
        let (broken, admitted) = admission(&here, profile, 56);
        threads.admit(clock(), 1, admitted);
        threads.admit(clock(), 2, admission(&there, profile, 56).1);
        threads.tell(1, Order::Panic);
        let heard = |threads: &mut Threads| {
            let mut news = Vec::new();
            let end = clock() + Duration::from_secs(5);
            while news.is_empty() && clock() < end {
                thread::yield_now();
                threads.take_news(&mut news);
            }
            news
        };
        assert_eq!(heard(&mut threads), [News::Failed(1, broken)]);
        // The thread goes on: it takes the next, and says what is wrong with it.
        threads.remove(1);
        let (useless, admitted) = admission(&here, profile, 3);
        threads.admit(clock(), 3, admitted);
        assert_eq!(heard(&mut threads), [News::Failed(3, useless)]);
    }
}
