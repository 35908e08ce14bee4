//! Memory that threads hold, for tests that bound it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

static HELD: AtomicIsize = AtomicIsize::new(0);

/// The system's allocator, which counts what some threads hold; a test program makes it the global one.
#[derive(Debug)]
pub struct CountingAllocator;

/// Counts what this thread allocates and frees from now on.
pub fn count_this_thread() {
    COUNTED.set(true);
}

/// Bytes allocated on counted threads and not yet freed there.
pub fn held() -> isize {
    HELD.load(Ordering::Relaxed)
}

fn count(bytes: usize, sign: isize) {
    if COUNTED.try_with(Cell::get).unwrap_or_default() {
        HELD.fetch_add(sign * bytes.cast_signed(), Ordering::Relaxed);
    }
}

#[allow(unsafe_code, reason = "passes everything on to the system's allocator as it is")]
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        unsafe { System.dealloc(pointer, layout) }
    }
}
