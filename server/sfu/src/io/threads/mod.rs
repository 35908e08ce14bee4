//! Shards on threads of their own, all sending on the one socket.

mod worker;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use self::worker::{SubscriberChange, Worker, WorkerInput, WorkerReports, WorkerState};
use super::clock;
use crate::config::SfuLimits;
use crate::ids::PeerKey;
use crate::io::udp_egress::UdpEgress;
use crate::rtp::packet::ForwardedPacket;
use crate::shard::egress::EgressCounters;
use crate::shard::{BorrowedInput, QueuedInput, ShardEvent, ShardInput, Shards};
use crate::stats::SubscriberStats;

/// Bursts of media that may wait for one shard; what comes when there are more is dropped. A shard
/// this far behind has no use for them either.
const MAX_WAITING_BURSTS: usize = 1_024;

/// Reports of subscribers that may wait for one shard; one that finds no room is as good as lost on
/// the way. They are counted apart: a thousand viewers send as many in 50 ms, and must not displace
/// the media that they report on.
const MAX_WAITING_REPORTS: usize = 1_024;

/// Inputs of all kinds that may wait for one shard. What isn't media can't be dropped: a subscriber
/// comes and goes once, and of what changes about it only the last state waits. So a shard that is so
/// far behind has hung, and its sessions end as if it had panicked.
const MAX_WAITING_INPUTS: usize = 16_384;

/// The handle to all shards. Their threads end when it is dropped.
pub(super) struct ThreadedShards {
    workers: Vec<WorkerHandle>,
    /// The index of the worker that serves a subscriber.
    worker_of: HashMap<PeerKey, usize>,
    reports: Arc<WorkerReports>,
    counters: Arc<EgressCounters>,
}

struct WorkerHandle {
    inputs: SyncSender<WorkerInput>,
    state: Arc<WorkerState>,
    population: usize,
}

impl ThreadedShards {
    /// Starts `count` threads that send through egresses like `egress`, and returns what wakes the reader
    /// of their events.
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
        let max_catch_up_bits = limits.max_catch_up_bits / count.max(1) as u64;
        let limits_of_each = SfuLimits { max_catch_up_bits, ..limits.clone() };
        let mut workers = Vec::new();
        for number in 0..count {
            let (inputs, inbox) = sync_channel(MAX_WAITING_INPUTS);
            let state = Arc::new(WorkerState::default());
            let worker = Worker {
                inbox,
                state: Arc::clone(&state),
                reports: Arc::clone(&reports),
                egress: egress.try_clone()?,
                counters: Arc::clone(counters),
                limits: limits_of_each.clone(),
            };
            let name = format!("sfu-send-{number}");
            std::thread::Builder::new().name(name).spawn(move || worker.run())?;
            workers.push(WorkerHandle { inputs, state, population: 0 });
        }
        let wake = Arc::clone(&reports.wake);
        let counters = Arc::clone(counters);
        Ok((ThreadedShards { workers, worker_of: HashMap::new(), reports, counters }, wake))
    }

    fn worker(&self, key: PeerKey) -> Option<&WorkerHandle> {
        self.workers.get(*self.worker_of.get(&key)?)
    }

    fn tell(&self, key: PeerKey, input: WorkerInput) {
        if let Some(worker) = self.worker(key) {
            worker.tell(input);
        }
    }

    /// Notes a change of a subscriber: only its last state waits, and is told once.
    fn change(&self, key: PeerKey, change: impl FnOnce(&mut SubscriberChange)) {
        let Some(worker) = self.worker(key) else {
            return;
        };
        let mut changes = lock(&worker.state.changes);
        let told = changes.contains_key(&key);
        change(changes.entry(key).or_default());
        drop(changes);
        if !told {
            worker.tell(WorkerInput::Change(key));
        }
    }

    /// Tells the worker with the fewest subscribers, of those with time left; false if it has hung.
    fn admit(&mut self, key: PeerKey, input: QueuedInput) -> bool {
        let load =
            |worker: &WorkerHandle| (worker.state.full.load(Ordering::Relaxed), worker.population);
        let workers = self.workers.iter_mut().enumerate();
        let Some((index, worker)) = workers.min_by_key(|(_, worker)| load(worker)) else {
            return true;
        };
        worker.population += 1;
        self.worker_of.insert(key, index);
        worker.tell(WorkerInput::Shard(input))
    }

    fn tell_all(&self, input: impl Fn() -> QueuedInput) {
        for worker in &self.workers {
            worker.tell(WorkerInput::Shard(input()));
        }
    }
}

