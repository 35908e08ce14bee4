//! Schedule of a publisher's packets.

use std::time::{Duration, Instant};

use crate::content::{self, Content, Stamp, wall_clock};

/// Time between two audio packets.
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);

/// RTP timestamp ticks of an audio packet.
const AUDIO_TICKS: u32 = 960;

/// A packet to be sent.
pub(super) struct Take {
    pub(super) video: bool,
    /// Counts the packets of the track.
    pub(super) number: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

/// Progress of a publisher; goes on from one content to the next.
#[derive(Default)]
pub(super) struct Film {
    running: Option<Running>,
    /// Packets so far.
    pub(super) video: u64,
    pub(super) audio: u64,
    ticks: u32,
    /// A keyframe was asked for.
    pub(super) keyframe_wanted: bool,
    /// The longest that a packet was sent after it was due.
    pub(super) latest: Duration,
}

struct Running {
    content: Content,
    frames_left: Option<u64>,
    frame: u64,
    packet: u16,
    video_due: Option<Instant>,
    audio_due: Option<Instant>,
}

impl Film {
    /// Begins, with a keyframe.
    pub(super) fn start(&mut self, now: Instant, content: Content, frames: Option<u64>) {
        self.latest = Duration::ZERO;
        self.running = Some(Running {
            video_due: (content.frames_per_second > 0).then_some(now),
            audio_due: content.audio.then_some(now),
            content,
            frames_left: frames,
            frame: 0,
            packet: 0,
        });
    }

    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// When the next packet is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let running = self.running.as_ref()?;
        [running.video_due, running.audio_due].into_iter().flatten().min()
    }

    /// The next packet, if it is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<Take> {
        let due = self.due().filter(|due| *due <= now)?;
        self.latest = self.latest.max(now - due);
        let running = self.running.as_mut()?;
        if running.audio_due == Some(due) {
            running.audio_due = Some(due + AUDIO_INTERVAL);
            let stamp = Stamp { sent: wall_clock(), number: self.audio, keyframe: false };
            self.audio += 1;
            let take = Take {
                video: false,
                number: stamp.number,
                timestamp: (stamp.number as u32).wrapping_mul(AUDIO_TICKS),
                marker: false,
                payload: content::audio(stamp).to_vec(),
            };
            if running.content.frames_per_second == 0 {
                self.count_down();
            }
            return Some(take);
        }
        let content = &running.content;
        let packets = content.packets_per_frame.max(1);
        let frame_time = Duration::from_secs(1) / content.frames_per_second.max(1);
        let first = running.packet == 0;
        if first {
            self.ticks = self.ticks.wrapping_add(90_000 / content.frames_per_second.max(1));
        }
        let scheduled = match u64::from(content.keyframe_interval) {
            0 => running.frame == 0,
            interval => running.frame.is_multiple_of(interval),
        };
        let keyframe = first && (scheduled || content.obedient && self.keyframe_wanted);
        if keyframe {
            self.keyframe_wanted = false;
        }
        let stamp = Stamp { sent: wall_clock(), number: self.video, keyframe };
        self.video += 1;
        running.packet += 1;
        let marker = running.packet == packets;
        let take = Take {
            video: true,
            number: stamp.number,
            timestamp: self.ticks,
            marker,
            payload: content::video(stamp, first, content.packet_bytes).to_vec(),
        };
        let gap = if content.spread { frame_time / u32::from(packets) } else { Duration::ZERO };
        running.video_due = Some(match marker {
            true if content.spread => due + gap,
            true => due + frame_time,
            false => due + gap,
        });
        if marker {
            running.packet = 0;
            running.frame += 1;
            self.count_down();
        }
        Some(take)
    }

    /// One frame less to go.
    fn count_down(&mut self) {
        let Some(left) = self.running.as_mut().and_then(|r| r.frames_left.as_mut()) else {
            return;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.running = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_of_so_many_frames_has_all_their_packets_in_their_time() {
        let content = Content {
            frames_per_second: 30,
            packets_per_frame: 9,
            keyframe_interval: 2,
            audio: false,
            spread: true,
            ..Content::default()
        };
        let (mut film, start) = (Film::default(), Instant::now());
        film.start(start, content.clone(), Some(3));
        assert!(film.next(start).is_some_and(|t| t.video && !t.marker && t.number == 0));
        assert!(film.next(start).is_none());
        let end = start + Duration::from_secs(1) / 30 * 3;
        let rest: Vec<Take> = std::iter::from_fn(|| film.next(end)).collect();
        assert_eq!((rest.len(), film.video, film.due()), (26, 27, None));
        assert_eq!(rest.iter().filter(|t| t.marker).count(), 3);
        let keyframes = rest.iter().filter(|t| t.payload[..2] == [0x10, 0x10]).count();
        assert_eq!(keyframes, 1);
        // The numbers go on.
        film.start(end, content, None);
        assert!(film.next(end).is_some_and(|t| t.number == 27 && t.timestamp == 12_000));
    }
}
