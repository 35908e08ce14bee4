//! Panics of the protocol library that are one peer's error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread would be contained: it ends one session or refuses one offer, and
/// anybody can cause it. For panic hooks, so that no stranger fills a log with alarms.
pub fn panics_are_contained() -> bool {
    CONTAINED.get()
}

/// Does something with a session's own state, and turns a panic into an error.
pub(crate) fn contained<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    let before = CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    CONTAINED.set(before);
    done.map_err(|_| "it panicked".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_contained_while_the_library_works_and_no_longer() {
        assert!(!panics_are_contained());
        assert_eq!(contained(panics_are_contained), Ok(true));
        assert!(contained(|| panic!("as asked")).is_err());
        assert!(!panics_are_contained());
    }
}
