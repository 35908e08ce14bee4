//! A rush at the door: many people open the page of a show that is live, within two seconds.
//!
//! ```text
//! cargo run --release -p bandstand-synthetic --example door PROGRAM SITE [PEOPLE]
//! ```
//!
//! A venue of its own is started on this machine, an artist goes on stage and an audience watches, all by
//! HTTP and WebRTC as anybody would. The rush comes from a process of its own, which is niced: on another
//! machine it would take nothing from the venue. What the audience misses is counted by sequence numbers,
//! without and with the rush.

mod house;
mod rush;
#[allow(dead_code, reason = "other benchmarks have venues, too")]
mod venue;

use std::error::Error;
use std::process::Command;
use std::time::Duration;

use bandstand_synthetic::audience::{Audience, Seen};
use bandstand_synthetic::{Content, percentile};

use venue::Venue;

/// What goes wrong ends the program and is printed.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Viewers of the show.
const VIEWERS: usize = 30;
/// People at the door.
const PEOPLE: usize = 2_000;
/// Time in which they come.
const SPAN: Duration = Duration::from_secs(2);
/// How long the audience is watched each time.
const WATCHED: Duration = Duration::from_secs(8);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["rush", address, path, people, cookie] => {
            rush::run(address.parse()?, path, people.parse()?, SPAN, cookie)
        }
        [program, site] => measure(program, site, PEOPLE),
        [program, site, people] => measure(program, site, people.parse()?),
        _ => Err("door PROGRAM SITE [PEOPLE]".into()),
    }
}

fn measure(program: &str, site: &str, people: usize) -> Result<()> {
    let venue = Venue::start(program, site, &[])?;
    let artist = venue.artist()?;
    let show = artist.announce()?;
    let content = Content { spread: true, ..Content::default() };
    // A few do all that a browser does.
    let (_stage, crowd) = house::open(&venue, &artist, &show, content, (VIEWERS, 5))?;

    println!("{people} people within {SPAN:?}, {VIEWERS} viewers of a live show beside them");
    let path = format!("/shows/{show}");
    report("the show alone", &crowd, || Ok(String::new()))?;
    for (what, cookie) in [
        ("people whom nobody knows", ""),
        ("people with a session that is over: a page for each", "bandstand=AAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let people = people.to_string();
        report(what, &crowd, || {
            let rush = Command::new("nice")
                .args(["-n", "10"])
                .arg(std::env::current_exe()?)
                .args(["rush", &venue.address.to_string(), &path, &people, cookie])
                .output()?;
            if !rush.status.success() {
                return Err(String::from_utf8_lossy(&rush.stderr).into());
            }
            Ok(String::from_utf8(rush.stdout)?)
        })?;
    }
    for line in venue.metrics()?.lines().filter(|it| it.starts_with("bandstand_page")) {
        println!("  {line}");
    }
    Ok(())
}

/// Does `work` while the audience watches, and prints what came of both.
fn report(what: &str, crowd: &Audience, work: impl FnOnce() -> Result<String>) -> Result<()> {
    crowd.forget()?;
    let begun = std::time::Instant::now();
    let said = work()?;
    // The clients' own threads go on.
    std::thread::sleep(WATCHED.saturating_sub(begun.elapsed()));
    let seen = crowd.seen()?;
    let sum = |count: fn(&Seen) -> u64| seen.iter().map(count).sum::<u64>();
    let received = sum(|it| it.video.packets + it.audio.packets);
    let missing = sum(|it| it.video.missing() + it.audio.missing());
    let mut delays = crowd.delays()?;
    let mut delay = |share| percentile(&mut delays, share);
    println!("{what}");
    for line in said.lines() {
        println!("  {line}");
    }
    println!(
        "  audience: {received} packets in {:?}, {missing} missing; delay median {:.1?}, 99th {:.1?}, longest {:.1?}",
        WATCHED,
        delay(0.5),
        delay(0.99),
        delay(1.0),
    );
    Ok(())
}
