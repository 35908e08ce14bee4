//! Going from page to page: where one stood on each of them, and pages that are not left by mistake.

mod leaving;
mod scroll;

pub(crate) use leaving::{Destination, Leaving};
pub(crate) use scroll::keep_scroll;

/// The path of an address without an origin.
pub(crate) fn path_of(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
