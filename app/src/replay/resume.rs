//! Memory of this browser: where one has stopped playing.

use bandstand_domain::{ShowId, recordings::Cut};

use crate::web;

/// Milliseconds at the beginning and before the end in which nobody wants to be led back.
const EDGE: u64 = 5_000;

/// Place of a show's recording that is remembered in this browser.
#[derive(Clone, Copy)]
pub struct ResumePoint {
    show: ShowId,
}

impl ResumePoint {
    /// Resume point of a show.
    pub fn of(show: ShowId) -> Self {
        Self { show }
    }

    fn key(self) -> String {
        format!("bandstand.replay.{}", self.show)
    }

    /// Time that is remembered.
    pub fn read(self, cut: Cut) -> Option<u64> {
        let time = web::remembered(&self.key())?.parse().ok()?;
        is_kept(time, cut).then_some(time)
    }

    /// Remembers a time; near the end, and at the beginning, there is nothing to be remembered.
    pub fn write(self, time: u64, cut: Cut) {
        if is_kept(time, cut) {
            web::remember(&self.key(), &time.to_string());
        } else {
            web::forget(&self.key());
        }
    }
}

fn is_kept(time: u64, cut: Cut) -> bool {
    time >= cut.from.saturating_add(EDGE) && time.saturating_add(EDGE) <= cut.to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_the_edges() {
        let cut = Cut { from: 5_000, to: 60_000 };
        let kept = [0, 9_999, 10_000, 55_000, 55_001, 99_000].map(|time| is_kept(time, cut));
        assert_eq!(kept, [false, false, true, true, false, false]);
    }
}
