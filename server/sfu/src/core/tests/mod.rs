//! The core against str0m clients over a simulated network, in virtual time.

mod advice;
mod air;
mod catch_up;
mod check;
mod client;
mod forwarding;
mod frame_rates;
mod handshakes;
mod joining;
mod keyframes;
mod layers;
mod lifecycle;
mod limits;
mod lines;
mod local;
mod loss_recovery;
mod memory;
mod migration;
mod offers;
mod payload;
mod players;
mod program;
mod seen;
mod takeover;
mod world;
