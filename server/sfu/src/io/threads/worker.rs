//! The thread of one shard.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{clock, lock};
use crate::config::SfuLimits;
use crate::ids::{PeerKey, SessionId};
use crate::io::load::ThreadLoad;
use crate::io::udp_egress::UdpEgress;
use crate::shard::egress::EgressCounters;
use crate::shard::{QueuedInput, Shard, ShardEvent, ShardInput, Shards};
use crate::stats::SubscriberStats;

/// Inputs handled before the clock is read again.
const INPUT_BATCH: usize = 64;

/// Time between two reports of statistics.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait; a bound on how long a lost wake-up could go unnoticed.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// An input of a worker, in the order in which it happened.
pub(super) enum WorkerInput {
    Shard(QueuedInput),
    /// See [`WorkerState::changes`].
    Change(PeerKey),
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Wait(Receiver<()>),
}

/// The last state of what changes about a subscriber.
#[derive(Clone, Copy, Default)]
pub(super) struct SubscriberChange {
    pub(super) remote: Option<SocketAddr>,
    pub(super) height: Option<Option<u16>>,
}

/// State shared by a worker and its handle.
#[derive(Default)]
pub(super) struct WorkerState {
    /// Bursts of media in the queue, and reports of subscribers.
    pub(super) waiting_bursts: AtomicUsize,
    pub(super) waiting_reports: AtomicUsize,
    /// Changes of subscribers that wait for their shard.
    pub(super) changes: Mutex<HashMap<PeerKey, SubscriberChange>>,
    /// The queue was full: the worker has hung.
    pub(super) overrun: AtomicBool,
    /// No time is left for more subscribers.
    pub(super) full: AtomicBool,
}

/// Reports of all workers to the media thread.
#[derive(Default)]
pub(super) struct WorkerReports {
    pub(super) events: Mutex<Vec<ShardEvent>>,
    pub(super) stats: Mutex<HashMap<PeerKey, SubscriberStats>>,
    /// Wakes the media thread.
    pub(super) wake: Arc<Notify>,
}

impl WorkerReports {
    pub(super) fn push(&self, event: ShardEvent) {
        lock(&self.events).push(event);
        self.wake.notify_one();
    }
}

/// A thread with its shard.
pub(super) struct Worker {
    pub(super) inbox: Receiver<WorkerInput>,
    pub(super) state: Arc<WorkerState>,
    pub(super) reports: Arc<WorkerReports>,
    pub(super) egress: UdpEgress,
    pub(super) counters: Arc<EgressCounters>,
    pub(super) limits: SfuLimits,
}

/// The sessions that a worker serves.
type Sessions = Vec<(PeerKey, SessionId)>;

impl Worker {
    pub(super) fn run(self) {
        let mut sessions = Sessions::new();
        while let Ok(egress) = self.egress.try_clone() {
            let counters = Arc::clone(&self.counters);
            let mut shard = Shard::new(clock(), &self.limits, Box::new(egress), counters);
            // A panic ends the sessions of this shard and no others: it begins anew, empty.
            match catch_unwind(AssertUnwindSafe(|| self.serve(&mut shard, &mut sessions))) {
                Ok(true) => return,
                Ok(false) | Err(_) => {
                    let failed = sessions.drain(..);
                    let failed = failed.map(|(key, session)| ShardEvent::Failed(key, session));
                    lock(&self.reports.events).extend(failed);
                    self.reports.wake.notify_one();
                }
            }
        }
    }

    /// Serves until the handle is gone: true; or until the queue was full: false.
    fn serve(&self, shard: &mut Shard, sessions: &mut Sessions) -> bool {
        let mut events = Vec::new();
        let mut stats_at = clock();
        let mut load = ThreadLoad::new(stats_at);
        let mut awake = stats_at;
        loop {
            let now = clock();
            load.worked(awake, now);
            self.state.full.store(load.is_full(), Ordering::Relaxed);
            let wait = shard.deadline().map_or(MAX_WAIT, |at| at - now).min(MAX_WAIT);
            let mut next = match self.inbox.recv_timeout(wait) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return true,
            };
            if self.state.overrun.load(Ordering::Relaxed) {
                self.drop_inputs(next, sessions);
                return false;
            }
            let now = clock();
            awake = now;
            let mut left = INPUT_BATCH;
            while let Some(input) = next {
                self.handle(shard, sessions, now, input);
                left -= 1;
                next = if left > 0 { self.inbox.try_recv().ok() } else { None };
            }
            shard.handle_timeout(now);
            shard.take_events(&mut events);
            if !events.is_empty() {
                lock(&self.reports.events).append(&mut events);
                self.reports.wake.notify_one();
            }
            if now >= stats_at {
                stats_at = now + STATS_INTERVAL;
                let known = sessions.iter().filter_map(|(key, _)| Some((*key, shard.stats(*key)?)));
                lock(&self.reports.stats).extend(known);
            }
        }
    }

    fn handle(&self, shard: &mut Shard, sessions: &mut Sessions, now: Instant, input: WorkerInput) {
        match input {
            WorkerInput::Shard(input) => {
                self.note(&input, sessions);
                shard.take(now, input);
            }
            WorkerInput::Change(key) => {
                let change = lock(&self.state.changes).remove(&key).unwrap_or_default();
                if let Some(remote) = change.remote {
                    shard.handle(now, ShardInput::SetRemote(key, remote));
                }
                if let Some(height) = change.height {
                    shard.handle(now, ShardInput::SetMaxHeight(key, height));
                }
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

    /// Notes an input that leaves the queue.
    fn note(&self, input: &QueuedInput, sessions: &mut Sessions) {
        match input {
            ShardInput::Admit(key, setup) => sessions.push((*key, setup.session)),
            ShardInput::Remove(key) => {
                if let Some(index) = sessions.iter().rposition(|(known, _)| known == key) {
                    sessions.swap_remove(index);
                }
            }
            ShardInput::Forward(..) => {
                self.state.waiting_bursts.fetch_sub(1, Ordering::Relaxed);
            }
            ShardInput::Rtcp(..) => {
                self.state.waiting_reports.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Drops the queue, but notes who came and went meanwhile.
    fn drop_inputs(&self, first: Option<WorkerInput>, sessions: &mut Sessions) {
        let rest = std::iter::from_fn(|| self.inbox.try_recv().ok());
        for input in first.into_iter().chain(rest) {
            if let WorkerInput::Shard(input) = input {
                self.note(&input, sessions);
            }
        }
        lock(&self.state.changes).clear();
        self.state.overrun.store(false, Ordering::Relaxed);
    }
}
