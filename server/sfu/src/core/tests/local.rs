//! Publishers and readers of sound within the program.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::lifecycle::ended;
use super::seen::Seen;
use super::world::{GOOD, Network, World};
use crate::audio::OpusPacket;
use crate::config::SfuTimeouts;
use crate::event::{EndReason, SfuEvent};
use crate::ids::SessionId;
use crate::tap::{MAX_WAITING_SOUND, TapSender, TappedCodec, TappedPacket, TappedTracks};

const SECOND: Duration = Duration::from_secs(1);
const PACKET: Duration = Duration::from_millis(20);

/// The name under which the radio speaks.
const RADIO: u8 = 77;

/// A source of sound within the program.
struct Radio {
    session: SessionId,
    number: u64,
    due: Instant,
}

impl Radio {
    fn new(world: &mut World, stage: &str) -> (Self, bool) {
        let entered = world.core.publish_audio(world.now, stage.into());
        let (session, standby) = entered.expect("room");
        (Radio { session, number: 0, due: world.now }, standby)
    }

    fn packet(&self) -> OpusPacket {
        let mut payload = vec![0xfc, RADIO];
        payload.extend(self.number.to_be_bytes());
        payload.resize(160, 0);
        // Soon to wrap.
        let timestamp = (u32::MAX - 5_000).wrapping_add(self.number as u32 * 960);
        OpusPacket { timestamp, payload: payload.into() }
    }

    /// Plays for so long, each packet in its time; false if its session is over.
    fn play(&mut self, world: &mut World, span: Duration) -> bool {
        let end = world.now + span;
        self.due = self.due.max(world.now);
        while self.due < end {
            world.pass(self.due.saturating_duration_since(world.now));
            if !world.core.audio_received(world.now, self.session, &self.packet()) {
                return false;
            }
            self.number += 1;
            self.due += PACKET;
        }
        world.pass(end.saturating_duration_since(world.now));
        true
    }
}

fn tap(world: &mut World, tracks: TappedTracks) -> mpsc::Receiver<TappedPacket> {
    let (sender, packets) = mpsc::channel(tracks.most_waiting());
    world.core.tap("stage".into(), TapSender { tracks, packets: sender }).expect("room");
    packets
}

fn read(packets: &mut mpsc::Receiver<TappedPacket>) -> Vec<TappedPacket> {
    std::iter::from_fn(|| packets.try_recv().ok()).collect()
}

fn sound(world: &World, viewer: usize) -> Vec<Seen> {
    let mut sound: Vec<Seen> =
        world.clients[viewer].seen.iter().filter(|it| !it.video).cloned().collect();
    sound.sort_by_key(|it| it.sequence);
    sound.dedup_by_key(|it| it.sequence);
    sound
}

fn is_gapless(sound: &[Seen]) -> bool {
    sound.windows(2).all(|two| two[1].sequence == two[0].sequence + 1)
}

#[test]
fn source_within_program_is_heard_like_any_other() {
    let mut world = World::new(100);
    world.repairs_sound = true;
    let early = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[early].connected);
    let (mut radio, standby) = Radio::new(&mut world, "stage");
    assert!(!standby);
    assert!(radio.play(&mut world, SECOND));
    world.network = Network { lost: 50, ..GOOD };
    let late = world.subscribe("stage");
    assert!(radio.play(&mut world, SECOND * 10));
    world.network = GOOD;
    assert!(radio.play(&mut world, SECOND));
    for viewer in [early, late] {
        let sound = sound(&world, viewer);
        assert!(sound.len() > 480 && is_gapless(&sound), "{}", sound.len());
        assert!(sound.iter().all(|it| it.publisher == RADIO));
        let ticks = |two: &[Seen]| two[1].timestamp.wrapping_sub(two[0].timestamp);
        assert!(sound.windows(2).all(|two| ticks(two) == 960));
        // Its time line is that of the sender reports.
        let captured: Vec<_> = sound.iter().filter_map(|it| it.captured).collect();
        let apart = captured[captured.len() - 1].duration_since(captured[0]).expect("later");
        let ideal = PACKET * (captured.len() as u32 - 1);
        assert!(apart.abs_diff(ideal) < Duration::from_millis(5), "{apart:?}, {ideal:?}");
    }
    let (stage, session) = ("stage".into(), radio.session);
    assert!(world.events.contains(&SfuEvent::PublisherMedia { stage, session }));
    let stats = world.core.stats(world.now).sessions;
    let stats = stats.iter().find(|it| it.session == session).expect("a session");
    assert_eq!(stats.publisher().map(|it| it.packets), Some(radio.number));
    assert!(world.core.close(world.now, session));
    world.pass(PACKET);
    assert!(!radio.play(&mut world, PACKET));
    assert_eq!(ended(&world, session), Some(EndReason::Closed));
}

