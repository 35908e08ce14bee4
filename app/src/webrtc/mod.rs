//! WebRTC in the browser: sessions with the venue's media core, devices, and what is measured of them.

pub mod devices;
pub mod level_meter;
mod peer;
pub mod sdp;
pub mod signalling;
pub mod stats;
pub mod whep;
pub mod whip;
