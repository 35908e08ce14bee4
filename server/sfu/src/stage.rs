//! One stage: which tracks the publisher has, which subscribers watch, and what each is owed.
//!
//! Nothing here knows how packets reach a subscriber: that is behind [`Outlet`].

use std::time::{Duration, Instant};

use crate::cache::{KeyframeCache, Stored};
use crate::config::{Limits, Timeouts};
use crate::demultiplex::PeerKey;
use crate::identity::StageId;
use crate::packet::{Packet, TrackName};

/// Cached packets a newcomer gets per [`CATCH_UP_INTERVAL`]: about 30 Mbit/s, several times faster
/// than real time, without filling the queues on the way.
const CATCH_UP_PACKETS: usize = 16;

/// Time between two portions of cached packets.
const CATCH_UP_INTERVAL: Duration = Duration::from_millis(5);

/// How packets reach subscribers.
pub(crate) trait Outlet {
    /// Sends `packet` to `subscriber` on its track of that name. `splice`: what came before on this
    /// track belongs to something else, and the sequence is to go on without a gap.
    fn send(&mut self, subscriber: PeerKey, track: TrackName, packet: &Packet, splice: bool);
}

/// One stage.
pub(crate) struct Stage {
    pub(crate) id: StageId,
    /// The publisher, whether connected or not.
    pub(crate) publisher: Option<PeerKey>,
    /// All subscribers, whether connected or not.
    pub(crate) subscribers: Vec<PeerKey>,
    tracks: Vec<Track>,
    viewers: Vec<Viewer>,
    /// When those who catch up get their next portion of cached packets.
    catch_up_at: Option<Instant>,
    limits: Limits,
    request_interval: Duration,
}

/// One of the publisher's tracks.
struct Track {
    name: TrackName,
    /// [`Packet::source`] of the last packet.
    source: Option<u32>,
    cache: KeyframeCache,
    /// Somebody needs a keyframe that has not come yet.
    wanted: bool,
    requested: Option<Instant>,
}

/// A connected subscriber.
struct Viewer {
    peer: PeerKey,
    feeds: Vec<Feed>,
}

/// What a viewer gets of one track.
#[derive(Clone, Copy)]
struct Feed {
    mode: Mode,
    /// The next packet sent begins something new.
    splice: bool,
    /// Nothing older than this is sent.
    base: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing until a keyframe.
    Waiting,
    /// From the cache, next this sequence number.
    CatchingUp(u64),
    /// As it comes.
    Live,
}

const FRESH: Feed = Feed { mode: Mode::Waiting, splice: true, base: 0 };

impl Stage {
    /// An empty stage.
    pub(crate) fn new(id: StageId, limits: &Limits, timeouts: &Timeouts) -> Self {
        Stage {
            id,
            publisher: None,
            subscribers: Vec::new(),
            tracks: Vec::new(),
            viewers: Vec::new(),
            catch_up_at: None,
            limits: limits.clone(),
            request_interval: timeouts.keyframe_request_interval,
        }
    }

    /// Whether nobody is left.
    pub(crate) fn is_deserted(&self) -> bool {
        self.publisher.is_none() && self.subscribers.is_empty()
    }

    /// The publisher is gone, or another takes over: viewers wait for the next one's keyframe.
    pub(crate) fn reset_tracks(&mut self) {
        self.tracks.clear();
        self.catch_up_at = None;
        for viewer in &mut self.viewers {
            viewer.feeds.clear();
        }
    }

    /// `peer` can now receive.
    pub(crate) fn join(&mut self, peer: PeerKey, now: Instant) {
        let mut feeds = vec![FRESH; self.tracks.len()];
        for (track, feed) in self.tracks.iter_mut().zip(&mut feeds) {
            start(track, feed, &mut self.catch_up_at, now);
        }
        self.viewers.push(Viewer { peer, feeds });
    }

    /// `peer` is gone.
    pub(crate) fn leave(&mut self, peer: PeerKey) {
        self.subscribers.retain(|s| *s != peer);
        self.viewers.retain(|v| v.peer != peer);
    }

    /// `peer` lost the picture of that track.
    pub(crate) fn keyframe_needed(&mut self, name: TrackName) {
        if let Some(track) = self.tracks.iter_mut().find(|t| t.name == name) {
            track.wanted = true;
        }
    }

