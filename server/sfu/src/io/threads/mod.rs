//! Shards on threads of their own, all sending on the one socket.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::Notify;

use super::clock;
use crate::config::SfuLimits;
use crate::ice::demultiplexer::PeerKey;
use crate::ids::SessionId;
use crate::io::egress::{EgressCounters, UdpEgress};
use crate::io::load::Load;
use crate::rtp::packet::ForwardedPacket;
use crate::shard::{Shard, ShardEvent, Shards, SubscriberSetup};
use crate::stats::SubscriberStats;

/// Bursts and reports that may wait for one shard; what comes when there are more is dropped. A
/// shard this far behind has no use for them either.
const WAITING: usize = 1_024;

/// All orders that may wait for one shard. What isn't media can't be dropped: a subscriber comes and
/// goes once, and of what changes about it only the last state waits. So a shard that is so far behind
/// has hung, and its sessions end as if it had panicked.
const ALL_WAITING: usize = 16_384;

/// Orders carried out before it is looked what time it is.
const ORDERS_AT_ONCE: usize = 64;

/// How often stats are handed over.
const FIGURES_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait; a bound on how long a lost wake-up could go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a shard is told, in the order in which it happened.
enum Order {
    Admit(PeerKey, Box<SubscriberSetup>),
    Remove(PeerKey),
    /// See [`Worker::changes`].
    Change(PeerKey),
    Forward(usize, Arc<[ForwardedPacket]>),
    Reset(usize),
    Forget(usize),
    Hear(PeerKey, Box<[u8]>),
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Wait(Receiver<()>),
}

/// What is new about a subscriber.
#[derive(Clone, Copy, Default)]
struct Change {
    remote: Option<SocketAddr>,
    height: Option<Option<u16>>,
}

/// What is new about subscribers and waits for their shard.
type Changes = Arc<Mutex<HashMap<PeerKey, Change>>>;

/// What the threads say.
#[derive(Default)]
struct Said {
    news: Mutex<Vec<ShardEvent>>,
    stats: Mutex<HashMap<PeerKey, SubscriberStats>>,
    /// Wakes the media thread.
    wake: Arc<Notify>,
}

/// The handle to all shards.
pub(super) struct ThreadedShards {
    workers: Vec<Worker>,
    /// Which worker a subscriber is with.
    homes: HashMap<PeerKey, usize>,
    said: Arc<Said>,
    traffic: Arc<EgressCounters>,
}

struct Worker {
    orders: SyncSender<Order>,
    /// Orders of media that wait.
    waiting: Arc<AtomicUsize>,
    changes: Changes,
    /// It is too far behind.
    hung: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
    population: usize,
}

impl ThreadedShards {
    /// Starts `count` threads that send through wires like `wire`, and returns what wakes whoever
    /// waits for their news. They end when the handle is dropped.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub(super) fn start(
        count: usize,
        limits: &SfuLimits,
        wire: &UdpEgress,
        traffic: &Arc<EgressCounters>,
    ) -> io::Result<(Self, Arc<Notify>)> {
        let said = Arc::new(Said::default());
        let catch_up = limits.max_catch_up_bits / count.max(1) as u64;
        let limits_of_each = SfuLimits { max_catch_up_bits: catch_up, ..limits.clone() };
        let mut workers = Vec::new();
        for number in 0..count {
            let (orders, inbox) = sync_channel(ALL_WAITING);
            let waiting = Arc::new(AtomicUsize::new(0));
            let (changes, hung) = (Changes::default(), Arc::new(AtomicBool::new(false)));
            let full = Arc::new(AtomicBool::new(false));
            let running = Running {
                inbox,
                waiting: Arc::clone(&waiting),
                changes: Arc::clone(&changes),
                hung: Arc::clone(&hung),
                full: Arc::clone(&full),
                said: Arc::clone(&said),
                wire: wire.another()?,
                traffic: Arc::clone(traffic),
                limits: limits_of_each.clone(),
            };
            let name = format!("sfu-send-{number}");
            thread::Builder::new().name(name).spawn(move || running.run())?;
            workers.push(Worker { orders, waiting, changes, hung, full, population: 0 });
        }
        let wake = Arc::clone(&said.wake);
        let traffic = Arc::clone(traffic);
        Ok((ThreadedShards { workers, homes: HashMap::new(), said, traffic }, wake))
    }

    fn home(&self, key: PeerKey) -> Option<&Worker> {
        self.workers.get(*self.homes.get(&key)?)
    }

    fn tell(&self, key: PeerKey, order: Order) {
        if let Some(worker) = self.home(key) {
            worker.tell(order);
        }
    }

    /// Only the last state of what changes about a subscriber waits, and is told once.
    fn change(&self, key: PeerKey, change: impl FnOnce(&mut Change)) {
        let Some(worker) = self.home(key) else {
            return;
        };
        let mut changes = lock(&worker.changes);
        let told = changes.contains_key(&key);
        change(changes.entry(key).or_default());
        drop(changes);
        if !told {
            worker.tell(Order::Change(key));
        }
    }
}

