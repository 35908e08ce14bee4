//! ICE-lite, DTLS, SRTP and SDP of one peer, around str0m's `Rtc`.

mod without_str0m;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::crypto::CryptoProvider;
use str0m::format::CodecConfig;
use str0m::ice::{StunMessage, TransId};
use str0m::media::{Direction, Mid};
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::{Candidate, IceCreds, Input, Output, Rtc, RtcConfig, RtcError};

pub(crate) use super::transport_context::TransportContext;

use super::capabilities::{codecs, extensions};
use crate::codec::parameter_sets::{self, Sets};
use crate::config::SfuLimits;
use crate::core::panics::catch_panic;
use crate::dtls::{DtlsHandshake, take_last_made};
use crate::error::OfferError;
use crate::event::{HandshakeFailure, SessionRole};
use crate::ice::credentials::IceCredentials;
use crate::ice::stun::{DatagramClass, classify, sign_stun};
use crate::ids::{random_ice_text, random_number};
use crate::rtp::numbers::Ssrc;
use crate::rtp::packet::TrackId;
use crate::sdp::answer::{self, PayloadTypes};
use crate::sdp::offer::{self, PreparedOffer};
use crate::shard::NegotiatedTrack;
use crate::srtp::keys::SrtpKeys;

/// Interval of str0m's RTCP statistics.
const STATS_INTERVAL: Duration = Duration::from_secs(2);

/// Address of str0m's one peer, as far as it knows (RFC 5737). The core keeps the real ones, which
/// may change.
const PLACEHOLDER_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// Anti-amplification limit: bytes sent before the handshake is done, whose flights are sent again
/// up to four times. Whoever forges somebody else's address as the first one has no more than that
/// sent there.
const MAX_UNVERIFIED_BYTES: usize = 16 * 1024;

/// Accepted offer: the session's transport, and the SDP answer.
pub(crate) struct PreparedSession {
    pub(crate) transport: Transport,
    pub(crate) answer: String,
}

impl fmt::Debug for PreparedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

/// A datagram to be sent.
pub(crate) struct Transmit {
    pub(crate) destination: SocketAddr,
    pub(crate) contents: DatagramSend,
}

/// Protocol machinery of one peer.
pub(crate) struct Transport {
    /// [`None`] once nothing is left of it but the end of DTLS: see [`Transport::retire`].
    pub(crate) rtc: Option<Box<Rtc>>,
    /// First ICE credentials of this side; the ufrag is random and names the peer in STUN.
    pub(crate) credentials: IceCreds,
    /// ICE credentials of the client, by its offer.
    pub(crate) remote_credentials: Vec<IceCredentials>,
    /// Address that is sent to: the one that ICE has nominated first, or from which DTLS came, then
    /// each one that answered a check. [`None`] before.
    pub(crate) remote: Option<SocketAddr>,
    /// Bytes that may still be sent before the handshake has proved that the peer is there.
    pub(crate) unverified_bytes: usize,
    /// str0m knows that there is a path.
    opened: bool,
    local: SocketAddr,
    /// Tracks that a subscriber is sent.
    tracks: Vec<NegotiatedTrack>,
    /// Payload types of a publisher whose lost packets are requested by NACK.
    pub(crate) nackable: PayloadTypes,
    /// Parameter sets of H.264 in a publisher's offer, by payload type.
    pub(crate) parameters: Vec<(u8, Sets)>,
    /// Lost audio is sent again to this subscriber.
    retransmits_audio: bool,
    /// [`None`] of a publisher within the program.
    handshake: Option<DtlsHandshake>,
    /// Records of DTLS that wait to be drained, and whether the peer has closed the connection;
    /// without str0m.
    records: Vec<Vec<u8>>,
    closed: bool,
    /// str0m has panicked.
    broken: bool,
}

