//! DTLS handshakes in either role, and their failures.

use std::net::SocketAddr;
use std::time::Duration;

use str0m::crypto::from_feature_flags;
use str0m::ice::{StunMessage, TransId};

use super::client::Client;
use super::lifecycle::{ended, watched};
use super::world::{GOOD, Network, World};
use crate::config::SfuTimeouts;
use crate::core::standby::TakeoverCondition;
use crate::event::{EndReason, HandshakeFailure, SessionRole, SfuEvent};
use crate::ice::credentials::IceCredentials;
use crate::ice::stun::sign_stun;

const SECOND: Duration = Duration::from_secs(1);

/// Somebody joins by an offer that was changed on its way; their index among the clients.
fn join(world: &mut World, role: SessionRole, change: impl Fn(&str) -> String) -> usize {
    let index = world.clients.len();
    let port = u16::try_from(index).expect("few") + 5_000;
    let address = SocketAddr::from(([10, 0, 0, 2], port));
    let (layers, now) = (u8::from(role == SessionRole::Publisher), world.now);
    let (mut client, offer, pending) = Client::offer(now, address, role, 65_400, layers);
    let offer = change(&offer);
    let accepted = match role {
        SessionRole::Publisher => {
            world.core.publish_by(now, "stage".into(), &offer, TakeoverCondition::Keyframe)
        }
        SessionRole::Subscriber => world.core.subscribe_by(now, "stage".into(), &offer),
    };
    let accepted = accepted.expect("an answer");
    client.answer(accepted.session, pending, &accepted.answer_sdp);
    world.clients.push(client);
    index
}

fn passive(offer: &str) -> String {
    offer.replace("a=setup:actpass", "a=setup:passive")
}

/// The reason for which the session of a client ended.
fn end(world: &World, client: usize) -> Option<EndReason> {
    world.events.iter().find_map(|event| match event {
        SfuEvent::SessionEnded { session, reason, .. } if *session == world.session(client) => {
            Some(*reason)
        }
        _ => None,
    })
}

#[test]
fn passive_client_is_sent_client_hello() {
    let mut world = World::new(70);
    let publisher = join(&mut world, SessionRole::Publisher, passive);
    let viewer = join(&mut world, SessionRole::Subscriber, passive);
    assert!(world.clients[viewer].answer.contains("a=setup:active\r\n"));
    world.until(SECOND, "video", |w| w.clients[viewer].video().len() > 20);
    assert!(world.clients[publisher].connected);
}

#[test]
fn client_hello_waits_for_a_path() {
    let mut world = World::new(71);
    let viewer = join(&mut world, SessionRole::Subscriber, passive);
    world.clients[viewer].alive = false;
    world.clients[viewer].sent.clear();
    world.pass(SECOND * 3);
    assert_eq!(world.core.stats(world.now).totals.datagrams_out, 0);
    // However late it comes.
    world.clients[viewer].alive = true;
    world.until(SECOND, "connection", |w| w.clients[viewer].connected);
}

#[test]
fn a_handshake_that_fails_ends_its_session_at_once() {
    let mut world = World::new(72);
    let other = |offer: &str| {
        let lines = offer.lines().map(|line| match line.split_once("sha-256 ") {
            Some((head, _)) => format!("{head}sha-256 {}AA\r\n", "AA:".repeat(31)),
            None => format!("{line}\r\n"),
        });
        lines.collect::<String>()
    };
    for role in [SessionRole::Publisher, SessionRole::Subscriber] {
        let client = join(&mut world, role, other);
        world.until(SECOND, "an end", |w| end(w, client).is_some());
        let failure = EndReason::HandshakeFailed(HandshakeFailure::OtherCertificate);
        assert_eq!(end(&world, client), Some(failure));
        assert!(!world.clients[client].connected);
        let passive = join(&mut world, role, |offer| passive(&other(offer)));
        world.until(SECOND, "an end", |w| end(w, passive).is_some());
        assert_eq!(end(&world, passive), Some(failure));
    }
    let stats = world.core.stats(world.now);
    assert_eq!(stats.totals.handshakes_failed, 4);
    assert!(stats.sessions.is_empty());
}

#[test]
fn silent_handshake_is_told_from_missing_path() {
    let timeouts = SfuTimeouts { connect: SECOND * 5, ..SfuTimeouts::default() };
    let mut world = World::with(73, Default::default(), timeouts);
    let silent = join(&mut world, SessionRole::Publisher, str::to_owned);
    let absent = join(&mut world, SessionRole::Subscriber, str::to_owned);
    for client in [silent, absent] {
        world.clients[client].alive = false;
        world.clients[client].sent.clear();
    }
    let credentials = IceCredentials::in_sdp(&world.clients[silent].answer);
    let user = format!("{}:far", credentials.ufrag);
    let check = StunMessage::binding_request(&user, TransId::new(), true, 1, 1, true);
    let check = sign_stun(check, credentials.password.as_bytes(), &from_feature_flags());
    world.inject(world.clients[silent].address, &check);
    world.pass(SECOND * 6);
    let failure = EndReason::HandshakeFailed(HandshakeFailure::Silent);
    assert_eq!(end(&world, silent), Some(failure));
    assert_eq!(end(&world, absent), Some(EndReason::NeverConnected));
}

#[test]
fn handshakes_of_viewers_end_well_on_lossy_lines() {
    for seed in 150..153 {
        let mut world = World::new(seed);
        world.publish("stage", 100);
        world.network = Network { lost: 100, ..GOOD };
        let viewers = [0; 8].map(|_| world.subscribe("stage"));
        let active = [0; 4].map(|_| join(&mut world, SessionRole::Subscriber, passive));
        let viewers = [&viewers[..], &active].concat();
        // The last flight is lost, too, and sent again by what is left of DTLS then.
        world
            .until(SECOND * 25, "connections", |w| viewers.iter().all(|v| w.clients[*v].connected));
        world.network = GOOD;
        let seen = |w: &World| viewers.iter().all(|v| !w.clients[*v].video().is_empty());
        world.until(SECOND * 5, "pictures", seen);
    }
}

#[test]
fn goodbyes_of_viewers_and_to_them_are_heard() {
    let (mut world, _, viewer) = watched(154);
    let other = world.subscribe("stage");
    world.until(SECOND, "video", |w| !w.clients[other].video().is_empty());
    world.clients[viewer].leave();
    world.until(SECOND, "the end", |w| ended(w, w.session(viewer)).is_some());
    assert_eq!(ended(&world, world.session(viewer)), Some(EndReason::ConnectionLost));
    let session = world.session(other);
    assert!(world.core.close(world.now, session));
    world.until(SECOND, "goodbye", |w| w.clients[other].closed);
    assert_eq!(ended(&world, session), Some(EndReason::Closed));
}
