//! Measurements.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use bandstand_synthetic::audience::{Cipher, Manner, Seen};
use bandstand_synthetic::{Content, percentile};

use crate::Result;
use crate::janus::Janus;
use crate::machine::{address, cpu};
use crate::own::Own;
use crate::report::{Report, Target, median, milliseconds, spread};
use crate::server::{Server, artist, full, join_within, lean};
use crate::take::{Concert, FRAMES_PER_SECOND, Sample, opus as sound, video as picture};

/// Duration of each measurement, in seconds.
const SECONDS: u64 = 4;

/// Joins within a second.
const JOINS: usize = 100;

/// Time for newcomers to see something.
const FIRST_PICTURE: Duration = Duration::from_secs(10);

/// One way of a round trip of 50 ms.
const AWAY: Duration = Duration::from_millis(25);

/// Lost, of a hundred packets.
const LOST: Target = Target::AtMost(0.1);

type Start = fn(IpAddr) -> Result<Box<dyn Server>>;

/// Bandstand and Janus, in the order in which they are started each round.
const BOTH: [Start; 2] = [|at| Ok(Box::new(Own::start(at)?)), |at| Ok(Box::new(Janus::start(at)?))];

/// Of a thousand, a hundred do all that a browser does; of a hundred, all.
fn manner(at: IpAddr, number: usize, count: usize) -> Manner {
    let opens = count <= 100 || number.is_multiple_of(count / 100);
    if opens { full(at) } else { lean(at) }
}

/// Samples of Bandstand and of Janus.
#[derive(Default)]
struct Samples([Vec<Sample>; 2]);

impl Samples {
    fn both(&self, value: impl Fn(&Sample) -> f64) -> [Vec<f64>; 2] {
        self.0.each_ref().map(|samples| samples.iter().map(&value).collect())
    }

    /// Prints what a packet costs, and whether all arrived.
    fn compare(&self, report: &mut Report, name: &str, most: f64) {
        let named = format!("{name}, processor per packet");
        report.versus(&named, "µs", &self.both(Sample::cost_micros), Target::AtMost(most));
        let load = self.both(|s| s.load * 100.0);
        report.versus("  load by the server", "%", &load, Target::Free);
        let load = self.both(|s| s.audience_load * 100.0);
        report.versus("  load by artist and audience", "%", &load, Target::Free);
        let load = self.both(|s| s.others * 100.0);
        report.versus("  load by everything else", "%", &load, Target::Free);
        let load = self.both(|s| s.stolen * 100.0);
        report.versus("  taken away by the machine's host", "%", &load, Target::Free);
        let named = format!("{name}, bytes per packet that arrived");
        report.versus(&named, "", &self.both(|s| s.bytes), Target::AtMost(1.02));
        let [own, janus] = self.both(|s| s.loss * 100.0);
        let text = format!("{} : {} %", spread(&own), spread(&janus));
        let worst = own.iter().copied().fold(0.0, f64::max);
        report.figure(&format!("{name}, lost in the worst round, %"), &text, worst, LOST);
    }

    fn memory(&self, report: &mut Report) {
        let both = self.both(|s| s.memory);
        report.versus("memory per subscriber", "KiB", &both, Target::AtMost(0.4));
        let [own, _] = both;
        let own = median(own);
        let text = format!("{own:.0} KiB");
        report.figure("memory per subscriber, KiB", &text, own, Target::AtMost(200.0));
    }
}

