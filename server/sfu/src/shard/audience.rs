//! The subscribers of one stage within one shard, and what was sent to them last.

use std::time::{Duration, Instant};

use super::Subscribers;
use super::feed::{Feed, Mode};
use super::subscriber::{Subscriber, Way};
use crate::config::Limits;
use crate::demultiplex::PeerKey;
use crate::history::{History, Stored};
use crate::packet::{Forwarded, Packet, TrackName};

/// Packets of the past a newcomer gets per [`CATCH_UP_INTERVAL`]: about 30 Mbit/s, several times
/// faster than real time, without filling the queues on the way.
const CATCH_UP_PACKETS: usize = 16;

/// Time between two portions of packets of the past.
const CATCH_UP_INTERVAL: Duration = Duration::from_millis(5);

/// Most bytes by which packets of one frame are lengthened to be of one length: encoders cut frames
/// into packets that differ by a byte.
const MAX_PADDING: usize = 16;

/// The subscribers of one stage within one shard.
pub(super) struct Audience {
    tracks: Vec<Track>,
    pub(super) viewers: Vec<PeerKey>,
    /// When those who catch up get their next portion.
    pub(super) catch_up_at: Option<Instant>,
    limits: Limits,
    /// Reused by [`Audience::forward`].
    plan: Vec<Planned>,
}

/// One of the publisher's tracks.
struct Track {
    name: TrackName,
    /// [`Packet::source`] of the last packet.
    source: u32,
    history: History,
}

/// What is to be done with one packet of a burst.
struct Planned {
    /// Index of its track.
    track: usize,
    stored: Stored,
    padding: u8,
}

impl Audience {
    pub(super) fn new(limits: &Limits) -> Self {
        Audience {
            tracks: Vec::new(),
            viewers: Vec::new(),
            catch_up_at: None,
            limits: limits.clone(),
            plan: Vec::new(),
        }
    }

    /// The publisher is gone, or another takes over: viewers wait for the next one's keyframe.
    pub(super) fn reset(&mut self, subscribers: &mut Subscribers) {
        self.tracks.clear();
        self.catch_up_at = None;
        for viewer in &self.viewers {
            if let Some(subscriber) = subscribers.get_mut(*viewer) {
                subscriber.feeds.clear();
            }
        }
    }

    /// `viewer` can now receive. `need` is called with the tracks of which it needs a keyframe.
    pub(super) fn join(
        &mut self,
        viewer: PeerKey,
        now: Instant,
        subscribers: &mut Subscribers,
        mut need: impl FnMut(TrackName),
    ) {
        self.viewers.push(viewer);
        let Some(subscriber) = subscribers.get_mut(viewer) else {
            return;
        };
        subscriber.feeds = vec![Feed::FRESH; self.tracks.len()];
        for (track, feed) in self.tracks.iter().zip(&mut subscriber.feeds) {
            if track.name.video && !track.start(feed, &mut self.catch_up_at, now) {
                need(track.name);
            }
        }
    }

    /// `viewer` is gone.
    pub(super) fn leave(&mut self, viewer: PeerKey) {
        self.viewers.retain(|v| *v != viewer);
    }

    /// `viewer` has no picture of that track: false if the publisher has to be asked for one.
    pub(super) fn picture_lost(
        &mut self,
        name: TrackName,
        now: Instant,
        viewer: &mut Subscriber,
    ) -> bool {
        let Some(index) = self.tracks.iter().position(|t| t.name == name) else {
            return true;
        };
        let (Some(track), Some(feed)) = (self.tracks.get(index), viewer.feeds.get_mut(index))
        else {
            return true;
        };
        feed.is_beginning(now)
            || feed.picture_lost(now) && track.start(feed, &mut self.catch_up_at, now)
    }

    /// The packet of a source by its sequence number, if it is still there.
    pub(super) fn find(&self, source: u32, sequence: u64) -> Option<&Packet> {
        self.tracks.iter().find(|t| t.source == source)?.history.get(sequence)
    }

