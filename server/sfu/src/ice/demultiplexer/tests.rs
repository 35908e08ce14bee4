use str0m::crypto::from_feature_flags;
use str0m::ice::TransId;

use super::*;

#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
fn now() -> Instant {
    Instant::now()
}

fn request(name: &str, password: &str, controlling: bool) -> Vec<u8> {
    let crypto = from_feature_flags();
    let user = format!("{name}:far");
    let message = StunMessage::binding_request(&user, TransId::new(), controlling, 7, 1, true);
    sign_stun(message, password.as_bytes(), &crypto)
}

fn from(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

/// The peer that a check was taken from, if it chose this way.
fn chosen(routed: Result<(PeerKey, DatagramKind), StrayDatagram>) -> Option<PeerKey> {
    match routed {
        Ok((peer, DatagramKind::Check { nominated: true, .. })) => Some(peer),
        _ => None,
    }
}

#[test]
fn address_is_known_only_after_authentic_check() {
    let crypto = from_feature_flags();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "one", "right", Vec::new());
    demultiplexer.register(PeerKey(2), "two", "other", Vec::new());
    let media = [0x80; 20];
    let now = now();
    let mut route = |source, datagram: &[u8]| demultiplexer.route(now, source, datagram, &crypto);
    let (one, two) = (request("one", "right", true), request("two", "other", true));

    assert_eq!(route(from(1), &request("one", "wrong", true)), Err(StrayDatagram::Rejected));
    assert_eq!(route(from(1), &request("nobody", "right", true)), Err(StrayDatagram::Unknown));
    assert_eq!(route(from(1), &media), Err(StrayDatagram::Unknown));
    assert_eq!(route(from(1), &[0x50; 20]), Err(StrayDatagram::Unclassified));
    assert_eq!(chosen(route(from(1), &one)), Some(PeerKey(1)));
    assert_eq!(route(from(1), &media), Ok((PeerKey(1), DatagramKind::Media)));

    // The address can change hands, and the oldest of too many goes.
    assert_eq!(chosen(route(from(1), &two)), Some(PeerKey(2)));
    assert_eq!(route(from(1), &media), Ok((PeerKey(2), DatagramKind::Media)));
    assert_eq!(chosen(route(from(2), &two)), Some(PeerKey(2)));
    // What was checked again is no longer the oldest.
    assert_eq!(chosen(route(from(1), &two)), Some(PeerKey(2)));
    assert_eq!(chosen(route(from(3), &two)), Some(PeerKey(2)));
    assert_eq!(route(from(2), &media), Err(StrayDatagram::Unknown));
    assert_eq!(route(from(1), &media), Ok((PeerKey(2), DatagramKind::Media)));
    assert_eq!(route(from(3), &media), Ok((PeerKey(2), DatagramKind::Media)));
    assert_eq!(demultiplexer.by_address.len(), 2);
    demultiplexer.remove(PeerKey(2));
    demultiplexer.remove(PeerKey(1));
    assert!(demultiplexer.by_address.is_empty() && demultiplexer.by_ufrag.is_empty());
}

#[test]
fn check_is_answered_with_mapped_address() {
    let crypto = from_feature_flags();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "one", "right", Vec::new());
    for (controlling, mapped) in [(true, Some(from(7))), (false, None)] {
        let check = request("one", "right", controlling);
        let Ok((PeerKey(1), DatagramKind::Check { nominated, answer })) =
            demultiplexer.route(now(), from(7), &check, &crypto)
        else {
            panic!("it isn't taken");
        };
        assert_eq!(nominated, controlling);
        assert!(answer.len() <= check.len());
        let answer = StunMessage::parse(&answer).expect("STUN");
        let hmac = |key: &[u8], parts: &[&[u8]]| crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        assert!(answer.verify(b"right", hmac));
        assert_eq!(answer.mapped_address(), mapped);
        assert_eq!(answer.error_code().map(|(code, _)| code), mapped.is_none().then_some(487));
    }
}