impl Transport {
    /// Reads an offer and accepts it, away from the media thread: it costs about a millisecond.
    ///
    /// # Errors
    /// [`OfferError`], as [`offer::prepare`] and the SDP library find.
    pub(crate) fn accept(
        now: Instant,
        role: SessionRole,
        text: &str,
        shared: &TransportContext,
        limits: &SfuLimits,
    ) -> Result<PreparedSession, OfferError> {
        let offer = offer::prepare(text, role, limits)?;
        let credentials = new_credentials().map_err(|_| OfferError::Stopped)?;
        let mut config = RtcConfig::new()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_crypto_provider(Arc::clone(match role {
                SessionRole::Publisher => &shared.crypto,
                SessionRole::Subscriber => &shared.subscriber_crypto,
            }))
            .set_dtls_cert(shared.certificate.clone())
            // The handshake knows all of the offer's fingerprints.
            .set_fingerprint_verification(false)
            .set_local_ice_credentials(credentials.clone())
            .set_stats_interval((role == SessionRole::Publisher).then_some(STATS_INTERVAL))
            .set_extension_map(extensions(role));
        *config.codec_config() = codecs();
        // The payload type bookkeeping of the SDP library panics on some contradictory offers. The
        // half-made session is dropped with the panic, and nothing else is touched by it.
        let made = catch_panic(|| {
            let parsed = SdpOffer::from_sdp_string(&offer.text).map_err(|e| e.to_string())?;
            let mut rtc = config.build(now);
            let handshake = take_last_made();
            for candidate in &shared.candidates {
                rtc.add_local_candidate(candidate.clone());
            }
            let answer = rtc.sdp_api().accept_offer(parsed);
            let answer = answer.map_err(|e| e.to_string())?;
            Ok((rtc, handshake, answer.to_sdp_string()))
        });
        let (rtc, handshake, answer) = made.and_then(|made| made).map_err(|error: String| {
            tracing::debug!(error, "an offer that the library doesn't take");
            OfferError::Malformed("its m-lines or formats contradict each other".into())
        })?;
        let handshake = handshake.ok_or(OfferError::Stopped)?;
        let mids = answer.lines().filter_map(|l| l.strip_prefix("a=mid:")).map(Mid::from);
        let mids: Vec<Mid> = mids.collect();
        if mids.len() != offer.len() {
            // The library stops in silence where it doesn't understand.
            return Err(OfferError::Malformed("not all of its m-lines can be understood".into()));
        }
        answer::check_answer(&answer, role)?;
        let answer = answer::finish(&answer, &offer, role);
        // Which of its addresses the machine was reached at is not known behind one wildcard socket,
        // and doesn't matter: everything leaves by that same socket.
        let local = shared.candidates.first().map_or(PLACEHOLDER_ADDRESS, Candidate::addr);
        let mut transport = Transport {
            rtc: Some(Box::new(rtc)),
            credentials,
            remote_credentials: IceCredentials::all_in_sdp(text),
            remote: None,
            unverified_bytes: MAX_UNVERIFIED_BYTES,
            opened: false,
            local,
            tracks: Vec::new(),
            nackable: PayloadTypes::nackable(&answer),
            parameters: match role {
                SessionRole::Publisher => parameter_sets::offered(text),
                SessionRole::Subscriber => Vec::new(),
            },
            retransmits_audio: answer::retransmits_audio(&answer),
            handshake: Some(handshake),
            records: Vec::new(),
            closed: false,
            broken: false,
        };
        if role == SessionRole::Subscriber {
            transport.take_over(mids, &offer, limits.max_tracks_per_kind);
        }
        if let Some(handshake) = &transport.handshake {
            handshake.expect(offer.fingerprints);
        }
        Ok(PreparedSession { transport, answer })
    }

    /// SRTP keys, once, when the handshake is done.
    pub(crate) fn take_keys(&mut self) -> Option<SrtpKeys> {
        self.handshake.as_ref()?.take_keys()
    }

    /// Failure of the DTLS handshake, if there is one.
    pub(crate) fn failure(&self) -> Option<HandshakeFailure> {
        self.handshake.as_ref()?.failure()
    }

    /// Tracks that the answer promises, once.
    pub(crate) fn take_tracks(&mut self) -> Vec<NegotiatedTrack> {
        std::mem::take(&mut self.tracks)
    }

    /// Takes the tracks of these m-lines out of str0m, at most `limit` of a kind, before it keeps
    /// reports of them: they are sent by the shards.
    fn take_over(&mut self, mids: Vec<Mid>, offer: &PreparedOffer, limit: usize) {
        for mid in mids {
            let media = self.rtc.as_ref().and_then(|rtc| rtc.media(mid));
            let media = media.filter(|m| m.direction() == Direction::SendOnly);
            let ids = self.tracks.iter().map(|t| t.id);
            if let Some(id) = media.and_then(|m| TrackId::next(ids, m.kind(), limit)) {
                let called = offer.mid(&mid).unwrap_or_default().to_owned();
                let taken = self.take_track(id, mid, called);
                self.tracks.extend(taken);
            }
        }
        // Each of them is large, and lists grow by more than one.
        self.tracks.shrink_to_fit();
    }

    fn take_track(&mut self, id: TrackId, mid: Mid, called: String) -> Option<NegotiatedTrack> {
        let rtc = self.rtc.as_mut()?;
        let media = rtc.media(mid)?;
        let (accepted, extensions) = (media.remote_pts().to_vec(), media.remote_extmap().clone());
        let params = rtc.codec_config().params().iter();
        let params = params.filter(|p| accepted.contains(&p.pt())).copied();
        let codecs = CodecConfig::new_from_payload_params(params.collect());
        let mut direct = rtc.direct_api();
        let (ssrc, repair) = direct.stream_tx_by_mid(mid, None).map(|s| (s.ssrc(), s.rtx()))?;
        direct.remove_stream_tx(ssrc);
        let repair = repair.unwrap_or_else(|| direct.new_ssrc());
        Some(NegotiatedTrack {
            id,
            mid: called,
            ssrc: Ssrc(*ssrc),
            repair_ssrc: Ssrc(*repair),
            codecs,
            extensions,
            retransmits_audio: self.retransmits_audio && !id.video,
            random: random_number(),
        })
    }

