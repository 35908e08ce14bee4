//! Viewers on lines of every kind: how soon they have a picture, how it goes on, and what the sound is
//! like. The whole table is printed by `./bandstand bench lines`.

mod bounds;
pub(super) mod line;
mod receiver;
mod table;
pub(super) mod tap;

use std::time::{Duration, Instant};

use str0m::crypto::from_feature_flags;

use self::line::{Line, LineSpec};
use self::receiver::{Receiver, Streams};
use super::world::World;
use crate::rtp::numbers::Ssrc;
use crate::srtp::Sealer;

const SECOND: Duration = Duration::from_secs(1);

/// Time for which a viewer watches.
const WATCHED: u64 = 60;

/// Step of the viewer's own clock.
const TICK: Duration = Duration::from_millis(5);

/// Sound of speech, and of music, in bytes of 20 ms: 64 and 256 kbit/s.
const SPEECH: usize = 160;
const MUSIC: usize = 640;

/// A viewer on a line.
struct Case {
    name: &'static str,
    sound: usize,
    /// The line, by the second from which on it is like that.
    line: Vec<(u64, LineSpec)>,
}

/// How it went.
#[derive(Clone, Debug)]
struct Figures {
    /// From the offer to the first whole picture.
    first: Option<Duration>,
    freezes: usize,
    frozen: Duration,
    /// Silences of more than 100 ms, the longest one, and the share of sound that was made up.
    gaps: usize,
    longest: Duration,
    made_up: f64,
    changes: u32,
    /// Mean over the time, of pictures that moved.
    height: f64,
    /// Second, from the first picture on, since when the layer is the last one's.
    settled: f64,
    last_layer: Option<u8>,
    /// Bytes of repairs and probes, and what the queue dropped, as shares of what was sent.
    repaired: f64,
    dropped: f64,
    /// Bits per second of the first two seconds.
    at_first: u64,
    /// Keyframes that the artist was asked for.
    asked: usize,
}

fn streams(answer: &str) -> Streams {
    let part = |kind: &str| {
        let at = answer.find(&format!("m={kind}")).expect("an m-line");
        let rest = &answer[at..];
        rest[2..].find("m=").map_or(rest, |end| &rest[..end + 2]).to_owned()
    };
    let number = |text: &str, prefix: &str, index: usize| {
        let line = text.lines().find_map(|line| line.strip_prefix(prefix))?;
        Some(Ssrc(line.split(' ').nth(index)?.parse().ok()?))
    };
    let (sound, picture) = (part("audio"), part("video"));
    Streams {
        sound: number(&sound, "a=ssrc:", 0).expect("sound"),
        picture: number(&picture, "a=ssrc:", 0).expect("a picture"),
        repairs: number(&picture, "a=ssrc-group:FID ", 1),
    }
}

/// An artist with three layers, as browsers send them, has been on for four seconds.
fn on_air(seed: u64, sound: usize) -> (World, usize) {
    let mut world = World::new(seed);
    world.repairs_sound = true;
    let publisher = world.publish_layers("stage");
    let client = &mut world.clients[publisher];
    client.sound_size = sound;
    client.all_together = true;
    client.group = Some(1 << 40);
    for (layer, (packets, size)) in client.layers.iter_mut().zip([(1, 625), (2, 1_200), (9, 1_150)])
    {
        layer.packets_per_frame = packets;
        layer.size = Some(size);
    }
    world.until(SECOND, "connection", |w| w.clients[publisher].connected);
    world.pass(SECOND * 4);
    (world, publisher)
}

/// A viewer watches over a line for so many seconds.
fn watch(seed: u64, case: &Case, seconds: u64) -> Figures {
    let (mut world, publisher) = on_air(seed, case.sound);
    let asked = world.clients[publisher].asked;
    let offered = world.now;
    let viewer = join(&mut world, case.line[0].1);
    let address = world.clients[viewer].address;
    world.until(SECOND * 20, "connection", |w| {
        w.clients[viewer].connected || w.clients[viewer].closed
    });
    let mut receiver = receiver(&world, viewer);
    let repairs = streams(&world.clients[viewer].answer).repairs;
    world.lines.get_mut(&address).expect("a line").repairs = repairs.map(|ssrc| ssrc.to_be_bytes());
    let begun = world.now;
    let mut specs = case.line.iter().skip(1).peekable();
    while world.now < begun + SECOND * seconds as u32 {
        while let Some((_, spec)) =
            specs.next_if(|(at, _)| world.now >= begun + SECOND * *at as u32)
        {
            world.lines.get_mut(&address).expect("a line").spec = *spec;
        }
        tick(&mut world, viewer, &mut receiver);
    }
    let line = &world.lines[&address];
    let share = |bytes: u64| bytes as f64 / line.offered.max(1) as f64;
    let mut figures = pictures(&receiver, offered, world.now);
    let sound = heard(&receiver, world.now);
    (figures.gaps, figures.longest, figures.made_up) = sound;
    figures.changes = world.subscriber_stats(viewer).layer_changes;
    figures.repaired = share(line.repaired);
    figures.dropped = share(line.dropped);
    figures.at_first = line.at_first * 4;
    figures.asked = world.clients[publisher].asked - asked;
    figures
}

