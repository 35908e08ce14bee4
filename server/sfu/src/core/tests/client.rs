//! A publisher or subscriber, on str0m, without sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::event::Role;
use crate::identity::SessionId;

/// Packets per video frame, at 30 frames a second.
pub(super) const PACKETS_PER_FRAME: u64 = 4;

/// RTP timestamp ticks per frame.
pub(super) const FRAME_TICKS: u32 = 3_000;

/// One packet as a subscriber saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) video: bool,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// As the publisher wrote it: its own name and the packet's number.
    pub(super) publisher: u8,
    pub(super) number: u64,
    pub(super) keyframe: bool,
    pub(super) at: Instant,
    /// When it was captured on the sender's wall clock, by the last sender report.
    pub(super) captured: Option<SystemTime>,
}

pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) session: Option<SessionId>,
    pub(super) connected: bool,
    /// Told goodbye.
    pub(super) closed: bool,
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) seen: Vec<Seen>,
    /// Keyframe requests received.
    pub(super) asked: usize,
    /// Sends and hears nothing when false.
    pub(super) alive: bool,
    /// Publishes video when true.
    pub(super) filming: bool,
    /// Answers keyframe requests.
    pub(super) obedient: bool,
    /// How long video takes from capture to the network; sound takes no time.
    pub(super) encoding: Duration,
    rtc: Rtc,
    role: Role,
    name: u8,
    due: Instant,
    audio: Mid,
    video: Mid,
    next_frame: Instant,
    next_sound: Instant,
    sequences: (u64, u64),
    timestamps: (u32, u32),
    numbers: (u64, u64),
    keyframe_next: bool,
}

impl Client {
    pub(super) fn offer(
        now: Instant,
        address: SocketAddr,
        role: Role,
        first_sequence: u64,
    ) -> (Self, String, SdpPendingOffer) {
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        let direction = match role {
            Role::Publisher => Direction::SendOnly,
            Role::Subscriber => Direction::RecvOnly,
        };
        let mut change = rtc.sdp_api();
        let audio = change.add_media(MediaKind::Audio, direction, None, None, None);
        let video = change.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = change.apply().expect("an offer");
        let client = Client {
            address,
            session: None,
            connected: false,
            closed: false,
            sent: Vec::new(),
            seen: Vec::new(),
            asked: 0,
            alive: true,
            filming: true,
            obedient: true,
            encoding: Duration::ZERO,
            rtc,
            role,
            name: u8::try_from(address.port() % 256).expect("a byte"),
            due: now,
            audio,
            video,
            next_frame: now,
            next_sound: now,
            sequences: (first_sequence, first_sequence),
            timestamps: (u32::MAX - 50_000, u32::MAX - 1_000),
            numbers: (0, 0),
            keyframe_next: true,
        };
        (client, offer.to_sdp_string(), pending)
    }

    pub(super) fn answer(&mut self, session: SessionId, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("a readable answer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("a fitting answer");
        self.session = Some(session);
        self.drain();
    }

    pub(super) fn due(&self) -> Option<Instant> {
        if !self.alive {
            return None;
        }
        let sends = self.role == Role::Publisher && self.connected;
        let media = sends.then(|| self.next_frame.min(self.next_sound));
        Some(media.map_or(self.due, |m| m.min(self.due)))
    }

    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        if !self.alive {
            return;
        }
        if let Ok(received) = Receive::new(Protocol::Udp, from, self.address, datagram) {
            let _ = self.rtc.handle_input(Input::Receive(now, received));
            self.drain();
        }
    }

    pub(super) fn advance(&mut self, now: Instant) {
        if !self.alive {
            return;
        }
        if self.role == Role::Publisher && self.connected {
            while self.next_sound <= now {
                self.sound(now);
            }
            while self.next_frame <= now {
                self.frame(now);
            }
        }
        if self.due <= now || self.role == Role::Publisher {
            let _ = self.rtc.handle_input(Input::Timeout(now));
            self.drain();
        }
    }

    /// The packets of video, in the order of their sequence numbers, each once.
    pub(super) fn video(&self) -> Vec<Seen> {
        let mut video: Vec<Seen> = self.seen.iter().filter(|s| s.video).cloned().collect();
        video.sort_by_key(|s| s.sequence);
        video.dedup_by_key(|s| s.sequence);
        video
    }

