//! Containment of the protocol library's panics: each is one peer's error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// True while a panic of this thread would be contained: it ends one session or refuses one offer,
/// and anybody can cause it. For panic hooks, so that no stranger fills a log with alarms.
pub fn panics_are_contained() -> bool {
    IS_CONTAINED.get()
}

/// Calls `act`, which touches only one session's state, and turns a panic into an error.
pub(crate) fn catch_panic<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    let before = IS_CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    IS_CONTAINED.set(before);
    done.map_err(|_| "it panicked".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_contained_while_the_library_works_and_no_longer() {
        assert!(!panics_are_contained());
        assert_eq!(catch_panic(panics_are_contained), Ok(true));
        assert!(catch_panic(|| panic!("as asked")).is_err());
        assert!(!panics_are_contained());
    }
}
