//! Radio beside Icecast: the same stream from one source to the same listeners, on the same machine, in turn.
//!
//! ```text
//! cargo run --release -p bandstand-synthetic --example radio PROGRAM SITE [--rounds N] [CASE …]
//! ```
//!
//! Source and listeners are a niced process of their own. The source sends MP3 in real time, frame by frame,
//! and notes when; one listener in twenty compares each byte that comes with it. Processor time is that of the
//! whole server process (`/proc/PID/stat`), memory what it has for itself (`RssAnon`), without the kernel's
//! buffers. Cases: `load` (2,000 listeners), `delay` (at 48 and 320 kbit/s, and with a small burst), `stall`
//! (500 that never read).

mod listener;
mod load;
#[path = "../sfu/machine.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod machine;
mod recording;
#[path = "../sfu/report.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod report;
mod source;
mod station;
#[path = "../door/venue.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod venue;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use load::{Load, Outcome};
use report::{Report, Target, spread};
use station::Station;

/// Result of a step; an error ends the program and is printed.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const CASES: [&str; 3] = ["load", "delay", "stall"];
/// Bandstand and Icecast, in this order.
const BOTH: [&str; 2] = ["Bandstand", "Icecast"];

/// Processor time of Icecast that is enough for the same.
const SHARE: Target = Target::AtMost(0.5);
/// KiB that a listener may add.
const MEMORY: Target = Target::AtMost(24.0);
/// Seconds behind the source.
const DELAY: Target = Target::AtMost(3.0);
/// Seconds without sound of those who read beside some that stall: what is gathered for a write, and a little.
const GAP: Target = Target::AtMost(1.7);
/// KiB that 2,000 listeners may add, of whom some stall: as much as if they didn't.
const STALLED: Target = Target::AtMost(2_000.0 * 24.0);

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    machine::allow_many_files()?;
    if arguments == ["load"] {
        return load::run();
    }
    let mut rounds = 3;
    if let Some(at) = arguments.iter().position(|it| it == "--rounds") {
        rounds = arguments.get(at + 1).ok_or("how many rounds?")?.parse()?;
        arguments.drain(at..=at + 1);
    }
    let [program, site, cases @ ..] = &arguments[..] else {
        return Err("radio PROGRAM SITE [--rounds N] [CASE …]".into());
    };
    if let Some(unknown) = cases.iter().find(|it| !CASES.contains(&it.as_str())) {
        return Err(format!("no such case: {unknown} ({})", CASES.join(" ")).into());
    }
    let bench = Bench::new(program, site, rounds)?;
    let icecast = station::version()?;
    let mut report = Report::begin("Bandstand's radio", &icecast, &[
        "one source, MP3 by LAME, sent in real time by SOURCE, frame by frame; listeners by HTTP/1.1".into(),
        "source and listeners in a niced process on the same cores; each figure Bandstand : Icecast".into(),
        "medians (from – to), both servers anew each round, in turn".into(),
    ])?;
    for case in CASES.into_iter().filter(|it| cases.is_empty() || cases.iter().any(|one| one == it))
    {
        let done = match case {
            "load" => bench.load(&mut report),
            "delay" => bench.delay(&mut report),
            _ => bench.stall(&mut report),
        };
        if let Err(error) = done {
            report.failed(case, &*error);
        }
    }
    report.end()
}

struct Bench {
    program: String,
    site: String,
    rounds: usize,
    folder: PathBuf,
}

/// Outcomes of Bandstand and of Icecast.
type Outcomes = [Vec<Outcome>; 2];

impl Bench {
    fn new(program: &str, site: &str, rounds: usize) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("bandstand-radio-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self { program: program.into(), site: site.into(), rounds, folder })
    }

