//! RTP (RFC 3550): packets, their cache, their renumbering, and NACKs for missing ones.

pub(crate) mod jitter;
pub(crate) mod nack_generator;
pub(crate) mod numbers;
pub(crate) mod packet;
pub(crate) mod packet_cache;
pub(crate) mod rewriter;
