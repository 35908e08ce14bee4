//! STUN messages of ICE (RFC 8489), and the classification of datagrams.

use str0m::crypto::CryptoProvider;
use str0m::ice::StunMessage;

/// Longest message of ICE: header, attributes (a user name of the library's 128 bytes at most),
/// message integrity, fingerprint.
const MAX_STUN_BYTES: usize = 240;

/// Class of a datagram by its first byte (RFC 7983 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatagramClass {
    Stun,
    Dtls,
    /// RTP or RTCP.
    Media,
}

/// Writes a message with its integrity by `password` (RFC 8489 §14.5); empty if it is too long.
pub(crate) fn sign_stun(message: StunMessage, password: &[u8], crypto: &CryptoProvider) -> Vec<u8> {
    let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
    let mut room = vec![0; MAX_STUN_BYTES];
    let length = message.to_bytes(Some(password), &mut room, hmac).unwrap_or_default();
    room.truncate(length);
    room
}

/// The class of a datagram; [`None`] if nothing this side speaks.
pub(crate) fn classify(datagram: &[u8]) -> Option<DatagramClass> {
    match datagram.first()? {
        0..=3 if datagram.len() >= 20 => Some(DatagramClass::Stun),
        20..=63 if datagram.len() >= 13 => Some(DatagramClass::Dtls),
        128..=191 if datagram.len() >= 12 => Some(DatagramClass::Media),
        _ => None,
    }
}