    /// Feeds str0m a datagram that the demultiplexer found to be this peer's.
    ///
    /// # Errors
    /// The text of what str0m refused.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Result<(), String> {
        if self.rtc.is_none() {
            let closed = self.without_str0m(|handshake, records| {
                handshake.receive(now, datagram, |record| records.push(record.to_vec()))
            })?;
            self.closed |= closed;
            return Ok(());
        }
        let received = Receive::new(Protocol::Udp, PLACEHOLDER_ADDRESS, self.local, datagram)
            .map_err(|e| e.to_string())?;
        self.guarded(|rtc| rtc.handle_input(Input::Receive(now, received)))
    }

    /// Tells str0m that there is a path to the peer, which it needs for its handshake: ICE itself
    /// is the core's. A check of our own says so, and none of a client's reaches str0m. Once is
    /// enough.
    ///
    /// # Errors
    /// The text of what str0m refused.
    pub(crate) fn begin_handshake(
        &mut self,
        now: Instant,
        crypto: &CryptoProvider,
    ) -> Result<(), String> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(());
        }
        if let Some(handshake) = &self.handshake {
            handshake.begin();
        }
        let far = IceCreds { ufrag: "far".into(), pass: String::new() };
        let user = format!("{}:{}", self.credentials.ufrag, far.ufrag);
        let check = StunMessage::binding_request(&user, TransId::new(), true, 1, 1, true);
        let check = sign_stun(check, self.credentials.pass.as_bytes(), crypto);
        if let Some(rtc) = &mut self.rtc {
            rtc.direct_api().set_remote_ice_credentials(far);
        }
        self.receive(now, &check)
    }

    /// Tells str0m the time; needed after every write, for it to be sent.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), String> {
        if self.rtc.is_none() {
            return Ok(());
        }
        self.guarded(|rtc| rtc.handle_input(Input::Timeout(now)))
    }

    /// Begins to say goodbye: RTCP BYE and DTLS close_notify, to be drained.
    pub(crate) fn close(&mut self, now: Instant) -> Result<(), String> {
        if self.rtc.is_none() {
            return self.without_str0m(|handshake, records| {
                handshake.close(|record| records.push(record.to_vec()))
            });
        }
        self.guarded(Rtc::close)?;
        self.advance(now)
    }

    /// Contains a panic of str0m: it is this peer's error, and the peer is not touched again.
    fn guarded<T>(
        &mut self,
        act: impl FnOnce(&mut Rtc) -> Result<T, RtcError>,
    ) -> Result<T, String> {
        if self.broken {
            return Err("it panicked".into());
        }
        let rtc = self.rtc.as_mut().ok_or("it is retired")?;
        let done = catch_panic(|| act(rtc));
        self.broken = done.is_err();
        done?.map_err(|e| e.to_string())
    }

    /// Drains str0m, and returns when it next needs the time, if ever. Its answers to STUN are
    /// dropped: the core has answered already.
    ///
    /// # Errors
    /// The text of str0m's error, after which the peer is of no use.
    pub(crate) fn drain(
        &mut self,
        mut transmit: impl FnMut(Transmit),
        mut event: impl FnMut(str0m::Event),
    ) -> Result<Option<Instant>, String> {
        if self.rtc.is_none() {
            for record in self.records.drain(..) {
                if let Some(destination) = self.remote {
                    transmit(Transmit { destination, contents: record.into() });
                }
            }
            if std::mem::take(&mut self.closed) {
                event(str0m::Event::Closed);
            }
            return Ok(None);
        }
        loop {
            match self.guarded(Rtc::poll_output)? {
                Output::Transmit(t) => {
                    if let Some(destination) = self.remote
                        && !matches!(classify(&t.contents), Some(DatagramClass::Stun))
                        && let Some(left) = self.unverified_bytes.checked_sub(t.contents.len())
                    {
                        self.unverified_bytes = left;
                        transmit(Transmit { destination, contents: t.contents });
                    }
                }
                Output::Event(e) => event(e),
                Output::Timeout(at) => return Ok(Some(at)),
            }
        }
    }
}

/// Credentials of an opaque ufrag of 96 bits and a password of 144 (RFC 8445 §5.3 asks for 24 and
/// 128).
pub(crate) fn new_credentials() -> Result<IceCreds, getrandom::Error> {
    Ok(IceCreds { ufrag: random_ice_text(16)?, pass: random_ice_text(24)? })
}