#[test]
fn ice_restart_keeps_old_ufrag_until_nomination_by_new() {
    let crypto = from_feature_flags();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "old", "right", Vec::new());
    demultiplexer.register(PeerKey(1), "never", "used", Vec::new());
    demultiplexer.register(PeerKey(1), "new", "other", Vec::new());
    let now = now();
    let mut route = |source, datagram: &[u8]| demultiplexer.route(now, source, datagram, &crypto);
    let (old, new) = (request("old", "right", true), request("new", "other", true));
    assert_eq!(route(from(1), &request("never", "used", true)), Err(StrayDatagram::Unknown));
    assert_eq!(chosen(route(from(1), &old)), Some(PeerKey(1)));
    assert_eq!(chosen(route(from(2), &new)), Some(PeerKey(1)));
    assert_eq!(route(from(1), &old), Err(StrayDatagram::Unknown));
    assert_eq!(chosen(route(from(2), &new)), Some(PeerKey(1)));
    demultiplexer.remove(PeerKey(1));
    assert!(demultiplexer.by_address.is_empty() && demultiplexer.by_ufrag.is_empty());
}
#[test]
fn remote_address_outlives_other_checked_addresses() {
    let crypto = from_feature_flags();
    let now = now();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "one", "right", Vec::new());
    let check = request("one", "right", true);
    for port in 1..9 {
        assert_eq!(chosen(demultiplexer.route(now, from(port), &check, &crypto)), Some(PeerKey(1)));
        demultiplexer.set_remote(PeerKey(1), from(1));
    }
    let mut media = |port| demultiplexer.route(now, from(port), &[0x80; 20], &crypto);
    assert_eq!(media(1), Ok((PeerKey(1), DatagramKind::Media)));
    assert_eq!(media(7), Err(StrayDatagram::Unknown));
    assert_eq!(media(8), Ok((PeerKey(1), DatagramKind::Media)));
    assert_eq!(demultiplexer.by_address.len(), 2);
}

#[test]
fn address_of_connected_peer_is_claimed_only_after_silence() {
    let crypto = from_feature_flags();
    let begun = now();
    let at = |seconds| begun + Duration::from_secs(seconds);
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "one", "right", Vec::new());
    demultiplexer.register(PeerKey(2), "two", "other", Vec::new());
    let (own, forged) = (request("one", "right", true), request("two", "other", true));
    let check = |demultiplexer: &mut Demultiplexer, seconds, check: &[u8]| {
        chosen(demultiplexer.route(at(seconds), from(1), check, &crypto))
    };
    assert_eq!(check(&mut demultiplexer, 0, &own), Some(PeerKey(1)));
    demultiplexer.set_remote(PeerKey(1), from(1));
    // Until the handshake is done, nobody has proved to be there.
    assert_eq!(check(&mut demultiplexer, 0, &forged), Some(PeerKey(2)));
    assert_eq!(check(&mut demultiplexer, 0, &own), Some(PeerKey(1)));
    demultiplexer.set_connected(PeerKey(1));
    assert_eq!(check(&mut demultiplexer, 5, &forged), None);
    let media = demultiplexer.route(at(6), from(1), &[0x80; 20], &crypto);
    assert_eq!(media, Ok((PeerKey(1), DatagramKind::Media)));
    assert_eq!(check(&mut demultiplexer, 17, &forged), None);
    assert_eq!(check(&mut demultiplexer, 18, &forged), Some(PeerKey(2)));
    let media = demultiplexer.route(at(18), from(1), &[0x80; 20], &crypto);
    assert_eq!(media, Ok((PeerKey(2), DatagramKind::Media)));
}

#[test]
fn reverse_check_uses_names_of_client_check() {
    let far = |fragment: &str| IceCredentials {
        ufrag: fragment.into(),
        password: format!("of {fragment}"),
    };
    let crypto = from_feature_flags();
    let mut demultiplexer = Demultiplexer::new(2);
    demultiplexer.register(PeerKey(1), "old", "right", vec![far("other"), far("far")]);
    demultiplexer.register(PeerKey(1), "new", "right", vec![far("else")]);
    let reverse = |demultiplexer: &Demultiplexer, user: &str| {
        let check = StunMessage::binding_request(user, TransId::new(), true, 7, 1, true);
        demultiplexer.reverse_credentials(&sign_stun(check, b"right", &crypto))
    };
    for (user, name, password) in [
        ("old:far", "far:old", "of far"),
        ("new:else", "else:new", "of else"),
        // Chromium checks so from when it has offered a restart, and goes on with it.
        ("old:else", "else:old", "of else"),
    ] {
        let expected = Some((name.to_owned(), password.to_owned()));
        assert_eq!(reverse(&demultiplexer, user), expected, "{user}");
    }
    assert_eq!(reverse(&demultiplexer, "new:nobody"), None);
    for restart in 0..100 {
        demultiplexer.register(PeerKey(1), "new", "right", vec![far(&format!("{restart}"))]);
    }
    assert_eq!(demultiplexer.peers[&PeerKey(1)].remote_credentials.len(), MAX_REMOTE_CREDENTIALS);
    assert!(reverse(&demultiplexer, "new:99").is_some());
}
