//! Cost of recording: the same show with and without, on the same machine, in turn.
//!
//! ```text
//! cargo run --release -p bandstand-synthetic --example recording PROGRAM SITE
//! ```
//!
//! A venue of its own is started on this machine, an artist sends 2.5 Mbit/s, and an audience watches. Processor
//! time is that of the whole server process; the delay is from the artist's sending to a viewer's receiving.

#[path = "../door/house.rs"]
mod house;
#[path = "../sfu/machine.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod machine;
#[path = "../door/venue.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod venue;

use std::error::Error;
use std::time::Duration;

use bandstand_synthetic::audience::{Audience, Seen};
use bandstand_synthetic::{Content, percentile};

use machine::cpu;
use venue::Venue;

/// Result of a step; an error ends the program and is printed.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Viewers of the show.
const VIEWERS: usize = 10;
/// Time for which it is watched each time.
const WATCHED: Duration = Duration::from_secs(20);
/// Times that it is watched, with and without.
const ROUNDS: usize = 5;
/// 30 frames a second of ten packets: 2.5 Mbit/s.
const PACKETS: u16 = 10;
const BYTES: usize = 1_040;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, site] = &arguments[..] else {
        return Err("recording PROGRAM SITE".into());
    };
    let venue = Venue::start(program, site, &[])?;
    let artist = venue.artist()?;
    let show = artist.announce()?;
    let content = Content {
        packets_per_frame: PACKETS,
        packet_bytes: BYTES,
        spread: true,
        ..Content::default()
    };
    let (_stage, crowd) = house::open(&venue, &artist, &show, content, (VIEWERS, 2))?;

    println!("2.5 Mbit/s of VP8 and Opus, {VIEWERS} viewers, {WATCHED:?} each, in turn");
    let mut used = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (recorded, shares) in [false, true].into_iter().zip(&mut used) {
            artist.record(&show, recorded)?;
            // Files are opened, or closed and stored.
            std::thread::sleep(Duration::from_secs(3));
            shares.push(watch(&venue, &crowd, if recorded { "recorded" } else { "not recorded" })?);
        }
    }
    let [without, with] = used.map(|mut shares| {
        shares.sort_by(f64::total_cmp);
        shares[shares.len() / 2]
    });
    println!("recording costs {:.1} % of a core (median; at most 3)", with - without);
    Ok(())
}

/// Watches for a while, prints what came of it, and answers the processor time in hundredths of a core.
fn watch(venue: &Venue, crowd: &Audience, what: &str) -> Result<f64> {
    let process = venue.process_id().to_string();
    crowd.forget()?;
    let before = cpu(&process)?;
    // The clients' own threads go on.
    std::thread::sleep(WATCHED);
    let used = (cpu(&process)? - before).as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    let seen = crowd.seen()?;
    let sum = |count: fn(&Seen) -> u64| seen.iter().map(count).sum::<u64>();
    let missing = sum(|it| it.video.missing() + it.audio.missing());
    let mut delays = crowd.delays()?;
    let mut delay = |share| percentile(&mut delays, share);
    println!(
        "{what}: {used:.1} % of a core, {missing} packets missing; delay median {:.2?}, 99th {:.2?}",
        delay(0.5),
        delay(0.99),
    );
    Ok(used)
}
