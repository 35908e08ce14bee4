//! The load, in a process of its own: one source, and everybody who listens.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bandstand_synthetic::percentile;
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::listener::{House, Noted, listen, stall};
use crate::recording::Recording;
use crate::source::Source;
use crate::station::Entrance;
use crate::{Result, machine};

/// Sound before the first listener: as much as the longest burst, 64 KiB at 48 kbit/s.
const WARM_UP: Duration = Duration::from_secs(12);
/// Time between two who come.
const APART: Duration = Duration::from_millis(2);
/// Time after the last one has come.
const SETTLING: Duration = Duration::from_secs(5);
/// Time between two looks at the memory.
const LOOK: Duration = Duration::from_secs(1);
/// The longest recording that a load needs.
pub(crate) const LONGEST: Duration = Duration::from_secs(150);
/// A gap that is longer than what is gathered for a write.
const HEARD: Duration = Duration::from_millis(1_700);

/// Parts of a load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Listeners who read.
    pub(crate) listeners: usize,
    /// Those who never do.
    pub(crate) stalled: usize,
    /// For how long they are watched.
    pub(crate) watched: Duration,
}

/// Outcome of it.
pub(crate) struct Outcome {
    /// Processor time of the server per second, as a share of one core.
    pub(crate) processor: f64,
    /// KiB that listeners added, each; and all of them at the most.
    pub(crate) memory_each: f64,
    pub(crate) memory_most: f64,
    /// Seconds from when the source sent something until it was read: median, 95th percentile, longest.
    pub(crate) delays: [f64; 3],
    /// Seconds by which somebody is behind who plays from their first byte on, 95th percentile.
    pub(crate) behind: f64,
    /// Seconds of the longest gap, and listeners that had one of more than a second.
    pub(crate) longest_gap: f64,
    pub(crate) with_gap: f64,
    /// Kbit/s of each.
    pub(crate) kbits: f64,
}

/// Lets a load come to a station, from a niced process: on another machine it would take nothing from it.
pub(crate) fn send(
    load: Load,
    to: &Entrance,
    process_id: u32,
    recording: &Path,
) -> Result<Outcome> {
    let task = json!({
        "process": process_id, "source": to.source.to_string(), "mount": to.mount,
        "password": to.password, "listen": to.listen.to_string(), "path": to.path,
        "recording": recording, "listeners": load.listeners, "stalled": load.stalled,
        "watched": load.watched.as_secs(),
    });
    let mut child = Command::new("nice")
        .args(["-n", "10"])
        .arg(std::env::current_exe()?)
        .arg("load")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(task.to_string().as_bytes())?;
    }
    let done = child.wait_with_output()?;
    if !done.status.success() {
        return Err("the load has failed".into());
    }
    let said: Value = serde_json::from_slice(&done.stdout)?;
    let number = |name: &str| said[name].as_f64().ok_or(format!("no {name}"));
    Ok(Outcome {
        processor: number("processor")?,
        memory_each: number("memory_each")?,
        memory_most: number("memory_most")?,
        delays: [number("delay")?, number("delay95")?, number("longest_delay")?],
        behind: number("behind95")?,
        longest_gap: number("longest_gap")?,
        with_gap: number("with_gap")?,
        kbits: number("kbits")?,
    })
}

/// Does what [`send`] asks for.
pub(crate) fn run() -> Result<()> {
    let task: Value = serde_json::from_reader(io::stdin())?;
    let text = |name: &str| task[name].as_str().ok_or(format!("no {name}"));
    let number = |name: &str| task[name].as_u64().ok_or(format!("no {name}"));
    let recording = Recording::read(Path::new(text("recording")?))?;
    let source =
        Source::start(text("source")?.parse()?, text("mount")?, text("password")?, recording)?;
    let load = Load {
        listeners: usize::try_from(number("listeners")?)?,
        stalled: usize::try_from(number("stalled")?)?,
        watched: Duration::from_secs(number("watched")?),
    };
    let (address, path) = (text("listen")?.parse()?, Rc::from(text("path")?));
    let process = number("process")?.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let house = Rc::new(House {
        source,
        counts: Cell::new(false),
        noted: RefCell::new((0..load.listeners).map(|_| Noted::default()).collect()),
    });
    let come_and_watch = async {
        sleep(WARM_UP).await;
        let before = memory(&process)?;
        let mut stalled = Vec::new();
        for _ in 0..load.stalled {
            stalled.push(stall(address, Rc::clone(&path)).await?);
            sleep(APART).await;
        }
        for number in 0..load.listeners {
            let listening = listen(Rc::clone(&house), number, address, Rc::clone(&path));
            tokio::task::spawn_local(listening);
            sleep(APART).await;
        }
        sleep(SETTLING).await;
        house.counts.set(true);
        let (begun, used) = (Instant::now(), machine::cpu(&process)?);
        let mut most = 0.0_f64;
        while begun.elapsed() < load.watched {
            sleep(LOOK).await;
            most = most.max(memory(&process)? - before);
        }
        let processor =
            (machine::cpu(&process)? - used).as_secs_f64() / begun.elapsed().as_secs_f64();
        let added = memory(&process)? - before;
        house.counts.set(false);
        let seen = seen(&house.noted.borrow(), begun.elapsed())?;
        let everybody = (load.listeners + load.stalled) as f64;
        let mut said = json!({
            "processor": processor, "memory_each": added / everybody, "memory_most": most,
        });
        if let (Some(said), Value::Object(seen)) = (said.as_object_mut(), seen) {
            said.extend(seen);
        }
        println!("{said}");
        drop(stalled);
        Ok(())
    };
    LocalSet::new().block_on(&runtime, come_and_watch)
}

/// Notes of listeners while they were watched.
fn seen(noted: &[Noted], watched: Duration) -> Result<Value> {
    let lost: Vec<_> = noted.iter().filter_map(|it| it.ended.as_ref()).collect();
    if let Some(why) = lost.first() {
        return Err(format!("{} of {} lost their sound: {why}", lost.len(), noted.len()).into());
    }
    let now = Instant::now();
    // Who has got nothing since is in the midst of a gap.
    let gap = |it: &Noted| it.last.map_or(watched, |last| it.longest_gap.max(now - last));
    let longest_gap = noted.iter().map(gap).max().unwrap_or_default();
    let with_gap = noted.iter().filter(|it| gap(it) > HEARD).count();
    let bytes: u64 = noted.iter().map(|it| it.bytes).sum();
    let mut delays: Vec<_> = noted.iter().flat_map(|it| it.delays.iter().copied()).collect();
    let mut behind: Vec<_> = noted.iter().filter_map(|it| it.behind).collect();
    if delays.is_empty() || behind.is_empty() {
        return Err("nobody knows when it was sent what they hear".into());
    }
    let mut delay = |share| percentile(&mut delays, share).as_secs_f64();
    Ok(json!({
        "delay": delay(0.5), "delay95": delay(0.95), "longest_delay": delay(1.0),
        "behind95": percentile(&mut behind, 0.95).as_secs_f64(),
        "longest_gap": longest_gap.as_secs_f64(), "with_gap": with_gap,
        "kbits": bytes as f64 * 8e-3 / watched.as_secs_f64() / noted.len() as f64,
    }))
}

/// KiB of a process's own memory: not what the system keeps for its sockets, and not its program.
fn memory(process: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let size = line.and_then(|line| line.split_whitespace().next());
    Ok(size.ok_or("no RssAnon")?.parse()?)
}