    /// Packets of the publisher go to whoever is owed them, each subscriber's in one go. `need` is
    /// called with the tracks of which somebody needs a keyframe.
    pub(super) fn forward(
        &mut self,
        burst: &[Forwarded],
        subscribers: &mut Subscribers,
        way: &mut Way<'_>,
        mut need: impl FnMut(TrackName),
    ) {
        let mut plan = std::mem::take(&mut self.plan);
        plan.clear();
        for (index, forwarded) in burst.iter().enumerate() {
            let (track, begun) = self.track(forwarded, subscribers);
            let Some(entry) = self.tracks.get_mut(track) else {
                continue;
            };
            let stored = entry.history.store(&forwarded.packet);
            let padding = padding(burst, index);
            plan.push(Planned { track, stored, padding });
            if begun && forwarded.name.video && stored != Stored::Keyframe {
                need(forwarded.name);
            }
        }
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            for (forwarded, planned) in burst.iter().zip(&plan) {
                let (name, packet) = (forwarded.name, &forwarded.packet);
                let (Some(track), Some(feed)) =
                    (self.tracks.get(planned.track), subscriber.feeds.get_mut(planned.track))
                else {
                    continue;
                };
                if !track.owes(feed, packet, planned.stored, &mut self.catch_up_at) {
                    continue;
                }
                if let Some(splice) = feed.pass(packet.sequence) {
                    subscriber.write(name, packet, splice, planned.padding, way);
                }
            }
            subscriber.send(way);
        }
        self.plan = plan;
    }

    /// Sends the portions of the past that are due.
    pub(super) fn catch_up(
        &mut self,
        now: Instant,
        subscribers: &mut Subscribers,
        way: &mut Way<'_>,
    ) {
        if self.catch_up_at.is_none_or(|at| at > now) {
            return;
        }
        self.catch_up_at = None;
        for viewer in &self.viewers {
            let Some(subscriber) = subscribers.get_mut(*viewer) else {
                continue;
            };
            for (index, track) in self.tracks.iter().enumerate() {
                let Some(Mode::CatchingUp(mut next)) =
                    subscriber.feeds.get(index).map(|feed| feed.mode)
                else {
                    continue;
                };
                let mut sent = 0;
                while next < track.history.end() && sent < CATCH_UP_PACKETS {
                    if let Some(packet) = track.history.get(next)
                        && let Some(feed) = subscriber.feeds.get_mut(index)
                        && let Some(splice) = feed.pass(packet.sequence)
                    {
                        subscriber.write(track.name, packet, splice, 0, way);
                        sent += 1;
                    }
                    next += 1;
                }
                let more = next < track.history.end();
                if let Some(feed) = subscriber.feeds.get_mut(index) {
                    feed.mode = if more { Mode::CatchingUp(next) } else { Mode::Live };
                }
                if more {
                    self.catch_up_at = Some(now + CATCH_UP_INTERVAL);
                }
            }
            subscriber.send(way);
        }
    }

    /// The track's index; true if it has just begun, or begun anew.
    fn track(&mut self, forwarded: &Forwarded, subscribers: &mut Subscribers) -> (usize, bool) {
        let (name, packet) = (forwarded.name, &forwarded.packet);
        let Some(index) = self.tracks.iter().position(|t| t.name == name) else {
            let history = History::new(&self.limits);
            self.tracks.push(Track { name, source: packet.source, history });
            for viewer in &self.viewers {
                if let Some(subscriber) = subscribers.get_mut(*viewer) {
                    subscriber.feeds.push(Feed::FRESH);
                }
            }
            return (self.tracks.len() - 1, true);
        };
        let Some(track) = self.tracks.get_mut(index) else {
            return (index, false);
        };
        if track.source == packet.source && track.history.continues(packet.sequence) {
            return (index, false);
        }
        track.source = packet.source;
        track.history.clear();
        for viewer in &self.viewers {
            let subscriber = subscribers.get_mut(*viewer);
            if let Some(feed) = subscriber.and_then(|s| s.feeds.get_mut(index)) {
                *feed = Feed::FRESH;
            }
        }
        (index, true)
    }
}

impl Track {
    /// Serves a feed from the past; false if there is no keyframe to begin with.
    fn start(&self, feed: &mut Feed, catch_up_at: &mut Option<Instant>, now: Instant) -> bool {
        let Some(sequence) = self.history.start(now) else {
            return false;
        };
        feed.start(now, sequence);
        // Not in the same burst as the last DTLS flight: clients that set up SRTP only after reading
        // the whole burst would lose the start.
        catch_up_at.get_or_insert(now + CATCH_UP_INTERVAL);
        true
    }

    /// Whether the feed gets a packet as it comes.
    fn owes(
        &self,
        feed: &mut Feed,
        packet: &Packet,
        stored: Stored,
        catch_up_at: &mut Option<Instant>,
    ) -> bool {
        if stored == Stored::Ignored {
            return false;
        }
        if !self.name.video {
            feed.mode = Mode::Live;
            return true;
        }
        match feed.mode {
            Mode::Waiting => {
                if stored == Stored::Keyframe {
                    self.start(feed, catch_up_at, packet.arrival);
                }
                false
            }
            // A newer keyframe spares it the rest of the old run.
            Mode::CatchingUp(next) if stored == Stored::Keyframe && next < packet.sequence => {
                self.start(feed, catch_up_at, packet.arrival);
                false
            }
            Mode::CatchingUp(next) => packet.sequence < next,
            Mode::Live => {
                if stored == Stored::Keyframe {
                    feed.picture_came();
                }
                true
            }
        }
    }
}

/// Bytes that make the packet as long as the longest of its track that follow it in the burst; the
/// last of them needs none.
fn padding(burst: &[Forwarded], index: usize) -> u8 {
    let Some((this, rest)) = burst.get(index..).and_then(|b| b.split_first()) else {
        return 0;
    };
    if !this.name.video || rest.first().is_none_or(|next| next.name != this.name) {
        return 0;
    }
    let run = rest.iter().take_while(|f| f.name == this.name);
    let longest = run.map(|f| f.packet.payload.len()).max().unwrap_or_default();
    let short = longest.saturating_sub(this.packet.payload.len());
    // A byte cannot say more than 255.
    if short <= MAX_PADDING { short as u8 } else { 0 }
}
