//! ICE-lite (RFC 8445): connectivity checks, and which peer a datagram comes from.

pub(crate) mod connectivity_check;
pub(crate) mod demultiplexer;
pub(crate) mod stun;
