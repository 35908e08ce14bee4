//! One client: a socket, and str0m for SDP, ICE, DTLS and, when it is full, SRTP.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::film::{Film, Take};
use super::reception::{FirstPicture, Header, Reception};
use super::socket::{self, Reader};
use super::{AudienceError, Direction, Manner, Seen, cipher};
use crate::content::{self, Content, wall_clock};

/// Interval of keyframe requests of a client without a picture.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Delays kept per client.
const MAX_DELAYS: usize = 100_000;

/// First sequence number; every run sees it wrap.
const FIRST_SEQUENCE: u64 = 65_000;

/// One client.
pub(super) struct Client {
    pub(super) socket: UdpSocket,
    peer: Peer,
}

/// Datagrams that are under way, and until when.
type UnderWay = VecDeque<(Instant, Vec<u8>)>;

struct Peer {
    rtc: Rtc,
    /// Empty unless the client is [`Manner::away`].
    coming: UnderWay,
    going: UnderWay,
    manner: Manner,
    local: SocketAddr,
    /// Known from the other side's description.
    remote: Option<SocketAddr>,
    pending: Option<SdpPendingOffer>,
    /// What a publisher sends on.
    mids: Vec<(MediaKind, Mid)>,
    began: Instant,
    rtc_due: Instant,
    connected: bool,
    /// The library gave up or was told goodbye.
    ended: bool,
    video: Track,
    audio: Track,
    /// From sending to arriving.
    delays: Vec<Duration>,
    first_picture: FirstPicture,
    asked: Option<Instant>,
    film: Film,
    keyframe_requests: u64,
    unsent: u64,
}

#[derive(Default)]
struct Track {
    /// As the descriptions say.
    payload_type: Option<u8>,
    reception: Reception,
}

impl Client {
    pub(super) fn new(
        now: Instant,
        manner: Manner,
        config: RtcConfig,
    ) -> Result<Self, AudienceError> {
        let socket = UdpSocket::bind((manner.address, 0))?;
        socket.set_nonblocking(true)?;
        socket::prepare(&socket, manner.timestamped)?;
        let local = socket.local_addr()?;
        let mut rtc = config.build(now);
        let candidate = Candidate::host(local, "udp").map_err(|_| AudienceError::NoCandidate)?;
        rtc.add_local_candidate(candidate);
        let peer = Peer {
            rtc,
            coming: UnderWay::new(),
            going: UnderWay::new(),
            manner,
            local,
            remote: None,
            pending: None,
            mids: Vec::new(),
            began: now,
            rtc_due: now,
            connected: false,
            ended: false,
            video: Track::default(),
            audio: Track::default(),
            delays: Vec::new(),
            first_picture: FirstPicture::default(),
            asked: None,
            film: Film::default(),
            keyframe_requests: 0,
            unsent: 0,
        };
        Ok(Client { socket, peer })
    }

