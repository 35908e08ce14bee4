//! Packets of media (RTP, RFC 3550): what is kept of them, how they are numbered, what is missing.

pub(crate) mod jitter;
pub(crate) mod nack_generator;
pub(crate) mod numbers;
pub(crate) mod packet;
pub(crate) mod packet_cache;
pub(crate) mod rewriter;
