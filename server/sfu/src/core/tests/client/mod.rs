//! A publisher or subscriber, on str0m, without sockets.

mod media;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::Rtcp;
use str0m::rtp::{ExtensionMap, RawPacket, RtpHeader};
use str0m::{Candidate, Event, Input, Output, Rtc};

use self::media::Later;
use super::check::choice;
use super::program::Program;
use super::seen::Seen;
use crate::codec::dependency_descriptor;
use crate::core::IceRestart;
use crate::event::SessionRole;
use crate::ice::credentials::IceCredentials;
use crate::ids::SessionId;
use crate::sdp::answer::retransmits_audio;

/// Packets per video frame, at 30 frames a second.
pub(super) const PACKETS_PER_FRAME: u64 = 4;
/// RTP timestamp ticks per frame.
pub(super) const FRAME_TICKS: u32 = 3_000;

/// What a publisher sends of one video layer.
pub(super) struct Sending {
    pub(super) active: bool,
    /// It is VP9 or AV1, and holds three layers.
    pub(super) scalable: Option<Codec>,
    /// So many of them, from the next keyframe on; and until then.
    pub(super) spatial: u8,
    spatial_now: u8,
    /// It has three temporal layers.
    pub(super) temporal: bool,
    /// Frames since its keyframe.
    since_key: usize,
    /// Delay of its frames.
    pub(super) lag: Duration,
    rid: Option<Rid>,
    pub(super) packets_per_frame: u64,
    /// Bytes of a payload, where they aren't those of the client.
    pub(super) size: Option<usize>,
    sequence: u64,
    number: u64,
    picture: u16,
    frames: u64,
    /// Of AV1.
    frame: u16,
    pub(super) keyframe_next: bool,
}

pub(super) struct Client {
    /// Where the core sees it.
    pub(super) address: SocketAddr,
    /// Where it believes to be.
    inside: SocketAddr,
    /// What the core said first.
    pub(super) answer: String,
    pub(super) session: Option<SessionId>,
    pub(super) connected: bool,
    /// Told goodbye.
    pub(super) closed: bool,
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) seen: Vec<Seen>,
    /// Keyframe requests received.
    pub(super) asked: usize,
    /// To the core and back, as far as a receiver knows.
    pub(super) round_trip: Option<Duration>,
    /// Sends and hears nothing when false.
    pub(super) alive: bool,
    /// Publishes video when true.
    pub(super) filming: bool,
    /// Publishes sound when true.
    pub(super) speaking: bool,
    /// Of each keyframe, one packet is never sent.
    pub(super) torn: bool,
    /// Answers keyframe requests.
    pub(super) obedient: bool,
    /// Answers a keyframe request of one layer with keyframes of all, as browsers do.
    pub(super) all_together: bool,
    /// How long video takes from capture to the network; sound takes no time.
    pub(super) encoding: Duration,
    /// Bytes of a payload of video, and time between two frames.
    pub(super) size: usize,
    pub(super) frame_time: Duration,
    /// A keyframe, which has four times the packets of another frame, begins each so many frames.
    pub(super) group: Option<u64>,
    /// Bytes of a payload of sound.
    pub(super) sound_size: usize,
    /// What came, before anything is done with it; where somebody wants to have it.
    pub(super) raw: Option<Vec<(Instant, RtpHeader, Vec<u8>)>>,
    /// It publishes as a program does, not as a browser.
    pub(super) program: Option<Program>,
    later: Vec<Later>,
    due_now: Instant,
    rtc: Rtc,
    role: SessionRole,
    name: u8,
    due: Instant,
    audio: Mid,
    video: Mid,
    next_frame: Instant,
    next_sound: Instant,
    /// Video, the poorest layer first; each has four times what the one before has.
    pub(super) layers: Vec<Sending>,
    /// The next one of sound.
    pub(super) sequence: u64,
    number: u64,
    timestamps: (u32, u32),
    /// When it last heard something.
    heard: Instant,
}