impl Worker {
    /// A worker that is gone has no use for orders. False if it has no room for them: it has hung.
    fn tell(&self, order: Order) -> bool {
        let full = matches!(self.orders.try_send(order), Err(TrySendError::Full(_)));
        if full {
            self.hung.store(true, Ordering::Relaxed);
        }
        !full
    }

    /// False if too much waits already.
    fn tell_media(&self, order: Order) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= WAITING {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let told = self.tell(order);
        if !told {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        told
    }
}

impl Shards for ThreadedShards {
    fn admit(&mut self, _: Instant, key: PeerKey, admission: SubscriberSetup) {
        let least = self
            .workers
            .iter_mut()
            .enumerate()
            .min_by_key(|(_, w)| (w.full.load(Ordering::Relaxed), w.population));
        if let Some((home, worker)) = least {
            worker.population += 1;
            self.homes.insert(key, home);
            let session = admission.session;
            if !worker.tell(Order::Admit(key, Box::new(admission))) {
                lock(&self.said.news).push(ShardEvent::Failed(key, session));
                self.said.wake.notify_one();
            }
        }
    }

    fn remove(&mut self, key: PeerKey) {
        self.tell(key, Order::Remove(key));
        if let Some(worker) = self.homes.remove(&key).and_then(|home| self.workers.get_mut(home)) {
            worker.population -= 1;
        }
        lock(&self.said.stats).remove(&key);
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        self.change(key, |change| change.remote = Some(remote));
    }

    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        self.change(key, |change| change.height = Some(height));
    }

    fn forward(&mut self, _: Instant, stage: usize, burst: &[ForwardedPacket]) {
        let burst: Arc<[ForwardedPacket]> = burst.into();
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

    fn take_news(&mut self, news: &mut Vec<ShardEvent>) {
        news.append(&mut lock(&self.said.news));
    }

    fn is_full(&self) -> bool {
        self.workers.iter().all(|w| w.full.load(Ordering::Relaxed))
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        lock(&self.said.stats).get(&key).copied()
    }
}

/// One thread.
struct Running {
    inbox: Receiver<Order>,
    waiting: Arc<AtomicUsize>,
    changes: Changes,
    hung: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
    said: Arc<Said>,
    wire: UdpEgress,
    traffic: Arc<EgressCounters>,
    limits: SfuLimits,
}

impl Running {
    fn run(self) {
        let mut keys: Vec<(PeerKey, SessionId)> = Vec::new();
        while let Ok(wire) = self.wire.another() {
            let traffic = Arc::clone(&self.traffic);
            let mut shard = Shard::new(clock(), &self.limits, Box::new(wire), traffic);
            // A panic ends the sessions of this shard and no others: it begins anew, empty.
            match catch_unwind(AssertUnwindSafe(|| self.serve(&mut shard, &mut keys))) {
                Ok(true) => return,
                Ok(false) | Err(_) => {
                    let failed =
                        keys.drain(..).map(|(key, session)| ShardEvent::Failed(key, session));
                    lock(&self.said.news).extend(failed);
                    self.said.wake.notify_one();
                }
            }
        }
    }

    /// Until the handle is gone: true; or until it is too far behind.
    fn serve(&self, shard: &mut Shard, keys: &mut Vec<(PeerKey, SessionId)>) -> bool {
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
                Err(RecvTimeoutError::Disconnected) => return true,
            };
            if self.hung.load(Ordering::Relaxed) {
                self.drop_orders(next, keys);
                return false;
            }
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
                let mut stats = lock(&self.said.stats);
                stats.extend(keys.iter().filter_map(|(k, _)| Some((*k, shard.stats(*k)?))));
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
            Order::Change(key) => {
                let change = lock(&self.changes).remove(&key).unwrap_or_default();
                if let Some(remote) = change.remote {
                    shard.set_remote(key, remote);
                }
                if let Some(height) = change.height {
                    shard.set_max_height(key, height);
                }
            }
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
            #[cfg(test)]
            Order::Wait(until) => {
                // It begins to wait with the first word, and ends with the second.
                until.recv().and_then(|()| until.recv()).expect("two words");
            }
        }
    }

    /// Takes note only of who came and went meanwhile, and begins anew.
    fn drop_orders(&self, first: Option<Order>, keys: &mut Vec<(PeerKey, SessionId)>) {
        let rest = std::iter::from_fn(|| self.inbox.try_recv().ok());
        for order in first.into_iter().chain(rest) {
            match order {
                Order::Admit(key, admission) => keys.push((key, admission.session)),
                Order::Remove(key) => keys.retain(|(k, _)| *k != key),
                Order::Forward(..) | Order::Hear(..) => {
                    self.waiting.fetch_sub(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        lock(&self.changes).clear();
        self.hung.store(false, Ordering::Relaxed);
    }
}

/// A lock that a panic left behind holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
