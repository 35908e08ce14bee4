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
use crate::ids::{PeerKey, SessionId, StageKey};
use crate::io::egress::{EgressCounters, UdpEgress};
use crate::io::load::ThreadLoad;
use crate::rtp::packet::ForwardedPacket;
use crate::shard::{Shard, ShardEvent, Shards, SubscriberSetup};
use crate::stats::SubscriberStats;

/// Bursts and reports that may wait for one shard; what comes when there are more is dropped. A
/// shard this far behind has no use for them either.
const MAX_WAITING_MEDIA: usize = 1_024;

/// All orders that may wait for one shard. What isn't media can't be dropped: a subscriber comes and
/// goes once, and of what changes about it only the last state waits. So a shard that is so far behind
/// has hung, and its sessions end as if it had panicked.
const MAX_WAITING_INPUTS: usize = 16_384;

/// Orders carried out before it is looked what time it is.
const INPUT_BATCH: usize = 64;

/// How often stats are handed over.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait; a bound on how long a lost wake-up could go unnoticed.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// What a shard is told, in the order in which it happened.
enum WorkerInput {
    Admit(PeerKey, Box<SubscriberSetup>),
    Remove(PeerKey),
    /// See [`ShardWorker::changes`].
    Change(PeerKey),
    Forward(StageKey, Arc<[ForwardedPacket]>),
    Reset(StageKey),
    Forget(StageKey),
    Rtcp(PeerKey, Box<[u8]>),
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Wait(Receiver<()>),
}

/// What is new about a subscriber.
#[derive(Clone, Copy, Default)]
struct SubscriberChange {
    remote: Option<SocketAddr>,
    height: Option<Option<u16>>,
}

/// What is new about subscribers and waits for their shard.
type Changes = Arc<Mutex<HashMap<PeerKey, SubscriberChange>>>;

/// What the threads say.
#[derive(Default)]
struct WorkerReports {
    news: Mutex<Vec<ShardEvent>>,
    stats: Mutex<HashMap<PeerKey, SubscriberStats>>,
    /// Wakes the media thread.
    wake: Arc<Notify>,
}

/// The handle to all shards.
pub(super) struct ThreadedShards {
    workers: Vec<ShardWorker>,
    /// Which worker a subscriber is with.
    worker_of: HashMap<PeerKey, usize>,
    reports: Arc<WorkerReports>,
    counters: Arc<EgressCounters>,
}

struct ShardWorker {
    inputs: SyncSender<WorkerInput>,
    /// Orders of media that wait.
    waiting: Arc<AtomicUsize>,
    changes: Changes,
    /// It is too far behind.
    overrun: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
    population: usize,
}

impl ThreadedShards {
    /// Starts `count` threads that send through wires like `egress`, and returns what wakes whoever
    /// waits for their news. They end when the handle is dropped.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub(super) fn start(
        count: usize,
        limits: &SfuLimits,
        egress: &UdpEgress,
        counters: &Arc<EgressCounters>,
    ) -> io::Result<(Self, Arc<Notify>)> {
        let reports = Arc::new(WorkerReports::default());
        let catch_up = limits.max_catch_up_bits / count.max(1) as u64;
        let limits_of_each = SfuLimits { max_catch_up_bits: catch_up, ..limits.clone() };
        let mut workers = Vec::new();
        for number in 0..count {
            let (inputs, inbox) = sync_channel(MAX_WAITING_INPUTS);
            let waiting = Arc::new(AtomicUsize::new(0));
            let (changes, overrun) = (Changes::default(), Arc::new(AtomicBool::new(false)));
            let full = Arc::new(AtomicBool::new(false));
            let running = WorkerThread {
                inbox,
                waiting: Arc::clone(&waiting),
                changes: Arc::clone(&changes),
                overrun: Arc::clone(&overrun),
                full: Arc::clone(&full),
                reports: Arc::clone(&reports),
                egress: egress.try_clone()?,
                counters: Arc::clone(counters),
                limits: limits_of_each.clone(),
            };
            let name = format!("sfu-send-{number}");
            thread::Builder::new().name(name).spawn(move || running.run())?;
            workers.push(ShardWorker { inputs, waiting, changes, overrun, full, population: 0 });
        }
        let wake = Arc::clone(&reports.wake);
        let counters = Arc::clone(counters);
        Ok((ThreadedShards { workers, worker_of: HashMap::new(), reports, counters }, wake))
    }

    fn worker(&self, key: PeerKey) -> Option<&ShardWorker> {
        self.workers.get(*self.worker_of.get(&key)?)
    }

    fn tell(&self, key: PeerKey, input: WorkerInput) {
        if let Some(worker) = self.worker(key) {
            worker.tell(input);
        }
    }

    /// Only the last state of what changes about a subscriber waits, and is told once.
    fn change(&self, key: PeerKey, change: impl FnOnce(&mut SubscriberChange)) {
        let Some(worker) = self.worker(key) else {
            return;
        };
        let mut changes = lock(&worker.changes);
        let told = changes.contains_key(&key);
        change(changes.entry(key).or_default());
        drop(changes);
        if !told {
            worker.tell(WorkerInput::Change(key));
        }
    }
}