    /// A packet of the publisher goes to whoever is owed it.
    pub(crate) fn forward(&mut self, name: TrackName, packet: &Packet, outlet: &mut impl Outlet) {
        let index = self.track(name, packet);
        let Some(track) = self.tracks.get_mut(index) else {
            return;
        };
        if !name.video {
            for viewer in &mut self.viewers {
                if let Some(feed) = viewer.feeds.get_mut(index) {
                    feed.mode = Mode::Live;
                    deliver(feed, viewer.peer, name, packet, outlet);
                }
            }
            return;
        }
        let stored = track.cache.store(packet);
        if stored == Stored::Keyframe {
            track.wanted = false;
        }
        let now = packet.arrival;
        for viewer in &mut self.viewers {
            let Some(feed) = viewer.feeds.get_mut(index) else {
                continue;
            };
            match feed.mode {
                Mode::Waiting if stored == Stored::Keyframe => {
                    start(track, feed, &mut self.catch_up_at, now);
                }
                Mode::Waiting => {}
                // A newer keyframe spares it the rest of the old run.
                Mode::CatchingUp(next) if stored == Stored::Keyframe && next < packet.sequence => {
                    feed.mode = Mode::Waiting;
                    start(track, feed, &mut self.catch_up_at, now);
                }
                Mode::CatchingUp(next) if packet.sequence >= next => {}
                Mode::CatchingUp(_) | Mode::Live => {
                    deliver(feed, viewer.peer, name, packet, outlet);
                }
            }
        }
    }

    /// When [`Stage::advance`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let requests = self.tracks.iter().filter(|t| t.wanted);
        let requests = requests.filter_map(|t| Some(t.requested? + self.request_interval));
        requests.chain(self.catch_up_at).min()
    }

    /// Sends the portions of cached packets that are due, and returns the tracks whose publisher
    /// is to be asked for a keyframe now.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        outlet: &mut impl Outlet,
    ) -> impl Iterator<Item = TrackName> {
        if self.catch_up_at.is_some_and(|at| at <= now) {
            self.catch_up_at = None;
            for viewer in &mut self.viewers {
                for (track, feed) in self.tracks.iter().zip(&mut viewer.feeds) {
                    if catch_up(track, feed, viewer.peer, outlet) {
                        self.catch_up_at = Some(now + CATCH_UP_INTERVAL);
                    }
                }
            }
        }
        let interval = self.request_interval;
        self.tracks.iter_mut().filter_map(move |track| {
            let rested = track.requested.is_none_or(|at| now >= at + interval);
            (track.wanted && rested).then(|| {
                track.requested = Some(now);
                track.name
            })
        })
    }

    /// Whether a keyframe should be asked for at once.
    pub(crate) fn wants_keyframe(&self, now: Instant) -> bool {
        let rested = |t: &Track| t.requested.is_none_or(|at| now >= at + self.request_interval);
        self.tracks.iter().any(|t| t.wanted && rested(t))
    }

    /// The track's index, made if it is new, and made new if its source changed.
    fn track(&mut self, name: TrackName, packet: &Packet) -> usize {
        let index = match self.tracks.iter().position(|t| t.name == name) {
            Some(index) => index,
            None => {
                self.tracks.push(Track {
                    name,
                    source: None,
                    cache: KeyframeCache::new(&self.limits),
                    wanted: name.video && !self.viewers.is_empty(),
                    requested: None,
                });
                for viewer in &mut self.viewers {
                    viewer.feeds.push(FRESH);
                }
                self.tracks.len() - 1
            }
        };
        if let Some(track) = self.tracks.get_mut(index)
            && track.source.replace(packet.source).is_some_and(|s| s != packet.source)
        {
            track.cache.clear();
            track.wanted = name.video && !self.viewers.is_empty();
            for viewer in &mut self.viewers {
                if let Some(feed) = viewer.feeds.get_mut(index) {
                    *feed = FRESH;
                }
            }
        }
        index
    }
}

/// Serves a waiting feed from the cache, or wants a keyframe.
fn start(track: &mut Track, feed: &mut Feed, catch_up_at: &mut Option<Instant>, now: Instant) {
    if !track.name.video {
        return;
    }
    match track.cache.start(now) {
        Some(sequence) => {
            feed.mode = Mode::CatchingUp(sequence);
            feed.splice = true;
            feed.base = sequence;
            // Not in the same burst as the last DTLS flight: clients that set up SRTP only after
            // reading the whole burst would lose the start.
            catch_up_at.get_or_insert(now + CATCH_UP_INTERVAL);
        }
        None => track.wanted = true,
    }
}

/// Sends the next portion from the cache; true if more is to come.
fn catch_up(track: &Track, feed: &mut Feed, peer: PeerKey, outlet: &mut impl Outlet) -> bool {
    let Mode::CatchingUp(mut next) = feed.mode else {
        return false;
    };
    let mut sent = 0;
    while next < track.cache.end() && sent < CATCH_UP_PACKETS {
        if let Some(packet) = track.cache.get(next) {
            deliver(feed, peer, track.name, packet, outlet);
            sent += 1;
        }
        next += 1;
    }
    let more = next < track.cache.end();
    feed.mode = if more { Mode::CatchingUp(next) } else { Mode::Live };
    more
}

/// Sends one packet, unless it is from before what the viewer started with.
fn deliver(
    feed: &mut Feed,
    peer: PeerKey,
    name: TrackName,
    packet: &Packet,
    outlet: &mut impl Outlet,
) {
    if feed.splice {
        feed.base = packet.sequence;
    }
    if packet.sequence >= feed.base {
        outlet.send(peer, name, packet, feed.splice);
        feed.splice = false;
    }
}
