//! Printed results with their conditions and targets.

use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::Result;

/// Target of a result.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// Nothing: it is for comparison.
    Free,
    /// At most so much.
    AtMost(f64),
}

/// Prints figures as they come, and all that were wanted once more at the end.
pub(crate) struct Report {
    section: String,
    judged: Vec<Judged>,
    failed: Vec<String>,
}

struct Judged {
    name: String,
    wanted: f64,
    measured: f64,
}

impl Judged {
    fn verdict(&self) -> &'static str {
        if self.measured <= self.wanted { "met" } else { "NOT MET" }
    }
}

impl Report {
    /// Prints what is measured, under which conditions, on what machine, and how busy that is.
    pub(crate) fn begin(what: &str, other: &str, conditions: &[String]) -> Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |m| m.trim_start_matches([' ', '\t', ':']));
        let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
        let commit = commit.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        println!("{what} {} and {other}", commit.unwrap_or_default());
        println!("  machine: {model}, {cores} cores, Linux {}", kernel.trim());
        println!("  load before: {} (1, 5 and 15 minutes)", load()?);
        for condition in conditions {
            println!("  {condition}");
        }
        println!("  all traffic stays on the machine");
        println!(
            "  processor time: all threads of the server, user and system, from /proc/PID/stat"
        );
        Ok(Report { section: String::new(), judged: Vec::new(), failed: Vec::new() })
    }

    /// Begins a group of figures.
    pub(crate) fn section(&mut self, name: &str, conditions: &str) {
        println!("\n{name}\n  {conditions}");
        self.section = name.into();
    }

    /// Prints one figure, and whether it is as wanted.
    pub(crate) fn figure(&mut self, name: &str, text: &str, value: f64, target: Target) {
        let Target::AtMost(wanted) = target else {
            println!("  {name:<44} {text}");
            return;
        };
        let name = name.trim_start();
        let judged = Judged { name: format!("{}: {name}", self.section), wanted, measured: value };
        println!("  {name:<44} {text}  [wanted: at most {wanted}: {}]", judged.verdict());
        self.judged.push(judged);
    }

    /// Prints medians of both, with the range of each, and their ratio.
    pub(crate) fn versus(
        &mut self,
        name: &str,
        unit: &str,
        [own, other]: &[Vec<f64>; 2],
        target: Target,
    ) {
        let ratio = median(own.iter().copied()) / median(other.iter().copied());
        let text = format!("{} : {} {unit}, ratio {ratio:.2}", spread(own), spread(other));
        self.figure(name, &text, ratio, target);
    }

    /// Takes note of a case that could not be measured to its end.
    pub(crate) fn failed(&mut self, case: &str, error: &dyn Error) {
        println!("  FAILED: {error}");
        self.failed.push(format!("{case}: {error}"));
    }

    /// Prints all that was wanted, and what became of it.
    ///
    /// # Errors
    /// What could not be measured.
    pub(crate) fn end(self) -> Result<()> {
        println!("\nIn short (wanted | measured)");
        for judged in &self.judged {
            let (wanted, measured) = (judged.wanted, judged.measured);
            println!("  {:<76} ≤ {wanted:<5} | {measured:<8.2} {}", judged.name, judged.verdict());
        }
        println!("  load after: {} (1, 5 and 15 minutes)", load()?);
        match self.failed.is_empty() {
            true => Ok(()),
            false => Err(format!("not measured: {}", self.failed.join("; ")).into()),
        }
    }
}

fn load() -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(load.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

/// The middle of some values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

/// The median, and between what it lies.
pub(crate) fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:.2} ({least:.2}–{most:.2})", median(values.iter().copied()))
}

/// As a number.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
