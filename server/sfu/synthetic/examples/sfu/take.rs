//! One measurement: so many frames to so many subscribers, and their cost.

use std::time::{Duration, Instant};

use bandstand_synthetic::Content;
use bandstand_synthetic::audience::{Audience, AudienceError, ClientId, Manner, Seen};

use crate::Result;
use crate::machine;
use crate::server::{PATIENCE, Server, join};

/// 261 packets of 1,200 bytes a second.
pub(crate) const FRAMES_PER_SECOND: u32 = 29;

/// Time after the last packet was sent, in which the last one has come or is lost.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// Video as an artist would send it: 2.5 Mbit/s, a keyframe every two seconds.
pub(crate) fn video(spread: bool) -> Content {
    Content {
        frames_per_second: FRAMES_PER_SECOND,
        packets_per_frame: 9,
        packet_bytes: 1_200,
        spread,
        keyframe_interval: 58,
        obedient: true,
        audio: false,
    }
}

/// Opus, 50 packets a second.
pub(crate) fn opus() -> Content {
    Content { frames_per_second: 0, audio: true, ..video(false) }
}

/// A server with an artist and an audience.
pub(crate) struct Concert<'a> {
    pub(crate) server: &'a dyn Server,
    pub(crate) artist: Audience,
    pub(crate) publisher: ClientId,
    pub(crate) crowd: Audience,
    /// The server's memory with the artist alone, in KiB.
    empty: u64,
}

/// Result of one measurement.
pub(crate) struct Sample {
    /// Processor time of the server per packet that arrived.
    pub(crate) cost: Duration,
    /// The share of its core that the server used.
    pub(crate) load: f64,
    /// The share of its core that this program used.
    pub(crate) audience_load: f64,
    /// Use by everything else on the machine, in cores.
    pub(crate) others: f64,
    /// Use by the host (steal), in cores.
    pub(crate) stolen: f64,
    /// Packets that did not arrive, of all.
    pub(crate) loss: f64,
    /// Bytes of the datagrams that arrived, per packet.
    pub(crate) bytes: f64,
    /// KiB of the server's memory per subscriber.
    pub(crate) memory: f64,
    /// The longest that the artist sent a packet after it was due.
    pub(crate) latest: Duration,
}

impl Sample {
    /// Processor time of the server per packet that arrived, in microseconds.
    pub(crate) fn cost_micros(&self) -> f64 {
        self.cost.as_secs_f64() * 1e6
    }
}

impl<'a> Concert<'a> {
    /// The artist plays `content`, and `count` clients have come.
    pub(crate) fn begin(
        server: &'a dyn Server,
        content: &Content,
        artist: Manner,
        count: usize,
        manner: impl Fn(usize) -> Manner + Sync,
    ) -> Result<Self> {
        let concert = Self::rehearse(server, content, artist)?;
        // Entering while it plays is a measurement of its own.
        concert.artist.pause(concert.publisher)?;
        join(server, &concert.crowd, count, manner)?;
        Ok(concert)
    }

    /// The artist plays `content`, to nobody yet.
    pub(crate) fn rehearse(
        server: &'a dyn Server,
        content: &Content,
        manner: Manner,
    ) -> Result<Self> {
        let (artist, crowd) = (Audience::start()?, Audience::start()?);
        let publisher = server.publish(&artist, manner)?;
        artist.until("the artist to connect", PATIENCE, |seen| seen.iter().all(|s| s.connected))?;
        artist.film(publisher, content.clone(), None)?;
        // A second of it, so that all is there that the server keeps for one artist.
        std::thread::sleep(Duration::from_secs(1));
        let empty = server.process().resident()?;
        Ok(Concert { server, artist, publisher, crowd, empty })
    }

    /// Plays `frames` frames of `content` (without video, as many packets of audio).
    pub(crate) fn take(&self, content: &Content, frames: u64) -> Result<Sample> {
        self.artist.pause(self.publisher)?;
        self.settle(None)?;
        self.crowd.forget()?;
        let subscribers = self.crowd.seen()?.len() as u64;
        let (sent, before, began) = (self.sent()?, self.used()?, Instant::now());
        self.artist.film(self.publisher, content.clone(), Some(frames))?;
        let (interval, packets) = match content.frames_per_second {
            0 => (Duration::from_millis(20), frames),
            rate => (Duration::from_secs(1) / rate, frames * u64::from(content.packets_per_frame)),
        };
        // Looking costs the audience's own time, so it is left alone meanwhile.
        std::thread::sleep(interval * u32::try_from(frames)?);
        let after = self.artist.until("the artist to have played", PATIENCE, |seen| {
            seen.iter().map(|s| s.sent.0 + s.sent.1).sum::<u64>() >= sent + packets
        })?;
        let took = began.elapsed().as_secs_f64();
        let played = self.used()?;
        let [load, audience_load, all, stolen] =
            std::array::from_fn(|i| (played[i] - before[i]).as_secs_f64() / took);
        let seen = self.settle(Some(packets * subscribers))?;
        let cost = self.server.process().cpu()? - before[0];
        let arrived: u64 = seen.iter().map(|s| s.video.packets + s.audio.packets).sum();
        let bytes: u64 = seen.iter().map(|s| s.video.bytes + s.audio.bytes).sum();
        if arrived == 0 {
            return Err("nothing arrived".into());
        }
        let resident = self.server.process().resident()?;
        Ok(Sample {
            cost: Duration::from_secs_f64(cost.as_secs_f64() / arrived as f64),
            load,
            audience_load,
            others: (all - load - audience_load).max(0.0),
            stolen,
            loss: 1.0 - arrived as f64 / (packets * subscribers) as f64,
            bytes: bytes as f64 / arrived as f64,
            memory: resident.saturating_sub(self.empty) as f64 / subscribers as f64,
            latest: after.iter().map(|s| s.latest).max().unwrap_or_default(),
        })
    }

    /// Processor time so far: used by the server, by this program, by all, and stolen.
    fn used(&self) -> Result<[Duration; 4]> {
        let [busy, stolen] = machine::busy_and_stolen()?;
        Ok([self.server.process().cpu()?, machine::cpu("self")?, busy, stolen])
    }

    fn sent(&self) -> Result<u64> {
        Ok(self.artist.seen()?.iter().map(|s| s.sent.0 + s.sent.1).sum())
    }

    /// Waits until so many packets have arrived in all, or, at most two seconds, until none has
    /// come for a while.
    fn settle(&self, wanted: Option<u64>) -> Result<Vec<Seen>> {
        let sum =
            |seen: &[Seen]| -> u64 { seen.iter().map(|s| s.video.packets + s.audio.packets).sum() };
        match wanted {
            Some(wanted) => {
                match self.crowd.until("all to arrive", STRAGGLERS, |seen| sum(seen) >= wanted) {
                    Err(AudienceError::InVain(..)) => Ok(self.crowd.seen()?),
                    seen => Ok(seen?),
                }
            }
            None => {
                let mut before = sum(&self.crowd.seen()?);
                loop {
                    std::thread::sleep(Duration::from_millis(200));
                    let seen = self.crowd.seen()?;
                    if sum(&seen) == before {
                        return Ok(seen);
                    }
                    before = sum(&seen);
                }
            }
        }
    }
}
