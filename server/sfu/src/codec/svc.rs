//! Splitting of a scalable stream (SVC of VP9 or AV1) into the simulcast streams that it stands
//! for.
//!
//! A publisher sends all spatial layers in one stream, each built on those below it. Layer `n` is
//! the stream without the packets above `n`, renumbered without gaps: from there on it is treated
//! like any other simulcast layer. Where there are temporal layers, too, each but the smallest
//! spatial one is made once more without the frames of the highest temporal layer, on which nothing
//! builds: half the frames, for lines that don't carry all.

use std::collections::VecDeque;

use crate::rtp::numbers::ExtSeq;
use crate::rtp::packet::{MAX_RUNGS, is_reduced, spatial_layer};

/// Gaps that late packets and repairs may still fill.
const MAX_GAPS: usize = 128;

/// Longest gap within one numbering; beyond it the stream has begun anew.
const MAX_GAP: u64 = 8_192;

/// Spatial layers of any codec, at most.
const MAX_SPATIAL_LAYERS: usize = 8;

/// Place of a packet in a stream that may be scalable; by default, anywhere within a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LayerInfo {
    /// Spatial layer; the smallest is 0.
    pub(crate) layer: u8,
    /// Temporal layer; the one with the fewest frames is 0.
    pub(crate) temporal: u8,
    /// The packet begins a frame.
    pub(crate) begins: bool,
    /// The packet ends its layer's part of the frame.
    pub(crate) ends: bool,
    /// The packet begins a keyframe. Higher layers of such a frame need no other frame either, but
    /// the lowest layer of this one.
    pub(crate) keyframe: bool,
    /// Layers of the stream, where the packet lists them: publishers do with each keyframe.
    pub(crate) structure: Option<LayerStructure>,
}

/// Spatial layers of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerStructure {
    /// Number of layers, at least 1.
    pub(crate) count: u8,
    /// Height of each in pixels; 0 where it isn't told.
    heights: [u16; MAX_SPATIAL_LAYERS],
}

impl LayerStructure {
    /// A structure of `count` layers of unknown height.
    pub(crate) fn new(count: u8) -> Self {
        LayerStructure { count, heights: [0; MAX_SPATIAL_LAYERS] }
    }

    /// Sets the height of a layer in pixels.
    pub(crate) fn set_height(&mut self, layer: u8, height: u16) {
        if let Some(known) = self.heights.get_mut(usize::from(layer)) {
            *known = height;
        }
    }

    /// Height of a layer in pixels, where it is told.
    pub(crate) fn height(&self, layer: u8) -> Option<u16> {
        self.heights.get(usize::from(layer)).copied().filter(|height| *height > 0)
    }
}

/// Splitter of one scalable stream.
///
/// Invariant: in every layer each number stands for one packet of the stream. A packet that was
/// missing when its turn came has a number in every layer, since it could belong to any; should it
/// turn out not to, the number is filled with an empty packet.
pub(crate) struct SvcSplitter {
    /// Next number of the stream.
    next: ExtSeq,
    /// Offset of each layer's numbers behind the stream's.
    behind: [u64; MAX_RUNGS],
    /// The highest temporal layer so far.
    temporal: u8,
    /// Oldest first.
    gaps: VecDeque<Gap>,
}

/// Skipped numbers.
struct Gap {
    first: ExtSeq,
    end: ExtSeq,
    behind: [u64; MAX_RUNGS],
}

/// A layer's share of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerShare {
    /// The packet, under this number.
    Whole(ExtSeq),
    /// An empty packet under this number.
    Empty(ExtSeq),
}

impl SvcSplitter {
    /// A splitter that begins with the packet of that number.
    pub(crate) fn new(first: ExtSeq) -> Self {
        SvcSplitter { next: first, behind: [0; MAX_RUNGS], temporal: 0, gaps: VecDeque::new() }
    }

    /// True if no later packet has come.
    pub(crate) fn is_newest(&self, sequence: ExtSeq) -> bool {
        sequence >= self.next || sequence.distance(self.next) > MAX_GAP
    }

