//! Processes and cores, by `/proc`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::Child;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

use crate::Result;

/// Clock ticks a second in `/proc/*/stat` (USER_HZ).
const TICKS: f64 = 100.0;

/// A server process, which ends with this.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Processor time used so far, user and system, all threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu(&self.0.id().to_string())
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.split_whitespace().next());
        Ok(size.ok_or("no VmRSS")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processor time that process `id` (or `self`) used so far.
pub(crate) fn cpu(id: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in parentheses may hold spaces; state is the first field after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or("no times in stat")?;
    Ok(Duration::from_secs_f64((user + system) / TICKS))
}

/// Processor time of the whole machine so far, all cores: what was used, without waiting for disks, and
/// what the host of a virtual machine took away from it while it had something to do.
pub(crate) fn busy_and_stolen() -> Result<[Duration; 2]> {
    let stat = fs::read_to_string("/proc/stat")?;
    let all = stat.lines().next().ok_or("no line in /proc/stat")?;
    let ticks: Vec<f64> = all.split_whitespace().skip(1).flat_map(str::parse).collect();
    // proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
    let [user, nice, system, _, _, irq, softirq, steal, ..] = ticks[..] else {
        return Err("few fields in /proc/stat".into());
    };
    let busy = user + nice + system + irq + softirq;
    Ok([busy, steal].map(|ticks| Duration::from_secs_f64(ticks / TICKS)))
}

/// Keeps this program, and the threads it will start, on one core.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &set)
        .map_err(|error| format!("core {core} can't be had: {error}"))?;
    Ok(())
}

/// Lets this program and those it starts open as many sockets as the system has for them.
pub(crate) fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(())
}

/// An address of this machine that isn't loopback, where Janus does not listen: what is sent to it
/// from here stays on the machine all the same. Found by "connecting" a UDP socket to a
/// documentation address (RFC 5737), which sends nothing.
pub(crate) fn address() -> Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let reachable = socket.connect((Ipv4Addr::new(203, 0, 113, 1), 9));
    reachable.map_err(|error| format!("this machine has no address but loopback: {error}"))?;
    Ok(socket.local_addr()?.ip())
}
