//! Interface of the servers under test.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bandstand_synthetic::audience::{Audience, ClientId, Direction, Manner, Seen};

use crate::Result;
use crate::machine::Process;

/// Clients that negotiate at the same time.
const AT_ONCE: usize = 8;

/// Time for all clients together to connect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server under test, in a process of its own.
pub(crate) trait Server: Sync {
    fn process(&self) -> &Process;

    /// Lets a new client of `artist` go on stage.
    fn publish(&self, artist: &Audience, manner: Manner) -> Result<ClientId>;

    /// Lets a new client of `crowd` watch.
    fn subscribe(&self, crowd: &Audience, manner: Manner) -> Result<ClientId>;

    /// How often it told a client to come again.
    fn refusals(&self) -> u64 {
        0
    }
}

/// The artist's client.
pub(crate) fn artist(address: IpAddr) -> Manner {
    Manner {
        direction: Direction::Publish,
        full: true,
        glances: false,
        timestamped: false,
        address,
        away: Duration::ZERO,
    }
}

/// One in the audience who does all that a browser does.
pub(crate) fn full(address: IpAddr) -> Manner {
    Manner { direction: Direction::Subscribe, ..artist(address) }
}

/// One in the audience who only counts.
pub(crate) fn lean(address: IpAddr) -> Manner {
    Manner { full: false, ..full(address) }
}

/// Connects `count` clients, of the manner that belongs to their number.
pub(crate) fn join(
    server: &dyn Server,
    crowd: &Audience,
    count: usize,
    manner: impl Fn(usize) -> Manner + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let worker = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                server.subscribe(crowd, manner(number))?;
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|w| w.join().map_err(|_| "a worker panicked")?)
    })?;
    let all = |seen: &[Seen]| seen.iter().all(|s| s.connected);
    crowd.until("all to be connected", PATIENCE, all)?;
    Ok(())
}

/// Connects `count` clients one after the other within `span`, each at its own time, whether or not
/// the others are done. Returns how many got an answer.
pub(crate) fn join_within(
    server: &dyn Server,
    crowd: &Audience,
    count: usize,
    span: Duration,
    manner: Manner,
) -> usize {
    let began = Instant::now();
    std::thread::scope(|scope| {
        let joining: Vec<_> = (0..count)
            .map(|number| {
                let at =
                    span * u32::try_from(number).unwrap_or(0) / u32::try_from(count).unwrap_or(1);
                scope.spawn(move || {
                    std::thread::sleep(at.saturating_sub(began.elapsed()));
                    server.subscribe(crowd, manner)
                })
            })
            .collect();
        joining.into_iter().filter_map(|j| j.join().ok()).filter(Result::is_ok).count()
    })
}