    /// Shares of the first `count` spatial layers in a packet of `layer` and `temporal`; a layer above
    /// the last counts as the last. None of a packet that came too late.
    pub(crate) fn place(
        &mut self,
        sequence: ExtSeq,
        (layer, temporal): (u8, u8),
        count: usize,
    ) -> [Option<LayerShare>; MAX_RUNGS] {
        let Some(behind) = self.behind(sequence) else {
            return [None; MAX_RUNGS];
        };
        self.temporal = self.temporal.max(temporal);
        let highest = self.temporal > 0 && temporal == self.temporal;
        let late = sequence + 1 < self.next;
        let mut shares = [None; MAX_RUNGS];
        for (number, share) in shares.iter_mut().enumerate() {
            let (rung, spatial) = (number as u8, spatial_layer(number as u8));
            // The smallest one is small enough.
            let is_made = !is_reduced(rung) || self.temporal > 0 && spatial > 0;
            if usize::from(spatial) >= count || !is_made {
                continue;
            }
            let within = layer <= spatial || usize::from(spatial) + 1 == count;
            let belongs = within && !(highest && is_reduced(rung));
            let place = sequence.saturating_sub(behind[number]);
            *share = match belongs {
                true => Some(LayerShare::Whole(place)),
                false if late => Some(LayerShare::Empty(place)),
                false => {
                    self.behind[number] += 1;
                    None
                }
            };
        }
        shares
    }

    /// Offsets of the layers at a packet, if it has a place.
    fn behind(&mut self, sequence: ExtSeq) -> Option<[u64; MAX_RUNGS]> {
        if sequence.distance(self.next) > MAX_GAP {
            // Another count, which whoever gets it takes for one, too.
            *self = SvcSplitter { temporal: self.temporal, ..SvcSplitter::new(sequence) };
        }
        if sequence < self.next {
            return self.fill(sequence);
        }
        if sequence > self.next {
            if self.gaps.len() == MAX_GAPS {
                self.gaps.pop_front();
            }
            self.gaps.push_back(Gap { first: self.next, end: sequence, behind: self.behind });
        }
        self.next = sequence + 1;
        Some(self.behind)
    }

