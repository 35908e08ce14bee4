//! A viewer's browser: it asks for what is missing, decodes what can be decoded, and shows it.
//!
//! As libwebrtc does it: a frame is shown once all of it is there and the one before was; a keyframe
//! that is there lets everything before it go. Without a picture, a keyframe is asked for every 200 ms;
//! a picture that stands still for 3 s is no picture. Sound is played a little later than it comes, as
//! much later as it was late of late.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::rtp::RtpHeader;

use super::super::payload::Read;
use super::SECOND;
use crate::rtcp::CompoundPacket;
use crate::rtp::nack_generator::NackGenerator;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::srtp::Sealer;

/// Time without a picture after which a keyframe is asked for: before the first one, and later.
const NO_KEYFRAME: Duration = Duration::from_millis(200);
const NO_FRAME: Duration = Duration::from_secs(3);

/// Names of the streams of a session, by its answer.
#[derive(Clone, Copy)]
pub(super) struct Streams {
    pub(super) sound: Ssrc,
    pub(super) picture: Ssrc,
    pub(super) repairs: Option<Ssrc>,
}

/// A packet of video.
struct Fragment {
    at: Instant,
    timestamp: u32,
    begins: bool,
    marker: bool,
    keyframe: bool,
    layer: u8,
    number: u64,
}

/// A frame that was shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) at: Instant,
    pub(super) layer: u8,
}

pub(super) struct Receiver {
    streams: Streams,
    sealer: Sealer,
    compound: CompoundPacket,
    nacks: [NackGenerator; 2],
    highest: [Option<ExtSeq>; 2],
    fragments: BTreeMap<u64, Fragment>,
    /// The number with which the next frame begins.
    next: Option<u64>,
    waiting_since: Instant,
    has_picture: bool,
    pub(super) shown: Vec<Shown>,
    /// Sound by its publisher's number, when it came first.
    pub(super) sound: BTreeMap<u64, Instant>,
    /// The least that a frame took by its timestamp, of late; and how much later frames are shown.
    base: Option<(u32, Instant)>,
    later: Duration,
    /// The layer that comes, and the number of the keyframe with which it began.
    layer: Option<(u8, u64)>,
    /// Repairs of what was sent before that.
    pub(super) stale_repairs: usize,
}

impl Receiver {
    pub(super) fn new(streams: Streams, sealer: Sealer, now: Instant) -> Self {
        Receiver {
            streams,
            sealer,
            compound: CompoundPacket::default(),
            nacks: [NackGenerator::default(), NackGenerator::default()],
            highest: [None; 2],
            fragments: BTreeMap::new(),
            next: None,
            waiting_since: now,
            has_picture: false,
            shown: Vec::new(),
            sound: BTreeMap::new(),
            base: None,
            later: Duration::ZERO,
            layer: None,
            stale_repairs: 0,
        }
    }

    /// Takes a packet as it came.
    pub(super) fn take(&mut self, at: Instant, header: &RtpHeader, payload: &[u8]) {
        let ssrc = Ssrc(*header.ssrc);
        let (number, payload) = match Some(ssrc) == self.streams.repairs {
            // RFC 4588 §4; what has nothing behind its number is padding.
            true if payload.len() > 2 => {
                (u16::from_be_bytes([payload[0], payload[1]]), &payload[2..])
            }
            true => return,
            false => (header.sequence_number, payload),
        };
        let video = ssrc != self.streams.sound;
        let sequence = self.extend(video, number);
        self.nacks[usize::from(video)].received(sequence, at);
        if payload.len() < 8 {
            return;
        }
        if !video {
            let read = Read::of(Codec::Opus, payload);
            self.sound.entry(read.number).or_insert(at);
            return;
        }
        let read = Read::of(Codec::Vp8, payload);
        match self.layer {
            _ if Some(ssrc) == self.streams.repairs => {
                let stale = self.layer.is_some_and(|(_, first)| sequence.0 < first);
                self.stale_repairs += usize::from(stale);
            }
            Some((layer, _)) if layer == read.layer => {}
            _ if read.keyframe => self.layer = Some((read.layer, sequence.0)),
            _ => {}
        }
        if self.next.is_some_and(|next| sequence.0 < next) {
            return;
        }
        self.fragments.entry(sequence.0).or_insert(Fragment {
            at,
            timestamp: header.timestamp,
            begins: payload[0] & 0x10 != 0,
            marker: header.marker,
            keyframe: read.keyframe,
            layer: read.layer,
            number: read.number,
        });
        while self.decode() {}
    }