impl Client {
    pub(super) fn offer(
        now: Instant,
        address: SocketAddr,
        role: SessionRole,
        first_sequence: u64,
        layers: u8,
    ) -> (Self, String, SdpPendingOffer) {
        Self::offer_of(now, address, role, first_sequence, layers, None, false)
    }

    /// Offers as a browser or as a program does. `raw` lets it keep packets as they come.
    pub(super) fn offer_of(
        now: Instant,
        address: SocketAddr,
        role: SessionRole,
        first_sequence: u64,
        layers: u8,
        program: Option<Program>,
        raw: bool,
    ) -> (Self, String, SdpPendingOffer) {
        let mut extensions = ExtensionMap::standard();
        extensions.set(12, dependency_descriptor::extension());
        let mut builder = Rtc::builder().set_rtp_mode(true).set_extension_map(extensions);
        builder = builder.enable_raw_packets(program.is_some() || raw);
        if program.is_some() {
            Program::set_codecs(builder.codec_config());
        }
        let mut rtc = builder.set_stats_interval(Some(Duration::from_secs(1))).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        let direction = match role {
            SessionRole::Publisher => Direction::SendOnly,
            SessionRole::Subscriber => Direction::RecvOnly,
        };
        let mut change = rtc.sdp_api();
        let audio = change.add_media(MediaKind::Audio, direction, None, None, None);
        let rids: Vec<Rid> = ["low", "middle", "high"].map(Rid::from).into();
        let send = || rids.iter().map(|r| SimulcastLayer::new(r)).collect();
        let simulcast = (layers > 1).then(|| Simulcast { send: send(), recv: Vec::new() });
        let video = change.add_media(MediaKind::Video, direction, None, None, simulcast);
        let (offer, pending) = change.apply().expect("an offer");
        let client = Client {
            address,
            inside: address,
            answer: String::new(),
            session: None,
            connected: false,
            closed: false,
            sent: Vec::new(),
            seen: Vec::new(),
            asked: 0,
            round_trip: None,
            alive: true,
            filming: true,
            speaking: true,
            torn: false,
            size: 200,
            frame_time: Duration::from_micros(33_333),
            group: None,
            all_together: false,
            sound_size: 10,
            raw: None,
            obedient: program.is_none(),
            program,
            heard: now,
            later: Vec::new(),
            due_now: now,
            encoding: Duration::ZERO,
            rtc,
            role,
            name: u8::try_from(address.port() % 256).expect("a byte"),
            due: now,
            audio,
            video,
            next_frame: now,
            next_sound: now,
            layers: (0..layers)
                .map(|layer| Sending {
                    active: true,
                    scalable: None,
                    spatial: 3,
                    temporal: false,
                    since_key: 0,
                    spatial_now: 3,
                    lag: Duration::ZERO,
                    frame: u16::MAX - 100,
                    rid: (layers > 1).then(|| rids[usize::from(layer)]),
                    size: None,
                    packets_per_frame: match layers {
                        1 => PACKETS_PER_FRAME,
                        _ => 4_u64.pow(layer.into()),
                    },
                    sequence: first_sequence.saturating_sub(300 * u64::from(layer)),
                    number: 0,
                    frames: 0,
                    picture: 0x7ff0 - 5_000 * u16::from(layer),
                    keyframe_next: true,
                })
                .collect(),
            sequence: first_sequence,
            number: 0,
            timestamps: (u32::MAX - 50_000, u32::MAX - 1_000),
        };
        (client, offer.to_sdp_string(), pending)
    }

