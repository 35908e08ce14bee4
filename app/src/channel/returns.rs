//! Returns of the live channel, which others wait for: when it is back, so is what they have lost.

use futures::channel::oneshot;

/// Count of the times that the channel has come back, and who waits for the next one.
#[derive(Debug, Default)]
pub struct Returns {
    count: u32,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Returns {
    /// Counts one more, and tells all who wait.
    pub fn count(&mut self) {
        self.count = self.count.wrapping_add(1);
        for waiting in self.waiting.drain(..) {
            // Who has given up since isn't told.
            let _ = waiting.send(());
        }
    }

    /// Number of returns so far.
    pub fn so_far(&self) -> u32 {
        self.count
    }

    /// Told as soon as there was a return after the first `seen`; at once where there was one already.
    pub fn after(&mut self, seen: u32) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        if self.count == seen {
            // Who has given up is forgotten, so that no more are kept than wait.
            self.waiting.retain(|waiting| !waiting.is_canceled());
            self.waiting.push(tell);
        } else {
            // It waits for the answer right here.
            let _ = tell.send(());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_told_to_who_waits_and_to_who_has_missed_it() {
        let mut returns = Returns::default();
        let seen = returns.so_far();
        let mut waits = returns.after(seen);
        assert_eq!(waits.try_recv(), Ok(None));
        returns.count();
        assert_eq!(waits.try_recv(), Ok(Some(())));
        assert_eq!(returns.after(seen).try_recv(), Ok(Some(())));
        assert_eq!(returns.after(returns.so_far()).try_recv(), Ok(None));
    }

    #[test]
    fn who_has_given_up_is_forgotten() {
        let mut returns = Returns::default();
        for _ in 0..3 {
            drop(returns.after(0));
        }
        assert!(returns.waiting.len() <= 1);
    }
}