    /// Lets time pass: SRTCP to send, and whether a keyframe is asked for.
    pub(super) fn advance(&mut self, now: Instant) -> (Option<Vec<u8>>, bool) {
        self.compound.clear();
        for (nacks, media) in self.nacks.iter_mut().zip([self.streams.sound, self.streams.picture])
        {
            if nacks.due().is_some_and(|due| due <= now) {
                self.compound.nack(Ssrc(0x4e41_434b), media, |pair| nacks.write_due(now, pair));
            }
        }
        let mut sealed = Vec::new();
        let said = !self.compound.bytes().is_empty()
            && self.sealer.seal_rtcp(self.compound.bytes(), &mut sealed);
        let patience = if self.has_picture { NO_FRAME } else { NO_KEYFRAME };
        let asks = now.saturating_duration_since(self.waiting_since) >= patience;
        if asks {
            self.has_picture = false;
            self.waiting_since = now;
        }
        (said.then_some(sealed), asks)
    }

    fn extend(&mut self, video: bool, number: u16) -> ExtSeq {
        let highest = &mut self.highest[usize::from(video)];
        let Some(known) = *highest else {
            let first = ExtSeq(u64::from(number) + (1 << 16));
            *highest = Some(first);
            return first;
        };
        let ahead = i64::from(number.wrapping_sub(known.number()) as i16);
        let sequence = ExtSeq(known.0.wrapping_add_signed(ahead));
        *highest = Some(known.max(sequence));
        sequence
    }

    /// The last number of the frame that begins with `first`, if all of it is there.
    fn whole(&self, first: u64) -> Option<u64> {
        let mut at = first;
        loop {
            let fragment = self.fragments.get(&at)?;
            if fragment.begins != (at == first) {
                return None;
            }
            if fragment.marker {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Decodes the next frame, if one can be decoded.
    fn decode(&mut self) -> bool {
        let next = self.next.filter(|_| self.has_picture).and_then(|next| {
            let last = self.whole(next)?;
            Some((next, last))
        });
        let found = next.or_else(|| {
            // The latest keyframe that is there.
            let keys = self.fragments.iter().rev().filter(|(_, it)| it.keyframe && it.begins);
            keys.into_iter().find_map(|(first, _)| Some((*first, self.whole(*first)?)))
        });
        let Some((first, last)) = found else {
            return false;
        };
        let parts: Vec<&Fragment> = self.fragments.range(first..=last).map(|(_, it)| it).collect();
        let came = parts.iter().map(|it| it.at).max().expect("some");
        let (timestamp, layer) = (parts[0].timestamp, parts[0].layer);
        debug_assert!(parts.windows(2).all(|two| two[0].number + 1 == two[1].number));
        self.fragments = self.fragments.split_off(&(last + 1));
        self.next = Some(last + 1);
        self.has_picture = true;
        self.waiting_since = came;
        self.show(came, timestamp, layer);
        true
    }

    fn show(&mut self, came: Instant, timestamp: u32, layer: u8) {
        // Later than the quickest frame by how much frames have been late.
        let due = self.base.map_or(came, |(zero, at)| {
            let ticks = i64::from(timestamp.wrapping_sub(zero) as i32);
            let micros = ticks * 1_000 / 90;
            match micros < 0 {
                true => at - Duration::from_micros(micros.unsigned_abs()),
                false => at + Duration::from_micros(micros.unsigned_abs()),
            }
        });
        // A time line that jumped ahead is followed at once.
        let due = if due > came + Duration::from_millis(150) { came } else { due };
        let late = came.saturating_duration_since(due);
        // The base creeps by a thousandth, so that a longer way is its own base in the end.
        self.base = Some((timestamp, came.min(due + late / 100)));
        self.later = late.max(self.later * 2_999 / 3_000).min(SECOND);
        let at = came.max(due + self.later);
        let at = self.shown.last().map_or(at, |last| at.max(last.at));
        self.shown.push(Shown { at, layer });
    }
}