    /// Lets a load come to both servers in turn, so often; `query` is for Bandstand.
    fn measure(&self, kbits: u32, load: Load, rounds: usize, query: &str) -> Result<Outcomes> {
        let recording = self.folder.join(format!("{kbits}.mp3"));
        if !recording.exists() {
            recording::make(&recording, kbits, load::LONGEST)?;
        }
        let mut outcomes = Outcomes::default();
        for _ in 0..rounds {
            for (server, outcomes) in BOTH.into_iter().zip(&mut outcomes) {
                let (station, mut entrance) = match server {
                    "Icecast" => Station::icecast()?,
                    _ => Station::venue(&self.program, &self.site)?,
                };
                entrance.path += if server == "Icecast" { "" } else { query };
                let outcome = load::send(load, &entrance, station.process_id(), &recording);
                outcomes.push(outcome.map_err(|error| format!("{server}: {error}"))?);
            }
        }
        Ok(outcomes)
    }

    fn load(&self, report: &mut Report) -> Result<()> {
        let load = Load { listeners: 2_000, stalled: 0, watched: Duration::from_secs(20) };
        report.section(
            "2,000 listeners at 128 kbit/s",
            &format!("{} rounds, watched for {:?} after all have come", self.rounds, load.watched),
        );
        let outcomes = self.measure(128, load, self.rounds, "")?;
        let processor = both(&outcomes, |it| it.processor * 100.0);
        report.versus("processor time", "% of a core", &processor, SHARE);
        let memory = both(&outcomes, |it| it.memory_each);
        own(report, "memory that a listener adds", "KiB", &memory, MEMORY);
        delays(report, &outcomes, DELAY);
        let kbits = both(&outcomes, |it| it.kbits);
        own(report, "what each reads, with chunks", "kbit/s", &kbits, Target::Free);
        let gaps = both(&outcomes, |it| it.longest_gap);
        own(report, "longest gap", "s", &gaps, Target::Free);
        Ok(())
    }

    fn delay(&self, report: &mut Report) -> Result<()> {
        let load = Load { listeners: 200, stalled: 0, watched: Duration::from_secs(20) };
        for (kbits, query) in [(48, ""), (320, ""), (128, "?burst=2")] {
            let burst = if query.is_empty() { "the default burst" } else { "a burst of 2 s" };
            report.section(
                &format!("200 listeners at {kbits} kbit/s, {burst}"),
                "one round; Icecast's burst is 64 KiB always",
            );
            delays(report, &self.measure(kbits, load, 1, query)?, DELAY);
        }
        Ok(())
    }

    fn stall(&self, report: &mut Report) -> Result<()> {
        let load = Load { listeners: 1_500, stalled: 500, watched: Duration::from_secs(75) };
        report.section(
            "1,500 listeners at 128 kbit/s beside 500 that never read",
            &format!("one round, watched for {:?}", load.watched),
        );
        let outcomes = self.measure(128, load, 1, "")?;
        let gaps = both(&outcomes, |it| it.longest_gap);
        own(report, "longest gap of those who read", "s", &gaps, GAP);
        let with_gap = both(&outcomes, |it| it.with_gap);
        own(report, "those with a longer one", "", &with_gap, Target::AtMost(0.0));
        let memory = both(&outcomes, |it| it.memory_most);
        own(report, "memory that all add at the most", "KiB", &memory, STALLED);
        delays(report, &outcomes, DELAY);
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn both(outcomes: &Outcomes, value: impl Fn(&Outcome) -> f64) -> [Vec<f64>; 2] {
    outcomes.each_ref().map(|outcomes| outcomes.iter().map(&value).collect())
}

/// Prints a figure of both, of which Bandstand's is judged.
fn own(report: &mut Report, name: &str, unit: &str, values: &[Vec<f64>; 2], target: Target) {
    let [own, other] = values;
    let text = format!("{} : {} {unit}", spread(own), spread(other));
    report.figure(name, &text, report::median(own.iter().copied()), target);
}

/// Prints how long after the source sent something it was read.
fn delays(report: &mut Report, outcomes: &Outcomes, target: Target) {
    for (index, name) in ["median", "95th percentile", "longest"].into_iter().enumerate() {
        let delays = both(outcomes, |it| it.delays[index]);
        let target = if index == 1 { target } else { Target::Free };
        own(report, &format!("from sent to read, {name}"), "s", &delays, target);
    }
    let behind = both(outcomes, |it| it.behind);
    own(report, "behind, played from the first byte, 95th", "s", &behind, Target::Free);
}
