//! The core against str0m clients over a simulated network, in virtual time.

mod advice;
mod check;
mod client;
mod forwarding;
mod handshakes;
mod joining;
mod layers;
mod migration;
mod offered;
mod past;
mod payload;
mod program;
mod repairing;
mod seen;
mod strangers;
mod succession;
mod takeover;
mod world;