impl ShardWorker {
    /// A worker that is gone has no use for orders. False if it has no room for them: it has hung.
    fn tell(&self, input: WorkerInput) -> bool {
        let full = matches!(self.inputs.try_send(input), Err(TrySendError::Full(_)));
        if full {
            self.overrun.store(true, Ordering::Relaxed);
        }
        !full
    }

    /// False if too much waits already.
    fn tell_media(&self, input: WorkerInput) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= MAX_WAITING_MEDIA {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let told = self.tell(input);
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
        if let Some((index, worker)) = least {
            worker.population += 1;
            self.worker_of.insert(key, index);
            let session = admission.session;
            if !worker.tell(WorkerInput::Admit(key, Box::new(admission))) {
                lock(&self.reports.news).push(ShardEvent::Failed(key, session));
                self.reports.wake.notify_one();
            }
        }
    }

    fn remove(&mut self, key: PeerKey) {
        self.tell(key, WorkerInput::Remove(key));
        if let Some(worker) =
            self.worker_of.remove(&key).and_then(|worker| self.workers.get_mut(worker))
        {
            worker.population -= 1;
        }
        lock(&self.reports.stats).remove(&key);
    }

    fn set_remote(&mut self, key: PeerKey, remote: SocketAddr) {
        self.change(key, |change| change.remote = Some(remote));
    }

    fn set_max_height(&mut self, key: PeerKey, height: Option<u16>) {
        self.change(key, |change| change.height = Some(height));
    }

    fn forward(&mut self, _: Instant, stage: StageKey, burst: &[ForwardedPacket]) {
        let burst: Arc<[ForwardedPacket]> = burst.into();
        for worker in &self.workers {
            if !worker.tell_media(WorkerInput::Forward(stage, Arc::clone(&burst))) {
                let lost = (burst.len() * worker.population) as u64;
                self.counters.dropped.fetch_add(lost, Ordering::Relaxed);
            }
        }
    }

    fn reset(&mut self, stage: StageKey) {
        for worker in &self.workers {
            worker.tell(WorkerInput::Reset(stage));
        }
    }

    fn forget(&mut self, stage: StageKey) {
        for worker in &self.workers {
            worker.tell(WorkerInput::Forget(stage));
        }
    }

