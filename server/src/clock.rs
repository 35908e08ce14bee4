//! Time of day, which the server reads here alone.

use std::time::{SystemTime, UNIX_EPOCH};

use bandstand_domain::Millis;

/// Now, by the machine's clock.
#[allow(clippy::disallowed_methods, reason = "everybody else asks here")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
