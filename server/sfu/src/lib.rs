//! Bandstand's media core: a selective forwarding unit (SFU, RFC 7667 §3.7) for stages with one
//! publisher (WHIP, RFC 9725) and many subscribers (WHEP), all on one port: UDP, and TCP for
//! clients whom UDP doesn't reach.
//!
//! [`Sfu::start`] opens the socket and its thread. [`Sfu::publish`] and [`Sfu::subscribe`] answer
//! SDP offers, [`Sfu::publish_audio`] and [`Sfu::tap`] bring and take media within the
//! program; what happens afterwards comes as [`SfuEvent`]s. Media is forwarded as it comes:
//! nothing is decoded.
//!
//! Inside, a core without sockets and clocks (`core`) is driven by one thread (`io`). `ice` finds
//! the peer of a datagram, `dtls` agrees on keys, `sdp` reads offers. `ingest` receives the packets
//! of a publisher, of which `codec` reads what can be told without decoding. `rtp` caches and
//! renumbers packets, `rtcp` reads and writes reports, `srtp` seals and opens. A `shard` serves a
//! share of the subscribers: which packets each gets, and at which rate.

mod audio;
mod codec;
mod config;
mod core;
mod dtls;
mod error;
mod event;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod ice;
mod ids;
mod ingest;
mod io;
mod rate_limit;
mod rtcp;
mod rtp;
mod sdp;
mod sfu;
mod shard;
mod srtp;
mod stats;
mod tap;

pub use crate::audio::{AudioPublisher, AudioSendError, MAX_OPUS_BYTES, OpusPacket};
pub use crate::codec::encoder::Advice;
pub use crate::config::{SfuConfig, SfuLimits, SfuTimeouts};
pub use crate::core::panics::panics_are_contained;
pub use crate::core::standby::TakeoverCondition;
pub use crate::core::{AcceptedOffer, IceRestart};
pub use crate::error::{OfferError, SfuStartError};
pub use crate::event::{EndReason, HandshakeFailure, SessionRole, SfuEvent};
pub use crate::ice::credentials::IceCredentials;
pub use crate::ids::{ParseSessionIdError, SessionId, StageId};
pub use crate::sdp::fragment::SdpFragment;
pub use crate::sfu::Sfu;
pub use crate::stats::{
    LayerStats, MediaStats, PublisherStats, SessionStats, SfuStats, SubscriberStats, Totals,
};
pub use crate::tap::{StageTap, TappedCodec, TappedPacket, TappedTracks};