    pub(super) fn offer(&mut self) -> Result<String, AudienceError> {
        let direction = match self.peer.manner.direction {
            Direction::Publish => str0m::media::Direction::SendOnly,
            Direction::Subscribe => str0m::media::Direction::RecvOnly,
        };
        let mut change = self.peer.rtc.sdp_api();
        for kind in [MediaKind::Audio, MediaKind::Video] {
            self.peer.mids.push((kind, change.add_media(kind, direction, None, None, None)));
        }
        let (offer, pending) = change.apply().ok_or(AudienceError::NotOffered)?;
        self.peer.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    pub(super) fn accept(&mut self, now: Instant, answer: &str) -> Result<(), AudienceError> {
        let pending = self.peer.pending.take().ok_or(AudienceError::NotOffered)?;
        self.meet(answer)?;
        let parsed = SdpAnswer::from_sdp_string(answer)?;
        self.peer.rtc.sdp_api().accept_answer(pending, parsed)?;
        self.advance(now);
        Ok(())
    }

    pub(super) fn answer(&mut self, now: Instant, offer: &str) -> Result<String, AudienceError> {
        self.meet(offer)?;
        let parsed = SdpOffer::from_sdp_string(offer)?;
        let answer = self.peer.rtc.sdp_api().accept_offer(parsed)?.to_sdp_string();
        self.advance(now);
        Ok(answer)
    }

    /// Learns from the other side's description where it is and what it calls the codecs.
    fn meet(&mut self, description: &str) -> Result<(), AudienceError> {
        let remote = candidate(description).ok_or(AudienceError::NoCandidate)?;
        self.socket.connect(remote)?;
        self.peer.remote = Some(remote);
        self.peer.video.payload_type = payload_type(description, "VP8/90000");
        self.peer.audio.payload_type = payload_type(description, "opus/48000");
        Ok(())
    }

    pub(super) fn start(&mut self, now: Instant, content: Content, frames: Option<u64>) {
        self.peer.film.start(now, content, frames);
        self.advance(now);
    }

    pub(super) fn stop(&mut self) {
        self.peer.film.stop();
    }

    pub(super) fn forget(&mut self) {
        self.peer.video.reception = Reception::default();
        self.peer.audio.reception = Reception::default();
        self.peer.delays.clear();
    }

    pub(super) fn delays(&self) -> &[Duration] {
        &self.peer.delays
    }

    pub(super) fn seen(&self) -> Seen {
        let peer = &self.peer;
        Seen {
            connected: peer.connected && !peer.ended,
            first_picture: peer.first_picture.complete.map(|at| at - peer.began),
            video: peer.video.reception.clone(),
            audio: peer.audio.reception.clone(),
            sent: (peer.film.video, peer.film.audio),
            keyframe_requests: peer.keyframe_requests,
            latest: peer.film.latest,
            unsent: peer.unsent,
            cipher: cipher::negotiated(),
        }
    }

    /// When it next needs the time; [`None`] once it has ended.
    pub(super) fn due(&self) -> Option<Instant> {
        let film = self.peer.film.due().filter(|_| self.peer.connected);
        let arrive =
            [&self.peer.coming, &self.peer.going].map(|way| way.front().map(|(at, _)| *at));
        let due = arrive.into_iter().flatten().chain(film).fold(self.peer.rtc_due, Instant::min);
        (!self.peer.ended).then_some(due)
    }

    /// Reads what has come.
    pub(super) fn read(&mut self, now: Instant, reader: &mut Reader) {
        let (socket, peer) = (&self.socket, &mut self.peer);
        if !peer.manner.away.is_zero() {
            let arrival = now + peer.manner.away;
            reader.read(socket, |datagram| peer.coming.push_back((arrival, datagram.to_vec())));
        } else if peer.manner.timestamped {
            reader.read_timestamped(socket, |datagram, at| peer.take(now, socket, datagram, at));
        } else {
            reader.read(socket, |datagram| peer.take(now, socket, datagram, None));
        }
    }

    /// Does what is due.
    pub(super) fn advance(&mut self, now: Instant) {
        let (socket, peer) = (&self.socket, &mut self.peer);
        while let Some((_, datagram)) = peer.coming.pop_front_if(|(at, _)| *at <= now) {
            peer.take(now, socket, &datagram, None);
        }
        while let Some((_, datagram)) = peer.going.pop_front_if(|(at, _)| *at <= now) {
            peer.unsent += u64::from(socket.send(&datagram).is_err());
        }
        while let Some(take) = peer.connected.then(|| peer.film.next(now)).flatten() {
            peer.write(now, take);
        }
        if !peer.ended {
            let advanced = peer.rtc.handle_input(Input::Timeout(now));
            peer.ended |= advanced.is_err();
            peer.drain(now, socket);
        }
    }
}

impl Peer {
    fn take(
        &mut self,
        now: Instant,
        socket: &UdpSocket,
        datagram: &[u8],
        arrived: Option<Duration>,
    ) {
        let media = matches!(datagram.first(), Some(128..=191));
        if let Some(header) = Header::read(datagram) {
            let payload_type = Some(header.payload_type);
            for track in [&mut self.video, &mut self.audio] {
                if track.payload_type == payload_type {
                    track.reception.count(header, datagram.len());
                }
            }
        }
        let glanced = self.manner.glances && self.first_picture.complete.is_some();
        let opens = self.manner.full && !glanced || self.manner.direction == Direction::Publish;
        let Some(remote) = self.remote.filter(|_| !self.ended && (opens || !media)) else {
            return;
        };
        if let Ok(received) = Receive::new(Protocol::Udp, remote, self.local, datagram) {
            self.ended |= self.rtc.handle_input(Input::Receive(now, received)).is_err();
            self.drain_arrived(now, socket, arrived);
        }
    }

    fn write(&mut self, now: Instant, take: Take) {
        let (kind, codec) = match take.video {
            true => (MediaKind::Video, Codec::Vp8),
            false => (MediaKind::Audio, Codec::Opus),
        };
        let payload_type = self.rtc.codec_config().find(|p| p.spec().codec == codec);
        let payload_type = payload_type.map(|p| p.pt());
        let mid = self.mid(kind);
        let mut direct = self.rtc.direct_api();
        let stream = mid.and_then(|mid| direct.stream_tx_by_mid(mid, None));
        if let Some((stream, payload_type)) = stream.zip(payload_type) {
            let sequence = FIRST_SEQUENCE + take.number;
            let write =
                RtpWrite::new(payload_type, sequence.into(), take.timestamp, now, take.payload);
            stream.write_rtp(write.marker(take.marker).nackable(take.video));
        }
    }