    /// Takes a number out of its gap.
    fn fill(&mut self, sequence: ExtSeq) -> Option<[u64; MAX_RUNGS]> {
        let holds = |gap: &Gap| (gap.first..gap.end).contains(&sequence);
        let index = self.gaps.iter().rposition(holds)?;
        let Gap { first, end, behind } = self.gaps.remove(index)?;
        let rest = [(first, sequence), (sequence + 1, end)];
        for (first, end) in rest.into_iter().rev().filter(|(first, end)| first < end) {
            self.gaps.insert(index, Gap { first, end, behind });
        }
        Some(behind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rtp::packet::MAX_LAYERS;

    /// Pictures of three layers with one to four packets each: the layer of each packet.
    fn film(random: &mut fastrand::Rng, pictures: usize) -> Vec<u8> {
        let frames = (0..pictures).flat_map(|_| 0..3_u8);
        frames.flat_map(|layer| vec![layer; random.usize(1..5)]).collect()
    }

    #[test]
    fn svc_layers_are_complete_under_reordering() {
        for seed in 0..50 {
            let mut random = fastrand::Rng::with_seed(seed);
            let film = film(&mut random, 60);
            // Some come up to 20 packets late, as repairs do.
            let mut order: Vec<usize> = (0..film.len()).collect();
            let late = |at: usize, random: &mut fastrand::Rng| {
                at + if random.u8(..10) == 0 { random.usize(..20) } else { 0 }
            };
            order.sort_by_cached_key(|at| if *at == 0 { 0 } else { late(*at, &mut random) });
            let mut scalable = SvcSplitter::new(ExtSeq(70_000));
            let mut layers: [BTreeMap<ExtSeq, Option<usize>>; 3] = Default::default();
            for at in order {
                let shares = scalable.place(ExtSeq(70_000 + at as u64), (film[at], 0), 3);
                for (got, share) in layers.iter_mut().zip(shares) {
                    let (number, packet) = match share {
                        Some(LayerShare::Whole(number)) => (number, Some(at)),
                        Some(LayerShare::Empty(number)) => (number, None),
                        None => continue,
                    };
                    assert_eq!(got.insert(number, packet), None, "seed {seed}: twice");
                }
            }
            for (number, got) in layers.iter().enumerate() {
                let whole = got.values().flatten().copied();
                let wanted = (0..film.len()).filter(|at| usize::from(film[*at]) <= number);
                assert!(whole.eq(wanted), "seed {seed}, layer {number}: its packets, in order");
                let numbers = got.keys().copied();
                assert!(numbers.eq((70_000..).map(ExtSeq).take(got.len())), "seed {seed}: no gaps");
            }
            assert_eq!(layers[2].len(), film.len(), "the highest is the stream itself");
        }
    }

    #[test]
    fn svc_lost_packet_is_missing_in_every_layer() {
        let mut scalable = SvcSplitter::new(ExtSeq(10));
        assert_eq!(
            scalable.place(ExtSeq(10), (0, 0), 2)[..2],
            [Some(LayerShare::Whole(ExtSeq(10))); 2]
        );
        assert_eq!(
            scalable.place(ExtSeq(11), (1, 0), 2)[..2],
            [None, Some(LayerShare::Whole(ExtSeq(11)))]
        );
        // 12 is lost.
        assert_eq!(
            scalable.place(ExtSeq(13), (0, 0), 2)[..2],
            [Some(LayerShare::Whole(ExtSeq(12))), Some(LayerShare::Whole(ExtSeq(13)))]
        );
        // Before the beginning, and twice.
        assert_eq!(scalable.place(ExtSeq(9), (0, 0), 2), [None; MAX_RUNGS]);
        assert_eq!(scalable.place(ExtSeq(11), (0, 0), 2), [None; MAX_RUNGS]);
        // A jump is another count, forwards and back.
        for first in [60_000, 500] {
            assert!(scalable.is_newest(ExtSeq(first)));
            let jumped = scalable.place(ExtSeq(first), (0, 0), 2);
            assert_eq!(jumped[..2], [Some(LayerShare::Whole(ExtSeq(first))); 2]);
            assert_eq!(
                scalable.place(ExtSeq(first + 1), (1, 0), 2)[..2],
                [None, Some(LayerShare::Whole(ExtSeq(first + 1)))]
            );
        }
    }

    #[test]
    fn layers_with_fewer_frames_are_complete_under_loss() {
        // Pictures of two spatial layers; the first of four is of temporal layer 0, then 2, 1, 2.
        let film: Vec<(u8, u8)> = (0..400)
            .flat_map(|picture| [0, 1].map(|layer| (layer, [0, 2, 1, 2][picture % 4])))
            .collect();
        let mut scalable = SvcSplitter::new(ExtSeq(500));
        let mut full = Vec::new();
        let mut reduced = Vec::new();
        for (at, part) in film.iter().enumerate().filter(|(at, _)| at % 7 != 6) {
            let shares = scalable.place(ExtSeq(500 + at as u64), *part, 2);
            assert_eq!(shares[MAX_LAYERS], None, "the smallest is small enough");
            for (rung, got) in [(1, &mut full), (MAX_LAYERS + 1, &mut reduced)] {
                if let Some(LayerShare::Whole(number)) = shares[rung] {
                    got.push((number, at));
                }
            }
        }
        assert!(reduced.iter().all(|(_, at)| film[*at].1 < 2));
        assert!(full.windows(2).all(|two| two[1].0 - two[0].0 == (two[1].1 - two[0].1) as u64));
        // Each number that is left out is a packet that was lost, and may have been of that layer.
        for two in reduced.windows(2) {
            let lost = (two[0].1 + 1..two[1].1).filter(|at| at % 7 == 6).count() as u64;
            assert_eq!(two[1].0 - two[0].0, 1 + lost);
        }
        assert!(reduced.len() * 2 > full.len() - 20 && reduced.len() * 2 < full.len() + 20);
    }
}