impl WorkerHandle {
    /// A worker that is gone has no use for inputs. False if it has no room for them: it has hung.
    fn tell(&self, input: WorkerInput) -> bool {
        let full = matches!(self.inputs.try_send(input), Err(TrySendError::Full(_)));
        if full {
            self.state.overrun.store(true, Ordering::Relaxed);
        }
        !full
    }

    /// Tells what may be dropped; false if `limit` of its kind wait already.
    fn tell_bounded(&self, waiting: &AtomicUsize, limit: usize, input: QueuedInput) -> bool {
        if waiting.load(Ordering::Relaxed) >= limit {
            return false;
        }
        waiting.fetch_add(1, Ordering::Relaxed);
        let told = self.tell(WorkerInput::Shard(input));
        if !told {
            waiting.fetch_sub(1, Ordering::Relaxed);
        }
        told
    }
}

impl Shards for ThreadedShards {
    fn handle(&mut self, _: Instant, input: BorrowedInput<'_>) {
        match input {
            ShardInput::Admit(key, setup) => {
                let session = setup.session;
                if !self.admit(key, ShardInput::Admit(key, setup)) {
                    self.reports.push(ShardEvent::Failed(key, session));
                }
            }
            ShardInput::Remove(key) => {
                self.tell(key, WorkerInput::Shard(ShardInput::Remove(key)));
                let index = self.worker_of.remove(&key);
                if let Some(worker) = index.and_then(|index| self.workers.get_mut(index)) {
                    worker.population -= 1;
                }
                lock(&self.reports.stats).remove(&key);
            }
            ShardInput::SetRemote(key, remote) => {
                self.change(key, |change| change.remote = Some(remote));
            }
            ShardInput::SetMaxHeight(key, height) => {
                self.change(key, |change| change.height = Some(height));
            }
            ShardInput::Forward(stage, burst) => {
                let burst: Arc<[ForwardedPacket]> = burst.into();
                for worker in &self.workers {
                    let input = ShardInput::Forward(stage, Arc::clone(&burst));
                    let waiting = &worker.state.waiting_bursts;
                    if !worker.tell_bounded(waiting, MAX_WAITING_BURSTS, input) {
                        let lost = (burst.len() * worker.population) as u64;
                        self.counters.dropped.fetch_add(lost, Ordering::Relaxed);
                    }
                }
            }
            ShardInput::Reset(stage) => self.tell_all(|| ShardInput::Reset(stage)),
            ShardInput::Forget(stage) => self.tell_all(|| ShardInput::Forget(stage)),
            ShardInput::Rtcp(key, datagram) => {
                if let Some(worker) = self.worker(key) {
                    let input = ShardInput::Rtcp(key, datagram.into());
                    let waiting = &worker.state.waiting_reports;
                    worker.tell_bounded(waiting, MAX_WAITING_REPORTS, input);
                }
            }
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn take_events(&mut self, events: &mut Vec<ShardEvent>) {
        events.append(&mut lock(&self.reports.events));
    }

    fn is_full(&self) -> bool {
        self.workers.iter().all(|worker| worker.state.full.load(Ordering::Relaxed))
    }

    fn stats(&self, key: PeerKey) -> Option<SubscriberStats> {
        lock(&self.reports.stats).get(&key).copied()
    }
}

/// A lock that a panic left behind holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