    fn mid(&self, kind: MediaKind) -> Option<Mid> {
        self.mids.iter().find(|(k, _)| *k == kind).map(|(_, mid)| *mid)
    }

    fn drain(&mut self, now: Instant, socket: &UdpSocket) {
        self.drain_arrived(now, socket, None);
    }

    /// Sends and notes all that the library has to say.
    fn drain_arrived(&mut self, now: Instant, socket: &UdpSocket, arrived: Option<Duration>) {
        while !self.ended {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) if !self.manner.away.is_zero() => {
                    self.going.push_back((now + self.manner.away, transmit.contents.to_vec()));
                }
                Ok(Output::Transmit(transmit)) => {
                    self.unsent += u64::from(socket.send(&transmit.contents).is_err());
                }
                Ok(Output::Event(event)) => self.note(now, event, arrived),
                Ok(Output::Timeout(due)) => {
                    self.rtc_due = due;
                    return;
                }
                Err(_) => self.ended = true,
            }
        }
    }

    fn note(&mut self, now: Instant, event: Event, arrived: Option<Duration>) {
        match event {
            Event::Connected => self.connected = true,
            Event::Closed => self.ended = true,
            Event::KeyframeRequest(_) => {
                self.keyframe_requests += 1;
                self.film.keyframe_wanted = true;
            }
            Event::RtpPacket(packet) => self.open(now, &packet, arrived),
            _ => {}
        }
    }

    /// Looks into a packet, as a full client does.
    fn open(&mut self, now: Instant, packet: &RtpPacket, arrived: Option<Duration>) {
        let video = self.video.payload_type == Some(*packet.header.payload_type);
        let Some(stamp) = content::read(&packet.payload, video) else {
            return;
        };
        let delay = arrived.unwrap_or_else(wall_clock).saturating_sub(stamp.sent);
        if self.delays.len() < MAX_DELAYS {
            self.delays.push(delay);
        }
        if !video || self.first_picture.complete.is_some() {
            return;
        }
        self.first_picture.note(stamp, packet.header.marker, now);
        // As a decoder does that has never had a picture.
        let waited = self.asked.is_none_or(|at| now > at + ASK_AGAIN);
        if self.first_picture.complete.is_none() && waited && !stamp.keyframe {
            let first_time = self.asked.replace(now).is_none();
            let mut direct = self.rtc.direct_api();
            if let Some(stream) = direct.stream_rx(&packet.header.ssrc).filter(|_| !first_time) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
    }
}

/// The first UDP host candidate of a description (RFC 8839 §5.1).
fn candidate(description: &str) -> Option<SocketAddr> {
    let candidates = description.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    candidates.map(|line| line.split_whitespace()).find_map(|mut fields| {
        let udp = fields.nth(2)?.eq_ignore_ascii_case("udp");
        let address = fields.nth(1)?.parse().ok()?;
        let port = fields.next()?.parse().ok()?;
        udp.then_some(SocketAddr::new(address, port))
    })
}

/// What the description calls a codec (RFC 8866 §6.6).
fn payload_type(description: &str, codec: &str) -> Option<u8> {
    let maps = description.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
    maps.filter_map(|line| line.split_once(' ')).find_map(|(number, name)| {
        let name = name.get(..codec.len())?;
        name.eq_ignore_ascii_case(codec).then(|| number.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_tell_address_and_payload_types() {
        let description = "v=0\r\na=candidate:1 1 tcp 9 192.0.2.1 9 typ host tcptype passive\r\n\
            a=candidate:2 1 UDP 7 127.0.0.1 4321 typ host\r\na=rtpmap:111 opus/48000/2\r\n\
            a=rtpmap:96 vp8/90000\r\na=rtpmap:97 rtx/90000\r\n";
        assert_eq!(candidate(description), Some(SocketAddr::from(([127, 0, 0, 1], 4321))));
        assert_eq!(payload_type(description, "VP8/90000"), Some(96));
        assert_eq!(payload_type(description, "opus/48000"), Some(111));
        assert_eq!(payload_type(description, "VP9/90000"), None);
        assert_eq!(candidate("v=0\r\n"), None);
    }
}
