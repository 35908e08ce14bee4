//! MP3: frames as they came. A file of them has no header.

use bandstand_radio::{Mp3Frame, mp3_frame};

/// Samples in all of a payload's frames; none if it isn't one frame after the other, of one rate.
pub(crate) fn samples(payload: &[u8]) -> Option<(u32, u32)> {
    let mut rest = payload;
    let mut total = 0;
    let mut rate = None;
    while !rest.is_empty() {
        let Mp3Frame { length, samples, rate: own } = mp3_frame(rest)?;
        rest = rest.get(length..)?;
        if *rate.get_or_insert(own) != own {
            return None;
        }
        total += samples;
    }
    rate.map(|rate| (total, rate))
}
