//! Padding (RFC 3550 §5.1) that gives packets of one frame the same length, so that one call sends
//! them.

use crate::rtp::packet::ForwardedPacket;

/// Bytes of padding, at most: encoders cut frames into packets that differ by a byte.
const MAX_PADDING: usize = 16;

/// Padding that makes each packet as long as the longest of its layer that follow it in a row in
/// the burst; the last of them needs none. From the last packet to the first, so that each is
/// looked at once.
pub(super) fn paddings(burst: &[ForwardedPacket]) -> impl Iterator<Item = u8> {
    let mut run = None;
    burst.iter().rev().map(move |this| {
        let (of, length) = ((this.track, this.layer), this.packet.payload.len());
        let after = run.filter(|(id, _)| *id == of).map(|(_, longest)| longest);
        run = Some((of, after.map_or(length, |longest: usize| longest.max(length))));
        let short = after.filter(|_| this.track.video).unwrap_or(0).saturating_sub(length);
        if short <= MAX_PADDING { short as u8 } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::rtp::packet::{Packet, TrackId};

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn packets_are_padded_to_the_longest_after_them_in_their_run() {
        let now = Instant::now();
        let burst: Vec<ForwardedPacket> = [
            (true, 0, 108),
            (true, 0, 110),
            (true, 0, 120),
            (true, 0, 115),
            (true, 1, 700),
            (true, 1, 1_000),
            (false, 0, 10),
            (false, 0, 20),
            (true, 1, 1_100),
        ]
        .map(|(video, layer, length)| {
            let payload = vec![0; length].into();
            let packet = Packet { payload, ..Packet::sample(1, 1, now) };
            ForwardedPacket { track: TrackId { video, ordinal: 0 }, layer, packet }
        })
        .into();
        let mut padded: Vec<u8> = paddings(&burst).collect();
        padded.reverse();
        assert_eq!(padded, [12, 10, 0, 0, 0, 0, 0, 0, 0]);
    }
}
