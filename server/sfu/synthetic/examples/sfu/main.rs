//! Bandstand's media core and Janus side by side, on the same two cores, with the same audience.
//!
//! ```text
//! cargo run --release -p bandstand-synthetic --example sfu [--rounds N] [CASE …]
//! ```
//!
//! The server under test is a process of its own on the first core; artist and audience are this
//! process, on the second. Processor time is that of the whole server process (`/proc/PID/stat`).
//! Cases: `video` and `opus` (against Janus), `alone` (500 and 1,000 subscribers), `delay`, `joins`.

mod cases;
mod janus;
mod machine;
mod own;
mod report;
mod server;
mod take;

use std::error::Error;

use crate::report::Report;

/// What goes wrong ends the program and is printed.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The core of the server under test.
pub(crate) const SERVER_CORE: usize = 0;

/// The core of artist and audience.
pub(crate) const AUDIENCE_CORE: usize = 1;

const CASES: [&str; 5] = ["video", "opus", "alone", "delay", "joins"];

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, address] = arguments.as_slice()
        && verb == "serve"
    {
        return own::serve(address.parse()?);
    }
    let mut rounds = 5;
    if let Some(at) = arguments.iter().position(|a| a == "--rounds") {
        rounds = arguments.get(at + 1).ok_or("how many rounds?")?.parse()?;
        arguments.drain(at..=at + 1);
    }
    if let Some(unknown) = arguments.iter().find(|a| !CASES.contains(&a.as_str())) {
        return Err(format!("no such case: {unknown} ({})", CASES.join(" ")).into());
    }
    let wanted = |case: &str| arguments.is_empty() || arguments.iter().any(|a| a == case);
    machine::allow_many_files()?;
    machine::pin(AUDIENCE_CORE)?;
    let janus = janus::version().unwrap_or_else(|_| "no Janus".into());
    let cores =
        format!("core {SERVER_CORE}: the server; core {AUDIENCE_CORE}: artist and audience");
    let mut report = Report::begin("Bandstand's media core", &janus, &[cores])?;
    for case in CASES.into_iter().filter(|case| wanted(case)) {
        let done = match case {
            "video" => cases::video(&mut report, rounds),
            "opus" => cases::opus(&mut report, rounds),
            "alone" => cases::alone(&mut report),
            "delay" => cases::delay(&mut report),
            _ => cases::joins(&mut report),
        };
        if let Err(error) = done {
            report.failed(case, &*error);
        }
    }
    report.end()
}
