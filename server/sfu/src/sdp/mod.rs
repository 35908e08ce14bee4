//! SDP: offers, answers and fragments of trickle ICE.

pub(crate) mod answer;
pub(crate) mod description;
pub(crate) mod fragment;
pub(crate) mod offer;
#[cfg(test)]
mod tests;
