//! One peer's ICE-lite, DTLS, SRTP and SDP machinery, around str0m's `Rtc`.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::Frequency;
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, IceCreds, Input, Output, Rtc, RtcConfig, RtcError};

use crate::config::Limits;
use crate::error::OfferError;
use crate::event::Role;
use crate::identity::random_ice_text;
use crate::offer;

/// How often str0m sums up NACKs, losses and the like.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(2);

/// Video packets kept per subscriber for retransmission: 4 s at 2.5 Mbit/s.
const RETRANSMISSION_PACKETS: usize = 1_024;

/// What all transports of one core share.
pub(crate) struct Shared {
    /// Announced as ICE host candidates; never empty.
    pub(crate) candidates: Vec<SocketAddr>,
    /// One certificate for all sessions: making one costs more than the rest of a join.
    pub(crate) certificate: DtlsCert,
    /// aws-lc-rs.
    pub(crate) crypto: Arc<CryptoProvider>,
}

/// A datagram to be sent.
pub(crate) struct Transmit {
    pub(crate) destination: SocketAddr,
    pub(crate) contents: DatagramSend,
}

/// One peer's protocol machinery.
pub(crate) struct Transport {
    pub(crate) rtc: Rtc,
    /// This side's ICE credentials; the user name fragment is random and names the peer in STUN.
    pub(crate) credentials: IceCreds,
    local: Vec<SocketAddr>,
    /// The library panicked.
    broken: bool,
}

impl Transport {
    /// Accepts `offer` and returns the machinery with the answer.
    ///
    /// # Errors
    /// [`OfferError`], as [`offer::prepare`] and the SDP library find.
    pub(crate) fn accept(
        now: Instant,
        role: Role,
        text: &str,
        shared: &Shared,
        limits: &Limits,
    ) -> Result<(Self, String), OfferError> {
        let prepared = offer::prepare(text, role, limits)?;
        let malformed = |e: &dyn std::fmt::Display| OfferError::Malformed(e.to_string());
        let credentials = IceCreds {
            ufrag: random_ice_text(16).map_err(|_| OfferError::Stopped)?,
            pass: random_ice_text(24).map_err(|_| OfferError::Stopped)?,
        };
        let mut config = RtcConfig::new()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_crypto_provider(Arc::clone(&shared.crypto))
            .set_dtls_cert(shared.certificate.clone())
            .set_local_ice_credentials(credentials.clone())
            .set_stats_interval(Some(STATISTICS_INTERVAL))
            .set_send_buffer_video(RETRANSMISSION_PACKETS)
            .set_extension_map(extensions(role));
        *config.codec_config() = codecs();
        // The payload type bookkeeping of the SDP library panics on some contradictory offers. The
        // half-made session is dropped with the panic, and nothing else is touched by it.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let parsed = SdpOffer::from_sdp_string(&prepared).map_err(|e| malformed(&e))?;
            let mut rtc = config.build(now);
            for address in &shared.candidates {
                if let Ok(candidate) = Candidate::host(*address, "udp") {
                    rtc.add_local_candidate(candidate);
                }
            }
            let answer = rtc.sdp_api().accept_offer(parsed);
            let answer = answer.map_err(|e| malformed(&e))?;
            Ok((rtc, answer.to_sdp_string()))
        }));
        let conflict = |_| OfferError::Malformed("its payload types conflict".into());
        let (rtc, answer) = made.map_err(conflict)??;
        let answer = offer::finish(&answer, text, role);
        let local = shared.candidates.clone();
        Ok((
            Transport {
                rtc,
                credentials,
                local,
                broken: false,
            },
            answer,
        ))
    }

    /// Takes a datagram which the demultiplexer found to be this peer's.
    ///
    /// # Errors
    /// The text of what str0m refused.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), String> {
        // Which of its addresses the machine was reached at is not known behind one wildcard
        // socket, and doesn't matter: everything leaves by that same socket.
        let same_family = self.local.iter().find(|l| l.is_ipv4() == source.is_ipv4());
        let Some(destination) = same_family.or(self.local.first()).copied() else {
            return Err("there is no local address".into());
        };
        let received = Receive::new(Protocol::Udp, source, destination, datagram)
            .map_err(|e| e.to_string())?;
        self.guarded(|rtc| rtc.handle_input(Input::Receive(now, received)))
    }

    /// Lets str0m see the time; needed after every write, for it to be sent.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), String> {
        self.guarded(|rtc| rtc.handle_input(Input::Timeout(now)))
    }

    /// Begins to say goodbye: RTCP BYE and DTLS close_notify, to be drained.
    pub(crate) fn close(&mut self, now: Instant) -> Result<(), String> {
        self.guarded(Rtc::close)?;
        self.advance(now)
    }

    /// One peer's packets must not end everybody's: a panic in the library is that peer's error, and
    /// the peer is not touched again.
    fn guarded<T>(
        &mut self,
        act: impl FnOnce(&mut Rtc) -> Result<T, RtcError>,
    ) -> Result<T, String> {
        if self.broken {
            return Err("it panicked".into());
        }
        let rtc = &mut self.rtc;
        match catch_unwind(AssertUnwindSafe(|| act(rtc))) {
            Ok(done) => done.map_err(|e| e.to_string()),
            Err(_) => {
                self.broken = true;
                Err("it panicked".into())
            }
        }
    }

    /// Takes everything str0m has to say, and returns when it next needs the time.
    ///
    /// # Errors
    /// The text of str0m's error, after which the peer is of no use.
    pub(crate) fn drain(
        &mut self,
        mut transmit: impl FnMut(Transmit),
        mut event: impl FnMut(str0m::Event),
    ) -> Result<Instant, String> {
        loop {
            match self.guarded(Rtc::poll_output)? {
                Output::Transmit(t) => transmit(Transmit {
                    destination: t.destination,
                    contents: t.contents,
                }),
                Output::Event(e) => event(e),
                Output::Timeout(at) => return Ok(at),
            }
        }
    }
}

/// Everything browsers and OBS send; nothing is transcoded.
fn codecs() -> CodecConfig {
    let mut codecs = CodecConfig::empty();
    codecs.add_config(
        111.into(),
        None,
        Codec::Opus,
        Frequency::FORTY_EIGHT_KHZ,
        Some(2),
        FormatParams {
            min_p_time: Some(10),
            use_inband_fec: Some(true),
            stereo: Some(true),
            sprop_stereo: Some(true),
            ..Default::default()
        },
    );
    codecs.enable_vp8(true);
    codecs.enable_vp9(true);
    codecs.enable_h264(true);
    codecs.enable_av1(true);
    codecs
}

/// Transport-wide feedback is asked of publishers' packets only: nothing here yet uses subscribers'
/// feedback, which costs twenty packets a second each.
fn extensions(role: Role) -> ExtensionMap {
    let mut extensions = ExtensionMap::empty();
    extensions.set(1, Extension::AudioLevel);
    extensions.set(2, Extension::AbsoluteSendTime);
    if role == Role::Publisher {
        extensions.set(3, Extension::TransportSequenceNumber);
    }
    extensions.set(4, Extension::RtpMid);
    extensions.set(13, Extension::VideoOrientation);
    extensions
}