#[test]
fn stage_changes_hands_between_source_and_artist() {
    let mut world = World::new(101);
    let artist = world.publish("stage", 100);
    let viewer = world.subscribe("stage");
    world.until(SECOND * 2, "video", |w| w.clients[viewer].video().len() > 50);
    let (mut radio, standby) = Radio::new(&mut world, "stage");
    assert!(standby);
    assert!(radio.play(&mut world, SECOND));
    assert_eq!(ended(&world, world.session(artist)), Some(EndReason::Replaced));
    let second = world.publish("stage", 40_000);
    while ended(&world, radio.session).is_none() {
        radio.play(&mut world, PACKET);
    }
    assert_eq!(ended(&world, radio.session), Some(EndReason::Replaced));
    assert!(!radio.play(&mut world, PACKET));
    world.pass(SECOND);
    let sound = sound(&world, viewer);
    assert!(is_gapless(&sound));
    let mut speakers: Vec<u8> = sound.iter().map(|it| it.publisher).collect();
    speakers.dedup();
    let name = |client: usize| (world.clients[client].address.port() % 256) as u8;
    assert_eq!(speakers, [name(artist), RADIO, name(second)]);
}

#[test]
fn source_that_falls_silent_is_told_of_and_ends() {
    let mut world = World::new(102);
    let (mut radio, _) = Radio::new(&mut world, "stage");
    assert!(radio.play(&mut world, SECOND));
    let timeouts = SfuTimeouts::default();
    world.pass(timeouts.publisher_silence + SECOND);
    let silent = |e: &SfuEvent| matches!(e, SfuEvent::PublisherSilent { .. });
    assert!(world.events.iter().any(silent));
    assert!(radio.play(&mut world, SECOND));
    assert!(world.events.iter().any(|e| matches!(e, SfuEvent::PublisherBack { .. })));
    world.pass(timeouts.consent + SECOND);
    assert_eq!(ended(&world, radio.session), Some(EndReason::ConnectionLost));
    assert!(!radio.play(&mut world, PACKET));
}

#[test]
fn tap_reads_whoever_is_on_stage() {
    let mut world = World::new(103);
    let mut packets = tap(&mut world, TappedTracks::Sound);
    let artist = world.publish("stage", 65_400);
    world.until(SECOND, "connection", |w| w.clients[artist].connected);
    world.pass(SECOND * 3);
    let heard = read(&mut packets);
    assert!(heard.len() > 90, "{}", heard.len());
    assert!(heard.iter().all(|it| it.session == world.session(artist)));
    assert!(heard.windows(2).all(|two| two[1].sequence == two[0].sequence + 1));
    assert!(heard.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 960));
    assert!(heard.windows(2).all(|two| two[1].captured > two[0].captured));
    let (mut radio, _) = Radio::new(&mut world, "stage");
    radio.play(&mut world, SECOND);
    let heard = read(&mut packets);
    assert_eq!(heard.last().map(|it| it.session), Some(radio.session));
    let last = heard.iter().rfind(|it| it.session == radio.session).expect("some").clone();
    assert_eq!(last.payload[1], RADIO);
    assert!(heard.iter().filter(|it| it.session == radio.session).count() == 50);
}

#[test]
fn tap_that_is_not_read_holds_up_nobody() {
    let mut world = World::new(104);
    let viewer = world.subscribe("stage");
    world.until(SECOND, "connection", |w| w.clients[viewer].connected);
    let mut packets = tap(&mut world, TappedTracks::Sound);
    let (mut radio, _) = Radio::new(&mut world, "stage");
    radio.play(&mut world, SECOND * 10);
    assert!(sound(&world, viewer).len() > 490 && is_gapless(&sound(&world, viewer)));
    let kept = read(&mut packets);
    assert_eq!(kept.len(), MAX_WAITING_SOUND);
    // The reader sees how many it has lost.
    radio.play(&mut world, PACKET);
    let next = packets.try_recv().expect("a packet");
    assert_eq!(next.sequence - kept[0].sequence, radio.number - 1);
    // A stage lasts as long as somebody listens, and no longer.
    let session = world.session(viewer);
    world.core.close(world.now, radio.session);
    world.core.close(world.now, session);
    assert_eq!(world.core.stages.iter().count(), 1);
    drop(packets);
    world.core.remove_closed_taps(world.now);
    assert_eq!(world.core.stages.iter().count(), 0);
}

#[test]
fn tap_reads_picture_in_all_layers_and_gets_keyframe_when_it_asks() {
    let mut world = World::new(105);
    let mut packets = tap(&mut world, TappedTracks::SoundAndPicture);
    let artist = world.publish_layers("stage");
    world.until(SECOND, "connection", |w| w.clients[artist].connected);
    world.pass(SECOND * 2);
    let seen = read(&mut packets);
    for layer in 0..3 {
        let of = seen.iter().filter(|it| it.codec == TappedCodec::Vp8 && it.layer == layer);
        let of: Vec<&TappedPacket> = of.collect();
        assert!(of.len() > 30 && of[0].keyframe, "{layer}: {}", of.len());
        assert!(of.windows(2).all(|two| two[1].sequence == two[0].sequence + 1));
        assert!(of.windows(2).all(|two| two[1].captured >= two[0].captured));
        assert!(of.windows(2).all(|two| two[0].marker == (two[1].timestamp != two[0].timestamp)));
    }
    assert!(seen.iter().any(|it| it.codec.is_sound()));
    world.core.request_keyframe(world.now, "stage".into(), 2);
    world.pass(SECOND / 2);
    let again = read(&mut packets);
    assert!(again.iter().any(|it| it.layer == 2 && it.keyframe));
    // Nothing is left of a request to an empty stage.
    let before = world.core.stages.iter().count();
    world.core.request_keyframe(world.now, "another".into(), 0);
    assert_eq!(world.core.stages.iter().count(), before);
}
