//! ICE-lite (RFC 8445): demultiplexing of datagrams, and checks of new addresses.

pub(crate) mod connectivity_check;
pub(crate) mod credentials;
pub(crate) mod demultiplexer;
pub(crate) mod stun;
