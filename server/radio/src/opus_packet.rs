//! Packets of Opus (RFC 6716 §3): how long they last, and the frames in them.

use std::sync::Arc;

/// Samples of the longest packet: 120 ms (§3.2.5).
const MAX_SAMPLES: u32 = 5_760;
/// The most bytes of a packet of one frame (§3.2.1), which is as much as a datagram takes.
pub const MAX_PACKET: usize = 1_276;

/// Packet of Opus for the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundPacket {
    /// From 1 to 1,276 bytes.
    pub payload: Arc<[u8]>,
    /// Length in samples of 48 kHz.
    pub samples: u32,
}

/// Samples of a packet that begins with these two bytes, or the one (§3.1): how long a frame is, and how many
/// there are. None of a packet that no decoder takes.
pub fn samples_of(start: &[u8]) -> u32 {
    let Some(toc) = start.first() else { return 0 };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => start.get(1).map_or(0, |it| u32::from(it & 63)),
    };
    let samples = frame_samples(*toc) * frames;
    if samples <= MAX_SAMPLES { samples } else { 0 }
}

/// Samples of a frame in a packet that begins with this byte.
pub fn frame_samples(toc: u8) -> u32 {
    match toc >> 3 {
        // 10, 20, 40 and 60 ms; 10 and 20 ms; 2.5, 5, 10 and 20 ms.
        config @ 0..12 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        config @ 12..16 => [480, 960][usize::from(config & 1)],
        config => 120 << (config & 3),
    }
}

/// The packet as the network takes it: in its frames, where it is too long. Nothing of one that is broken.
pub fn for_network(packet: &[u8], out: &mut Vec<SoundPacket>) {
    let samples = samples_of(packet);
    if samples == 0 {
        return;
    }
    if packet.len() <= MAX_PACKET {
        out.push(SoundPacket { payload: packet.into(), samples });
        return;
    }
    let Some(frames) = frames(packet).filter(|it| it.iter().all(|it| it.len() < MAX_PACKET)) else {
        return;
    };
    let alone = packet[0] & !3;
    out.extend(frames.into_iter().map(|frame| SoundPacket {
        payload: [&[alone], frame].concat().into(),
        samples: frame_samples(alone),
    }));
}

/// The frames of a packet (§3.2); none of one that is broken.
fn frames(packet: &[u8]) -> Option<Vec<&[u8]>> {
    let (toc, rest) = packet.split_first()?;
    match toc & 3 {
        0 => Some(vec![rest]),
        1 => {
            let (one, other) = rest.split_at(rest.len() / 2);
            (one.len() == other.len()).then(|| vec![one, other])
        }
        2 => {
            let (length, rest) = frame_length(rest)?;
            let (one, other) = rest.split_at_checked(length)?;
            Some(vec![one, other])
        }
        _ => many_frames(rest),
    }
}

/// The frames of a packet that says how many it has (§3.2.5); `rest` is what follows its first byte.
fn many_frames(rest: &[u8]) -> Option<Vec<&[u8]>> {
    let (flags, mut rest) = rest.split_first()?;
    let (varies, padded, count) = (flags & 128 != 0, flags & 64 != 0, usize::from(flags & 63));
    if padded {
        let mut padding = 0;
        loop {
            let (more, after) = rest.split_first()?;
            rest = after;
            // 255 stands for 254, and says that another one follows.
            padding += usize::from(*more).min(254);
            if *more < 255 {
                break;
            }
        }
        rest = rest.get(..rest.len().checked_sub(padding)?)?;
    }
    let mut lengths = Vec::with_capacity(count);
    if varies {
        for _ in 1..count {
            let (length, after) = frame_length(rest)?;
            lengths.push(length);
            rest = after;
        }
    } else {
        if count == 0 || rest.len() % count != 0 {
            return None;
        }
        lengths.resize(count - 1, rest.len() / count);
    }
    let mut frames = Vec::with_capacity(count);
    for length in lengths {
        let (frame, after) = rest.split_at_checked(length)?;
        frames.push(frame);
        rest = after;
    }
    frames.push(rest);
    Some(frames)
}

