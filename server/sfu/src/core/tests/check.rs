//! Checks of ICE as they aren't said by str0m.

use str0m::crypto::from_feature_flags;
use str0m::ice::StunMessage;

use crate::demultiplex::signed;
use crate::fragment::Credentials;

/// A client's check without its choice of this way (USE-CANDIDATE), for the core that gave this
/// `answer`; [`None`] for anything else.
pub(super) fn undecided(answer: &str, datagram: &[u8]) -> Option<Vec<u8>> {
    let check = StunMessage::parse(datagram).ok().filter(StunMessage::is_binding_request)?;
    let (name, far) = check.split_username()?;
    let user = format!("{name}:{far}");
    let other = StunMessage::binding_request(&user, check.trans_id(), true, 1, 1, false);
    let password = Credentials::in_sdp(answer).password;
    Some(signed(other, password.as_bytes(), &from_feature_flags()))
}