    /// Forgets what was seen.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }

    fn sound(&mut self, now: Instant) {
        let (sequence, timestamp, number) = (self.sequences.0, self.timestamps.0, self.numbers.0);
        let mut payload = vec![0xfc, self.name];
        payload.extend(number.to_be_bytes());
        self.write(false, sequence, timestamp, false, payload, now);
        self.sequences.0 += 1;
        self.numbers.0 += 1;
        self.timestamps.0 = timestamp.wrapping_add(960);
        self.next_sound += Duration::from_millis(20);
    }

    fn frame(&mut self, now: Instant) {
        self.next_frame += Duration::from_micros(33_333);
        self.timestamps.1 = self.timestamps.1.wrapping_add(FRAME_TICKS);
        if !self.filming {
            return;
        }
        let keyframe = std::mem::take(&mut self.keyframe_next);
        for index in 0..PACKETS_PER_FRAME {
            // VP8 payload descriptor: S on the first packet; then the frame tag, P = 0 for a key.
            let descriptor = if index == 0 { 0x10 } else { 0x00 };
            let mut payload = vec![descriptor, u8::from(!keyframe), self.name];
            payload.extend(self.numbers.1.to_be_bytes());
            payload.resize(200, 0);
            let last = index == PACKETS_PER_FRAME - 1;
            let captured = now - self.encoding;
            self.write(true, self.sequences.1, self.timestamps.1, last, payload, captured);
            self.sequences.1 += 1;
            self.numbers.1 += 1;
        }
    }

    fn write(
        &mut self,
        video: bool,
        sequence: u64,
        timestamp: u32,
        marker: bool,
        payload: Vec<u8>,
        now: Instant,
    ) {
        let (mid, codec) = match video {
            true => (self.video, str0m::format::Codec::Vp8),
            false => (self.audio, str0m::format::Codec::Opus),
        };
        let params = self.rtc.codec_config().find(|p| p.spec().codec == codec);
        let pt = params.expect("the codec").pt();
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).expect("a stream");
        let write = RtpWrite::new(pt, sequence.into(), timestamp, now, payload);
        stream.write_rtp(write.marker(marker).nackable(video));
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(t)) => self.sent.push(t.contents.to_vec()),
                Ok(Output::Event(event)) => self.handle(event),
                Ok(Output::Timeout(at)) => {
                    self.due = at;
                    return;
                }
                Err(_) => {
                    self.closed = true;
                    self.alive = false;
                    return;
                }
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.next_frame = self.next_frame.max(self.due) + self.encoding;
                self.next_sound = self.next_sound.max(self.due);
            }
            Event::Closed => self.closed = true,
            Event::KeyframeRequest(_) => {
                self.asked += 1;
                self.keyframe_next |= self.obedient;
            }
            Event::RtpPacket(packet) => {
                let video = packet.payload.len() > 100;
                let head = if video { 2 } else { 1 };
                let number = packet.payload[head + 1..head + 9].try_into().expect("8 bytes");
                let captured = packet.last_sender_info.map(|report| {
                    let ticks = packet.time.numer() as u32;
                    let ahead = ticks.wrapping_sub(report.rtp_time.numer() as u32) as i32;
                    let rate = if video { 90_000.0 } else { 48_000.0 };
                    let span = Duration::from_secs_f64(f64::from(ahead.abs()) / rate);
                    match ahead < 0 {
                        true => report.ntp_time - span,
                        false => report.ntp_time + span,
                    }
                });
                self.seen.push(Seen {
                    captured,
                    video,
                    sequence: *packet.seq_no,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    publisher: packet.payload[head],
                    number: u64::from_be_bytes(number),
                    keyframe: video && packet.payload[..2] == [0x10, 0],
                    at: packet.timestamp,
                });
            }
            _ => {}
        }
    }

    /// Asks for a keyframe, as a decoder that lost its picture does.
    pub(super) fn lose_picture(&mut self) {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_rx_by_mid(self.video, None).expect("a stream");
        stream.request_keyframe(str0m::media::KeyframeRequestKind::Pli);
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self) {
        let _ = self.rtc.close();
        self.drain();
    }
}