/// Lets both play all `contents` to so many, in turn, as often as wanted.
fn duel(
    report: &mut Report,
    rounds: usize,
    subscribers: usize,
    contents: &[Content],
) -> Result<Vec<Samples>> {
    let mut samples: Vec<Samples> = contents.iter().map(|_| Samples::default()).collect();
    let mut ciphers: [Option<Cipher>; 2] = [None; 2];
    let (at, began) = (address()?, Instant::now());
    let first = contents.first().ok_or("nothing to play")?;
    for _ in 0..rounds {
        for (server, start) in BOTH.iter().enumerate() {
            let under_test = start(at)?;
            let all = |number| manner(at, number, subscribers);
            let concert = Concert::begin(&*under_test, first, artist(at), subscribers, all)?;
            for (content, samples) in contents.iter().zip(&mut samples) {
                let rate = if content.audio { 50 } else { content.frames_per_second };
                samples.0[server].push(concert.take(content, SECONDS * u64::from(rate))?);
            }
            ciphers[server] = concert.crowd.seen()?.first().and_then(|seen| seen.cipher);
        }
    }
    println!(
        "  {rounds} rounds in turn, {SECONDS} s each: medians (least–most), Bandstand : Janus; {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let names = ciphers.map(|c| c.map_or("none".into(), |c| c.to_string()));
    let differ = f64::from(u8::from(ciphers[0] != ciphers[1]));
    let text = format!("{} : {}", names[0], names[1]);
    report.figure("another cipher", &text, differ, Target::AtMost(0.0));
    Ok(samples)
}

/// 1 to 100, in frames of nine packets and evenly paced.
pub(crate) fn video(report: &mut Report, rounds: usize) -> Result<()> {
    report.section(
        "1 → 100 video",
        "1,200-byte payloads, 261 a second; all subscribers send receiver reports, NACK and \
         transport-wide feedback where it is negotiated",
    );
    let samples = duel(report, rounds, 100, &[picture(false), picture(true)])?;
    if let [frames, even] = samples.as_slice() {
        frames.compare(report, "nine at once", 0.33);
        even.compare(report, "evenly paced", 0.45);
        frames.memory(report);
    }
    Ok(())
}

/// 1 to 1,000, Opus.
pub(crate) fn opus(report: &mut Report, rounds: usize) -> Result<()> {
    report.section(
        "1 → 1,000 Opus",
        "160-byte payloads, 50 a second; a tenth of the subscribers send reports",
    );
    for sound in &duel(report, rounds, 1_000, &[sound()])? {
        sound.compare(report, "Opus", 0.5);
        sound.memory(report);
    }
    Ok(())
}

/// 1 to 500 and 1,000, video, Bandstand alone.
pub(crate) fn alone(report: &mut Report) -> Result<()> {
    for subscribers in [500, 1_000] {
        report.section(
            &format!("1 → {subscribers} video"),
            "nine at once, Bandstand alone; 100 of them send reports",
        );
        let at = address()?;
        let server = Own::start(at)?;
        let all = |number| manner(at, number, subscribers);
        let concert = Concert::begin(&server, &picture(false), artist(at), subscribers, all)?;
        let sample = concert.take(&picture(false), SECONDS * u64::from(FRAMES_PER_SECOND))?;
        let cost = sample.cost_micros();
        report.figure("processor per packet", &format!("{cost:.2} µs"), cost, Target::Free);
        loads(report, &sample);
        let lost = sample.loss * 100.0;
        report.figure("lost, %", &format!("{lost:.3} %"), lost, LOST);
        let memory = sample.memory;
        let text = format!("{memory:.0} KiB");
        report.figure("memory per subscriber, KiB", &text, memory, Target::AtMost(200.0));
        let late = milliseconds(sample.latest);
        report.figure("latest packet of the artist", &format!("{late:.1} ms"), late, Target::Free);
    }
    Ok(())
}

fn loads(report: &mut Report, sample: &Sample) {
    let [server, audience, others, stolen] =
        [sample.load, sample.audience_load, sample.others, sample.stolen]
            .map(|share| share * 100.0);
    let text = format!("{server:.0} % : {audience:.0} % : {others:.0} % : {stolen:.0} %");
    let name = "load: server : audience : everything else : taken by the host";
    report.figure(name, &text, server, Target::Free);
}

/// One-way delay of packets when the server's core is half busy.
pub(crate) fn delay(report: &mut Report) -> Result<()> {
    let at = address()?;
    let timestamped = Manner { timestamped: true, ..full(at) };
    // Nine at once, the last subscriber's last packet waits for half a frame's time by definition
    // of half a load, so that is for comparison.
    for (name, content, targets) in [
        ("evenly paced", picture(true), [Target::AtMost(1.0), Target::AtMost(5.0)]),
        ("nine at once", picture(false), [Target::Free, Target::Free]),
    ] {
        let of = |subscribers: usize| {
            let every = (subscribers / 20).max(1);
            move |number: usize| if number.is_multiple_of(every) { timestamped } else { lean(at) }
        };
        let subscribers = half_load(at, &content, of)?;
        let server = Own::start(at)?;
        let concert = Concert::begin(&server, &content, artist(at), subscribers, of(subscribers))?;
        let sample = concert.take(&content, SECONDS * u64::from(FRAMES_PER_SECOND))?;
        let mut delays = concert.crowd.delays()?;
        report.section(
            &format!("Forwarding delay at half load, {name}"),
            &format!(
                "{subscribers} subscribers; from the artist's sending to a subscriber's socket (the kernel's time); {} packets",
                delays.len()
            ),
        );
        loads(report, &sample);
        let [p50, p99] = targets;
        for (share, target) in [(0.5, p50), (0.99, p99), (1.0, Target::Free)] {
            let delay = milliseconds(percentile(&mut delays, share));
            let name = format!("p{:.0}, ms", share * 100.0);
            report.figure(&name, &format!("{delay:.2} ms"), delay, target);
        }
        let lost = sample.loss * 100.0;
        report.figure("lost, %", &format!("{lost:.3} %"), lost, LOST);
    }
    Ok(())
}

/// How many subscribers, of the manner that `of` gives so many, make half a load: found by trying,
/// since what a packet costs depends on how many there are.
fn half_load<M: Fn(usize) -> Manner + Sync>(
    at: IpAddr,
    content: &Content,
    of: impl Fn(usize) -> M,
) -> Result<usize> {
    let mut subscribers = 200;
    for _ in 0..2 {
        let server = Own::start(at)?;
        let concert = Concert::begin(&server, content, artist(at), subscribers, of(subscribers))?;
        let load = concert.take(content, 2 * u64::from(FRAMES_PER_SECOND))?.load;
        subscribers = ((subscribers as f64 * 0.5 / load) as usize).clamp(20, 1_000);
    }
    Ok(subscribers)
}

/// A hundred newcomers within a second: on this machine, from far away, and at Janus.
pub(crate) fn joins(report: &mut Report) -> Result<()> {
    let at = address()?;
    for (name, away, wanted) in
        [("on the machine", Duration::ZERO, 300.0), ("50 ms round trip", AWAY, 500.0)]
    {
        let server = Own::start(at)?;
        server.greet(JOINS)?;
        join_many(report, name, &server, Manner { away, ..full(at) }, Some(wanted))?;
    }
    join_many(report, "Janus, on the machine", &Janus::start(at)?, full(at), None)
}

/// Clients of that manner join and see; the 95th percentile is to be at most so many milliseconds.
fn join_many(
    report: &mut Report,
    name: &str,
    server: &dyn Server,
    manner: Manner,
    wanted: Option<f64>,
) -> Result<()> {
    report.section(
        &format!("{JOINS} joins within a second, {name}"),
        "all do what a browser does until they have a picture, then they only count; from the \
         offer until a keyframe is complete",
    );
    let content = Content { audio: true, ..picture(false) };
    let concert = Concert::rehearse(server, &content, artist(manner.address))?;
    let requests = |concert: &Concert<'_>| -> Result<u64> {
        Ok(concert.artist.seen()?.iter().map(|s| s.keyframe_requests).sum())
    };
    let before = requests(&concert)?;
    let used = || -> Result<[Duration; 2]> { Ok([server.process().cpu()?, cpu("self")?]) };
    let began = used()?;
    let manner = Manner { glances: true, ..manner };
    let answered = join_within(server, &concert.crowd, JOINS, Duration::from_secs(1), manner);
    let sees = |seen: &[Seen]| seen.iter().all(|s| s.first_picture.is_some());
    let seen = match concert.crowd.until("pictures", FIRST_PICTURE, sees) {
        Ok(seen) => seen,
        Err(_) => concert.crowd.seen()?,
    };
    let ended = used()?;
    let mut times: Vec<Duration> = seen.iter().filter_map(|s| s.first_picture).collect();
    let target = |most: f64| wanted.map_or(Target::Free, |_| Target::AtMost(most));
    let failed = JOINS - times.len();
    let text = format!("{failed} ({answered} answered)");
    report.figure("without a picture", &text, failed as f64, target(0.0));
    for (share, most) in [(0.5, None), (0.95, wanted), (1.0, None)] {
        let time = milliseconds(percentile(&mut times, share));
        let target = most.map_or(Target::Free, Target::AtMost);
        let name = format!("first picture p{:.0}, ms", share * 100.0);
        report.figure(&name, &format!("{time:.0} ms"), time, target);
    }
    let refused = server.refusals();
    report.figure("told to come again", &refused.to_string(), refused as f64, Target::Free);
    let [own, audience] = std::array::from_fn(|i| milliseconds(ended[i] - began[i]));
    let text = format!("{own:.0} : {audience:.0} ms");
    report.figure("processor: server : audience", &text, own, Target::Free);
    let asked = requests(&concert)? - before;
    report.figure("keyframe requests to the artist", &asked.to_string(), asked as f64, target(1.0));
    Ok(())
}
