//! ICE checks that str0m doesn't send, and offers that it doesn't make.

use str0m::crypto::from_feature_flags;
use str0m::ice::{StunMessage, TransId};

use crate::ice::credentials::IceCredentials;
use crate::ice::stun::sign_stun;

/// A client's check without its choice of this way (USE-CANDIDATE), for the core that gave this
/// `answer`; [`None`] for anything else.
pub(super) fn undecided(answer: &str, datagram: &[u8]) -> Option<Vec<u8>> {
    let check = StunMessage::parse(datagram).ok().filter(StunMessage::is_binding_request)?;
    let (name, far) = check.split_username()?;
    Some(request(answer, &format!("{name}:{far}"), check.trans_id(), false))
}

/// A check of the client `far` that chooses the way it comes by, for the core that gave this `answer`.
pub(super) fn choice(answer: &str, far: &str) -> Vec<u8> {
    let name = IceCredentials::in_sdp(answer).ufrag;
    request(answer, &format!("{name}:{far}"), TransId::new(), true)
}

fn request(answer: &str, user: &str, transaction: TransId, chosen: bool) -> Vec<u8> {
    let check = StunMessage::binding_request(user, transaction, true, 1, 1, chosen);
    let password = IceCredentials::in_sdp(answer).password;
    sign_stun(check, password.as_bytes(), &from_feature_flags())
}

/// An offer with a fingerprint that is nobody's.
pub(super) fn forged(offer: &str) -> String {
    let lines = offer.lines().map(|line| match line.split_once("a=fingerprint:sha-256 ") {
        Some((_, print)) => format!("a=fingerprint:sha-256 {}", "00:".repeat(31) + &print[..2]),
        None => line.to_owned(),
    });
    lines.map(|line| line + "\r\n").collect()
}
