//! Packet cache of one layer: for newcomers, everything since its last keyframe (the GOP cache);
//! for retransmissions, the latest packets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::config::SfuLimits;
use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::Packet;

/// Packets kept for retransmissions, and for when the first packet of a keyframe comes after its
/// followers: 4 s at 2.5 Mbit/s.
const RETRANSMIT_PACKETS: u64 = 1_024;

/// Packets of a stream's beginning that may come before its first.
const MAX_EARLY_PACKETS: usize = 64;

/// Distance beyond which a sequence number belongs to another numbering.
const MAX_JUMP: u64 = 8_192;

/// Packets of the latest frame that are looked through for its beginning.
const MAX_FRAME_PACKETS: usize = 256;

/// Effect of a packet on the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Stored in its place.
    Kept,
    /// Stored in its place; a new keyframe begins with it.
    Keyframe,
    /// A duplicate, or too old to tell; it is forwarded to nobody.
    Ignored,
}

/// Memory budget of all caches of one thread.
#[derive(Clone, Debug)]
pub(crate) struct CacheBudget(Arc<BudgetState>);

#[derive(Debug)]
struct BudgetState {
    bytes: AtomicUsize,
    most: usize,
}

/// Memory of a packet besides its payload.
const SLOT_BYTES: usize = size_of::<Option<Packet>>();

impl CacheBudget {
    /// A budget of which nothing is used.
    pub(crate) fn new(limits: &SfuLimits) -> Self {
        let most = limits.max_cached_bytes_in_all;
        CacheBudget(Arc::new(BudgetState { bytes: AtomicUsize::new(0), most }))
    }

    /// Bytes that one cache may hold at present. Half of the budget is for whoever needs it; beyond
    /// that nobody holds more than is left, so that many who go on share evenly.
    fn share(&self) -> usize {
        let held = self.0.bytes.load(Relaxed);
        if held <= self.0.most / 2 { usize::MAX } else { self.0.most.saturating_sub(held) }
    }
}

/// The last keyframe, from which a newcomer can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CachedKeyframe {
    /// Number of its first packet.
    pub(crate) sequence: ExtSeq,
    pub(crate) age: Duration,
    /// Payload bytes from there on.
    pub(crate) bytes: u64,
}

/// Packets by sequence number, with gaps where they have not come (yet).
///
/// Invariant: `slots[i]` holds sequence number `first + i`; `anchor`, if any, is in `first..first +
/// slots.len()` and its slot is filled.
pub(crate) struct PacketCache {
    slots: VecDeque<Option<Packet>>,
    first: ExtSeq,
    anchor: Option<Anchor>,
    /// Payload bytes.
    bytes: usize,
    /// Filled slots.
    packets: usize,
    /// Payload bytes stored since the beginning.
    stored: u64,
    budget: CacheBudget,
    max_packets: usize,
    max_bytes: usize,
    max_age: Duration,
}

#[derive(Clone, Copy)]
struct Anchor {
    sequence: ExtSeq,
    timestamp: u32,
    arrival: Instant,
    /// Payload bytes that were stored before it.
    stored: u64,
}

impl PacketCache {
    /// An empty cache with a budget of its own.
    #[cfg(any(test, feature = "fuzz"))]
    pub(crate) fn new(limits: &SfuLimits) -> Self {
        PacketCache::with_budget(limits, &CacheBudget::new(limits))
    }

    /// An empty cache that shares a budget.
    pub(crate) fn with_budget(limits: &SfuLimits, budget: &CacheBudget) -> Self {
        PacketCache {
            slots: VecDeque::new(),
            first: ExtSeq(0),
            anchor: None,
            bytes: 0,
            packets: 0,
            stored: 0,
            budget: budget.clone(),
            max_packets: limits.max_cached_packets,
            max_bytes: limits.max_cached_bytes,
            max_age: limits.max_cached_age,
        }
    }