/// The length of a frame in one byte or two (§3.2.1), and what follows it.
fn frame_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 252 {
        return Some((usize::from(*first), rest));
    }
    let (second, rest) = rest.split_first()?;
    Some((usize::from(*second) * 4 + usize::from(*first), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_say_how_long_they_are() {
        // SILK of 60 ms, hybrid of 20 ms, CELT of 2.5 and of 20 ms; one, two and six frames.
        assert_eq!(samples_of(&[3 << 3]), 2_880);
        assert_eq!(samples_of(&[13 << 3]), 960);
        assert_eq!(samples_of(&[16 << 3]), 120);
        assert_eq!(samples_of(&[31 << 3 | 1]), 1_920);
        assert_eq!(samples_of(&[31 << 3 | 3, 0xc6]), 5_760);
        for broken in [&[31 << 3 | 3, 7][..], &[31 << 3 | 3], &[31 << 3 | 3, 0], &[]] {
            assert_eq!(samples_of(broken), 0, "{broken:?}");
        }
    }

    /// Lengths of the packets that one becomes, each of which has to be a frame of 20 ms filled with its number.
    fn lengths(packet: &[u8]) -> Vec<usize> {
        let mut out = Vec::new();
        for_network(packet, &mut out);
        for (number, it) in out.iter().enumerate() {
            assert_eq!((it.samples, it.payload[0]), (960, 31 << 3));
            assert!(it.payload[1..].iter().all(|it| usize::from(*it) == number));
        }
        out.iter().map(|it| it.payload.len()).collect()
    }

    #[test]
    fn packets_that_are_too_long_are_cut_into_their_frames() {
        let frame = |number: u8, length: usize| vec![number; length];
        let toc = 31 << 3;
        let two = [vec![toc | 1], frame(0, 700), frame(1, 700)].concat();
        assert_eq!(lengths(&two), [701, 701]);
        // 700 is 252 + 4 * 112.
        let unequal = [vec![toc | 2, 252, 112], frame(0, 700), frame(1, 900)].concat();
        assert_eq!(lengths(&unequal), [701, 901]);
        let three = [vec![toc | 3, 3], frame(0, 500), frame(1, 500), frame(2, 500)].concat();
        assert_eq!(lengths(&three), [501, 501, 501]);
        // With 254 + 6 bytes of padding.
        let padded = [vec![toc | 3, 64 | 2, 255, 6], frame(0, 600), frame(1, 600), frame(9, 260)];
        assert_eq!(lengths(&padded.concat()), [601, 601]);
        let varying =
            [vec![toc | 3, 128 | 3, 252, 112, 4], frame(0, 700), frame(1, 4), frame(2, 800)];
        assert_eq!(lengths(&varying.concat()), [701, 5, 801]);
    }

    #[test]
    fn packets_that_are_short_enough_stay_as_they_are_and_broken_ones_are_left_out() {
        let mut out = Vec::new();
        let short = [vec![31 << 3 | 1], vec![7; 1_000]].concat();
        for_network(&short, &mut out);
        assert_eq!((&out[0].payload[..], out[0].samples), (&short[..], 1_920));
        out.clear();
        let broken: [&[u8]; 5] = [
            // Two frames of one length in an odd number of bytes.
            &[&[31 << 3 | 1][..], &[0; 1_401]].concat(),
            // A frame that is longer than the packet.
            &[&[31 << 3 | 2, 255, 255][..], &[0; 1_274]].concat(),
            &[&[31 << 3 | 3, 128 | 3, 255, 255, 255, 255][..], &[0; 1_300]].concat(),
            // More padding than there is.
            &[&[31 << 3 | 3, 64 | 2][..], &[255; 1_300]].concat(),
            // A frame of more bytes than a frame has.
            &[&[31 << 3][..], &[0; 1_400]].concat(),
        ];
        for packet in broken {
            for_network(packet, &mut out);
            for_network(&packet[..1], &mut Vec::new());
            assert!(out.is_empty(), "{:?}", &packet[..2]);
        }
    }
}