    fn handle_rtcp(&mut self, _: Instant, key: PeerKey, datagram: &[u8]) {
        if let Some(worker) = self.worker_of.get(&key).and_then(|worker| self.workers.get(*worker))
        {
            // A report that finds no room is as good as lost on the way.
            worker.tell_media(WorkerInput::Rtcp(key, datagram.into()));
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn take_events(&mut self, news: &mut Vec<ShardEvent>) {
        news.append(&mut lock(&self.reports.news));
    }

    fn is_full(&self) -> bool {
        self.workers.iter().all(|w| w.full.load(Ordering::Relaxed))
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        lock(&self.reports.stats).get(&key).copied()
    }
}

/// One thread.
struct WorkerThread {
    inbox: Receiver<WorkerInput>,
    waiting: Arc<AtomicUsize>,
    changes: Changes,
    overrun: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
    reports: Arc<WorkerReports>,
    egress: UdpEgress,
    counters: Arc<EgressCounters>,
    limits: SfuLimits,
}

impl WorkerThread {
    fn run(self) {
        let mut keys: Vec<(PeerKey, SessionId)> = Vec::new();
        while let Ok(egress) = self.egress.try_clone() {
            let counters = Arc::clone(&self.counters);
            let mut shard = Shard::new(clock(), &self.limits, Box::new(egress), counters);
            // A panic ends the sessions of this shard and no others: it begins anew, empty.
            match catch_unwind(AssertUnwindSafe(|| self.serve(&mut shard, &mut keys))) {
                Ok(true) => return,
                Ok(false) | Err(_) => {
                    let failed =
                        keys.drain(..).map(|(key, session)| ShardEvent::Failed(key, session));
                    lock(&self.reports.news).extend(failed);
                    self.reports.wake.notify_one();
                }
            }
        }
    }

    /// Until the handle is gone: true; or until it is too far behind.
    fn serve(&self, shard: &mut Shard, keys: &mut Vec<(PeerKey, SessionId)>) -> bool {
        let mut news = Vec::new();
        let mut figures_at = clock();
        let mut load = ThreadLoad::new(figures_at);
        let mut awake = figures_at;
        loop {
            let now = clock();
            load.worked(awake, now);
            self.full.store(load.is_full(), Ordering::Relaxed);
            let wait = shard.deadline().map_or(MAX_WAIT, |at| at - now).min(MAX_WAIT);
            let mut next = match self.inbox.recv_timeout(wait) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return true,
            };
            if self.overrun.load(Ordering::Relaxed) {
                self.drop_inputs(next, keys);
                return false;
            }
            let now = clock();
            awake = now;
            let mut left = INPUT_BATCH;
            while let Some(input) = next {
                self.handle(shard, keys, now, input);
                left -= 1;
                next = if left > 0 { self.inbox.try_recv().ok() } else { None };
            }
            shard.handle_timeout(now);
            shard.take_events(&mut news);
            if !news.is_empty() {
                lock(&self.reports.news).append(&mut news);
                self.reports.wake.notify_one();
            }
            if now >= figures_at {
                figures_at = now + STATS_INTERVAL;
                let mut stats = lock(&self.reports.stats);
                stats.extend(keys.iter().filter_map(|(k, _)| Some((*k, shard.stats(*k)?))));
            }
        }
    }

    fn handle(
        &self,
        shard: &mut Shard,
        keys: &mut Vec<(PeerKey, SessionId)>,
        now: Instant,
        input: WorkerInput,
    ) {
        match input {
            WorkerInput::Admit(key, admission) => {
                keys.push((key, admission.session));
                shard.admit(now, key, *admission);
            }
            WorkerInput::Remove(key) => {
                keys.retain(|(k, _)| *k != key);
                shard.remove(key);
            }
            WorkerInput::Change(key) => {
                let change = lock(&self.changes).remove(&key).unwrap_or_default();
                if let Some(remote) = change.remote {
                    shard.set_remote(key, remote);
                }
                if let Some(height) = change.height {
                    shard.set_max_height(key, height);
                }
            }
            WorkerInput::Forward(stage, burst) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                shard.forward(now, stage, &burst);
            }
            WorkerInput::Reset(stage) => shard.reset(stage),
            WorkerInput::Forget(stage) => shard.forget(stage),
            WorkerInput::Rtcp(key, datagram) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                shard.handle_rtcp(now, key, &datagram);
            }
            #[cfg(test)]
            WorkerInput::Panic => panic!("as asked"),
            #[cfg(test)]
            WorkerInput::Wait(until) => {
                // It begins to wait with the first word, and ends with the second.
                until.recv().and_then(|()| until.recv()).expect("two words");
            }
        }
    }

    /// Takes note only of who came and went meanwhile, and begins anew.
    fn drop_inputs(&self, first: Option<WorkerInput>, keys: &mut Vec<(PeerKey, SessionId)>) {
        let rest = std::iter::from_fn(|| self.inbox.try_recv().ok());
        for input in first.into_iter().chain(rest) {
            match input {
                WorkerInput::Admit(key, admission) => keys.push((key, admission.session)),
                WorkerInput::Remove(key) => keys.retain(|(k, _)| *k != key),
                WorkerInput::Forward(..) | WorkerInput::Rtcp(..) => {
                    self.waiting.fetch_sub(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        lock(&self.changes).clear();
        self.overrun.store(false, Ordering::Relaxed);
    }
}

/// A lock that a panic left behind holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
