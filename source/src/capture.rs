//! The capture: what the computer plays, or an input, in frames. It runs in a thread of its own and waits for nobody.

#[cfg(not(target_os = "linux"))]
mod loopback;
#[cfg(target_os = "linux")]
mod parec;

#[cfg(not(target_os = "linux"))]
use loopback::{self as system, LoopbackCapture as SystemCapture};
#[cfg(target_os = "linux")]
use parec::{self as system, ParecCapture as SystemCapture};

use crate::sound::CapturedFrame;

/// A device that can be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundDevice {
    /// The name that `--device` takes.
    pub name: String,
    /// Its name for people.
    pub description: String,
    /// True for what the computer plays there, false for an input.
    pub is_output: bool,
}

/// Whoever gets the frames; called in the thread of the capture, so it waits for nothing.
pub type FrameSink = Box<dyn FnMut(CapturedFrame) + Send>;

/// Inputs that can be captured.
pub fn devices() -> Result<Vec<SoundDevice>, String> {
    system::devices()
}

/// A capture, which ends when it is dropped.
pub struct SoundCapture(#[allow(dead_code, reason = "kept for its end")] SystemCapture);

impl SoundCapture {
    /// Begins to capture `device`, or what the computer plays.
    pub fn start(device: Option<&str>, sink: FrameSink) -> Result<Self, String> {
        system::start(device, sink).map(Self)
    }
}