/// A viewer on a line offers.
fn join(world: &mut World, spec: LineSpec) -> usize {
    // Nobody else has that address; a line is there before what goes over it.
    let address = world.next_address();
    world.lines.insert(address, Line::new(spec, world.now));
    let viewer = world.subscribe("stage");
    world.clients[viewer].give_raw();
    viewer
}

fn receiver(world: &World, viewer: usize) -> Receiver {
    let client = &world.clients[viewer];
    let keys = world.keys.of(client.address);
    let sealer = Sealer::beside_another(&keys, &from_feature_flags()).expect("keys");
    Receiver::new(streams(&client.answer), sealer, world.now)
}

fn tick(world: &mut World, viewer: usize, receiver: &mut Receiver) {
    world.pass(TICK);
    let now = world.now;
    let client = &mut world.clients[viewer];
    for (at, header, payload) in client.raw.as_mut().expect("given raw").drain(..) {
        receiver.take(at, &header, &payload);
    }
    let (said, asks) = receiver.advance(now);
    client.sent.extend(said);
    if asks {
        client.lose_picture();
    }
}

fn pictures(receiver: &Receiver, offered: Instant, end: Instant) -> Figures {
    let shown = &receiver.shown;
    let mut figures = Figures {
        first: shown.first().map(|it| it.at - offered),
        freezes: 0,
        frozen: Duration::ZERO,
        gaps: 0,
        longest: Duration::ZERO,
        made_up: 0.0,
        changes: 0,
        height: 0.0,
        settled: 0.0,
        last_layer: shown.last().map(|it| it.layer),
        repaired: 0.0,
        dropped: 0.0,
        at_first: 0,
        asked: 0,
    };
    let Some(first) = shown.first() else {
        return figures;
    };
    let mut lines = 0.0;
    let mut mean = Duration::from_micros(33_333);
    let ends = shown.iter().skip(1).map(|it| it.at).chain([end]);
    for (it, until) in shown.iter().zip(ends) {
        let stood = until.saturating_duration_since(it.at);
        // W3C's webrtc-stats, freezeCount.
        if stood > (mean * 3).max(mean + Duration::from_millis(150)) {
            figures.freezes += 1;
            figures.frozen += stood;
        } else {
            lines += stood.as_secs_f64() * f64::from(180_u16 << it.layer);
            mean = (mean * 29 + stood) / 30;
        }
        if Some(it.layer) != figures.last_layer {
            figures.settled = (until - first.at).as_secs_f64();
        }
    }
    figures.height = lines / (end - first.at).as_secs_f64().max(0.001);
    figures
}

/// Silences of more than 100 ms, the longest, and the share of what was made up.
fn heard(receiver: &Receiver, end: Instant) -> (usize, Duration, f64) {
    let Some((first, begun)) = receiver.sound.first_key_value() else {
        return (1, Duration::MAX, 1.0);
    };
    let last = (end.saturating_duration_since(*begun).as_millis() / 20) as u64;
    let frame = Duration::from_millis(20);
    // The quickest so far, as the time at which the first one would have come.
    let mut base = *begun;
    let mut later = Duration::from_millis(60);
    let (mut gaps, mut longest, mut made_up) = (0, Duration::ZERO, Duration::ZERO);
    let mut silence = Duration::ZERO;
    let mut note = |silence: &mut Duration| {
        gaps += usize::from(*silence > Duration::from_millis(100));
        longest = longest.max(*silence);
        *silence = Duration::ZERO;
    };
    // What is under way at the end isn't missing.
    for index in 0..last.saturating_sub(50) {
        let ideal = frame * index as u32;
        let came = receiver.sound.get(&(first + index));
        if let Some(at) = came {
            base = base.min(*at - ideal);
        }
        let due = base + ideal + later;
        let next = || receiver.sound.range(first + index + 1..first + index + 50);
        match came {
            Some(at) if *at <= due => note(&mut silence),
            // It goes on with what is there: with the next, or in the end with this one.
            Some(at) if !next().any(|(_, at)| *at <= due) => {
                silence += *at - due;
                made_up += *at - due;
                later += *at - due;
                note(&mut silence);
            }
            _ => {
                silence += frame;
                made_up += frame;
            }
        }
        later = later.saturating_sub(Duration::from_micros(600)).max(Duration::from_millis(60));
    }
    note(&mut silence);
    let whole = frame * last as u32;
    (gaps, longest, made_up.as_secs_f64() / whole.as_secs_f64().max(0.001))
}
