//! Connections to the port for sources whose key isn't known to be good: they have said nothing yet, or were
//! refused.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// The most of them; the oldest is given up for another one.
const MAX_NEWCOMERS: usize = 256;

/// Those that are there, the oldest first.
#[derive(Debug, Default)]
pub struct Newcomers(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    all: BTreeMap<u64, CancellationToken>,
}

/// One of them; dropped, it isn't any more.
#[derive(Debug)]
pub struct Newcomer {
    newcomers: Arc<Newcomers>,
    number: u64,
    given_up: CancellationToken,
}

impl Newcomers {
    /// One more.
    pub fn enter(self: &Arc<Self>) -> Newcomer {
        let given_up = CancellationToken::new();
        let mut waiting = self.waiting();
        let number = waiting.next;
        waiting.next += 1;
        waiting.all.insert(number, given_up.clone());
        if waiting.all.len() > MAX_NEWCOMERS
            && let Some((_, oldest)) = waiting.all.pop_first()
        {
            oldest.cancel();
        }
        Newcomer { newcomers: self.clone(), number, given_up }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newcomer {
    /// Cancelled when it is given up.
    pub fn given_up(&self) -> &CancellationToken {
        &self.given_up
    }

    /// It is one no more, and is never given up; false when it has been already.
    pub fn stays(self) -> bool {
        let given_up = self.given_up.clone();
        drop(self);
        !given_up.is_cancelled()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        self.newcomers.waiting().all.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way_and_who_has_left_does_not() {
        let newcomers = Arc::new(Newcomers::default());
        let mut all: Vec<_> = (0..MAX_NEWCOMERS).map(|_| newcomers.enter()).collect();
        let source = all.remove(0);
        let its = source.given_up().clone();
        assert!(source.stays());
        all.push(newcomers.enter());
        assert!(all.iter().all(|it| !it.given_up().is_cancelled()));
        let _another = newcomers.enter();
        let given_up = all.iter().map(|it| it.given_up().is_cancelled());
        assert_eq!(given_up.collect::<Vec<_>>().iter().position(|it| *it), Some(0));
        assert!(!its.is_cancelled() && !all[1].given_up().is_cancelled());
        assert!(!all.remove(0).stays());
        drop(all);
        assert_eq!(newcomers.waiting().all.len(), 1);
    }
}