    pub(super) fn answer(&mut self, session: SessionId, pending: SdpPendingOffer, answer: &str) {
        self.answer = answer.to_owned();
        let answer = SdpAnswer::from_sdp_string(answer).expect("a readable answer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("a fitting answer");
        self.session = Some(session);
        if retransmits_audio(&self.answer)
            && let Some(sound) = self.rtc.direct_api().stream_rx_by_mid(self.audio, None)
        {
            sound.suppress_nack(false);
        }
        self.drain();
    }

    /// Begins ICE anew; `core` is told the new credentials, and tells its own.
    pub(super) fn restart(&mut self, core: impl FnOnce(IceCredentials) -> IceRestart) {
        let mut change = self.rtc.sdp_api();
        change.ice_restart(true);
        let (offer, pending) = change.apply().expect("an offer");
        let new = core(IceCredentials::in_sdp(&offer.to_sdp_string())).credentials;
        let lines = self.answer.lines().map(|line| match line.split_once(':') {
            Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{}", new.ufrag),
            Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{}", new.password),
            _ => line.to_owned(),
        });
        let answer: String = lines.map(|line| line + "\r\n").collect();
        let answer = SdpAnswer::from_sdp_string(&answer).expect("a readable answer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("a fitting answer");
        self.drain();
    }

    /// A check that chooses whatever way it comes by, as the client could send it from anywhere.
    pub(super) fn check(&mut self) -> Vec<u8> {
        let far = self.rtc.direct_api().local_ice_credentials().ufrag;
        choice(&self.answer, &far)
    }

    pub(super) fn due(&self) -> Option<Instant> {
        if !self.alive {
            return None;
        }
        let sends = self.role == SessionRole::Publisher && self.connected;
        let media = sends.then(|| self.next_frame.min(self.next_sound));
        let media = media.into_iter().chain(self.later_due()).min();
        Some(media.map_or(self.due, |m| m.min(self.due)))
    }

    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        if !self.alive {
            return;
        }
        self.heard = now;
        if let Ok(received) = Receive::new(Protocol::Udp, from, self.inside, datagram) {
            let _ = self.rtc.handle_input(Input::Receive(now, received));
            self.drain();
        }
    }

    pub(super) fn advance(&mut self, now: Instant) {
        if !self.alive {
            return;
        }
        if self.role == SessionRole::Publisher && self.connected {
            while self.next_sound <= now {
                self.sound(now);
            }
            while self.next_frame <= now {
                self.frame(now);
            }
            self.write_later(now);
        }
        if self.due <= now || self.role == SessionRole::Publisher {
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

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(t)) => {
                    if let Some(program) = &mut self.program {
                        program.keep(&t.contents);
                    }
                    self.sent.push(t.contents.to_vec());
                }
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
            Event::KeyframeRequest(request) => {
                self.asked += 1;
                let all = self.all_together;
                for layer in self.layers.iter_mut().filter(|l| all || l.rid == request.rid) {
                    layer.keyframe_next |= self.obedient;
                }
            }
            Event::RawPacket(packet) if self.raw.is_some() => {
                if let (RawPacket::RtpRx(header, payload), Some(raw)) = (*packet, &mut self.raw) {
                    raw.push((self.heard, header, payload));
                }
            }
            Event::RawPacket(packet) => {
                if let (RawPacket::RtcpRx(Rtcp::Nack(nack)), Some(program)) =
                    (*packet, &mut self.program)
                {
                    self.sent.extend(program.again(self.heard, &nack));
                }
            }
            Event::MediaIngressStats(told) => self.round_trip = told.rtt.or(self.round_trip),
            Event::RtpPacket(packet) if self.raw.is_none() => {
                let params = self.rtc.codec_config();
                let params = params.find(|p| p.pt() == packet.header.payload_type);
                let codec = params.expect("negotiated").spec().codec;
                self.seen.push(Seen::of(codec, &packet));
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

    /// From now on gives what comes away as it is, and asks for nothing by itself.
    pub(super) fn give_raw(&mut self) {
        self.raw = Some(Vec::new());
        for mid in [self.audio, self.video] {
            if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
                stream.suppress_nack(true);
            }
        }
    }

    /// Says goodbye.
    pub(super) fn leave(&mut self) {
        let _ = self.rtc.close();
        self.drain();
    }
}
