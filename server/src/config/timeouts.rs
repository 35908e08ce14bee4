//! Timeouts of an HTTP connection.

use std::time::Duration;

/// Timeouts of an HTTP connection in each of its states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// A request's head, from its first byte on; for the first one, from the connection on.
    pub head: Duration,
    /// Nothing at all, between requests.
    pub idle: Duration,
    /// A write of which the client takes nothing.
    pub write: Duration,
}

/// Idle timeout of a connection that comes by no proxy; each browser opens six of them.
const DIRECT_IDLE: Duration = Duration::from_secs(20);

impl Timeouts {
    /// The timeouts of a client that comes by no proxy: its idle connections take places from others.
    pub fn direct(self) -> Self {
        Self { idle: self.idle.min(DIRECT_IDLE), ..self }
    }
}

impl Default for Timeouts {
    /// Proxies keep idle connections for 60 s (nginx, Amazon's), 90 s (Traefik) or 120 s (Caddy).
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            idle: Duration::from_secs(180),
            write: Duration::from_secs(30),
        }
    }
}