    /// Drops everything; the next packet may have any sequence number.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.budget.0.bytes.fetch_sub(self.held(), Relaxed);
        (self.bytes, self.packets) = (0, 0);
        self.anchor = None;
    }

    /// Memory in use.
    fn held(&self) -> usize {
        self.bytes + self.packets * SLOT_BYTES
    }

    /// True if a sequence number belongs to the same numbering as those before.
    pub(crate) fn continues(&self, sequence: ExtSeq) -> bool {
        self.slots.is_empty() || sequence.distance(self.end()) <= MAX_JUMP
    }

    /// Stores a packet in its place.
    pub(crate) fn store(&mut self, packet: &Packet) -> Stored {
        if !self.continues(packet.sequence) {
            self.clear();
        }
        if self.slots.is_empty() {
            self.first = packet.sequence;
        }
        // The first packets of a stream may come in the wrong order, too.
        while self.anchor.is_none()
            && packet.sequence < self.first
            && self.slots.len() < MAX_EARLY_PACKETS
        {
            self.slots.push_front(None);
            self.first = self.first.saturating_sub(1);
        }
        let Some(offset) = packet.sequence.since(self.first) else {
            return Stored::Ignored;
        };
        while self.end() <= packet.sequence {
            self.slots.push_back(None);
        }
        let Some(slot) = self.slots.get_mut(usize::try_from(offset).unwrap_or(usize::MAX)) else {
            return Stored::Ignored;
        };
        if slot.is_some() {
            return Stored::Ignored;
        }
        *slot = Some(packet.clone());
        let length = packet.payload.len();
        self.bytes += length;
        self.packets += 1;
        self.budget.0.bytes.fetch_add(length + SLOT_BYTES, Relaxed);
        let begins = packet.keyframe
            && self.anchor.is_none_or(|a| match a.timestamp == packet.timestamp {
                // Of one keyframe, the first packet counts, even if it comes later.
                true => packet.sequence < a.sequence,
                false => packet.sequence > a.sequence,
            });
        if begins {
            self.anchor = Some(Anchor {
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                arrival: packet.arrival,
                stored: self.stored,
            });
        }
        self.stored += length as u64;
        self.keep_bounds(packet.arrival);
        if begins { Stored::Keyframe } else { Stored::Kept }
    }

    /// Sequence number of the last keyframe, whether or not all of it has come.
    pub(crate) fn start(&self, now: Instant) -> Option<ExtSeq> {
        self.present_anchor(now).map(|anchor| anchor.sequence)
    }

    /// The last keyframe, if a newcomer can be served from it: nothing of it is missing that was
    /// sent before something that has come.
    pub(crate) fn last_keyframe(&self, now: Instant) -> Option<CachedKeyframe> {
        let anchor = self.present_anchor(now)?;
        let age = now.saturating_duration_since(anchor.arrival);
        let bytes = self.stored - anchor.stored;
        let mut rest = anchor.sequence.until(self.end()).map(|sequence| self.get(sequence));
        let whole = rest.try_for_each(|packet| match packet {
            Some(packet) if packet.timestamp != anchor.timestamp => Err(true),
            Some(packet) if packet.marker => Err(true),
            Some(_) => Ok(()),
            None => Err(false),
        });
        let kept = CachedKeyframe { sequence: anchor.sequence, age, bytes };
        whole.err().unwrap_or(true).then_some(kept)
    }

    fn present_anchor(&self, now: Instant) -> Option<Anchor> {
        self.anchor.filter(|it| now.saturating_duration_since(it.arrival) <= self.max_age)
    }

    /// The number after the highest received.
    pub(crate) fn end(&self) -> ExtSeq {
        self.first + self.slots.len() as u64
    }

    /// The packet of that number, if it is cached.
    pub(crate) fn get(&self, sequence: ExtSeq) -> Option<&Packet> {
        let offset = usize::try_from(sequence.since(self.first)?).ok()?;
        self.slots.get(offset)?.as_ref()
    }

    /// Payload bytes from that packet on, about.
    pub(crate) fn bytes_from(&self, sequence: ExtSeq) -> u64 {
        let packets = self.end().since(sequence).unwrap_or_default();
        packets * self.bytes as u64 / self.packets.max(1) as u64
    }

    /// True if two packets are there, and of one frame.
    pub(crate) fn is_one_frame(&self, one: ExtSeq, other: ExtSeq) -> bool {
        let timestamp = |sequence| self.get(sequence).map(|packet| packet.timestamp);
        timestamp(one).is_some_and(|at| timestamp(other) == Some(at))
    }

    /// The number of the packet that begins the frame of that timestamp, if it is one of the latest.
    pub(crate) fn beginning(&self, timestamp: u32) -> Option<ExtSeq> {
        let begins = |packet: &Packet| packet.begins && packet.timestamp == timestamp;
        let mut latest = self.slots.iter().flatten().rev().take(MAX_FRAME_PACKETS);
        latest.find(|packet| begins(packet)).map(|packet| packet.sequence)
    }

    fn drop_before(&mut self, sequence: ExtSeq) {
        while self.first < sequence {
            let Some(slot) = self.slots.pop_front() else {
                return;
            };
            if let Some(packet) = slot {
                let length = packet.payload.len();
                self.bytes -= length;
                self.packets -= 1;
                self.budget.0.bytes.fetch_sub(length + SLOT_BYTES, Relaxed);
            }
            self.first = self.first + 1;
        }
    }

    /// Drops what exceeds the bounds. A run from the keyframe that is too long is of no use to a
    /// newcomer.
    fn keep_bounds(&mut self, now: Instant) {
        let end = self.end();
        let repairs = end.saturating_sub(RETRANSMIT_PACKETS);
        let outlived = |a: &Anchor| {
            now.saturating_duration_since(a.arrival) > self.max_age
                || end - a.sequence > self.max_packets as u64
        };
        self.anchor = self.anchor.filter(|a| !outlived(a));
        self.drop_before(self.anchor.map_or(repairs, |a| a.sequence.min(repairs)));
        let too_much =
            |this: &Self| this.bytes > this.max_bytes || this.held() > this.budget.share();
        if too_much(self)
            && let Some(anchor) = self.anchor
        {
            self.drop_before(anchor.sequence);
        }
        if too_much(self) {
            self.anchor = None;
            self.drop_before(repairs);
        }
        while too_much(self) && self.slots.len() > 1 {
            self.drop_before(self.first + 1);
        }
    }
}

impl Drop for PacketCache {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests;
