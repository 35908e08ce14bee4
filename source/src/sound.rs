//! Sound as it goes through this program: stereo at 48 kHz, in frames of 20 ms.

use std::sync::Arc;

/// Samples a second of each channel.
pub const RATE: u32 = 48_000;
/// Channels.
pub const CHANNELS: usize = 2;
/// Frames a second.
pub const FRAMES_PER_SECOND: u32 = 50;
/// Samples of a frame, of one channel.
pub const FRAME_LENGTH: u32 = RATE / FRAMES_PER_SECOND;
/// Samples of a frame, left and right in turn.
pub const FRAME_SAMPLES: usize = FRAME_LENGTH as usize * CHANNELS;

/// A frame, shared by those who save and those who send it.
pub type CapturedFrame = Arc<[f32; FRAME_SAMPLES]>;
