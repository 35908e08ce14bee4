//! Resampling to the rate of Opus.

use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::direct::InterleavedSlice};

use super::TranscodeError;

/// The rate of what goes out (RFC 7587 §4.1).
const RATE: usize = 48_000;
/// Blocks a second: the more, the less delay; the fewer, the sharper the filter.
const BLOCKS: u32 = 50;

/// Resamples sound, block by block.
pub struct SoundResampler {
    fft: Fft<f32>,
    channels: usize,
    waiting: Vec<f32>,
    block: Vec<f32>,
}

impl SoundResampler {
    /// Takes sound of another `rate`.
    ///
    /// # Errors
    /// [`TranscodeError::Codec`] when there is no way.
    pub fn new(rate: u32, channels: u8) -> Result<Self, TranscodeError> {
        let (channels, block) = (usize::from(channels), rate.div_ceil(BLOCKS) as usize);
        let fft = Fft::new(rate as usize, RATE, block, channels, FixedSync::Both);
        let fft = fft.map_err(|error| TranscodeError::Codec(error.to_string()))?;
        let block = vec![0.0; fft.output_frames_max() * channels];
        Ok(Self { fft, channels, waiting: Vec::new(), block })
    }

    /// Takes samples, of one channel after the other, and appends what is ready to `out`.
    ///
    /// # Errors
    /// [`TranscodeError::Codec`].
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), TranscodeError> {
        let broken = |error: String| TranscodeError::Codec(error);
        self.waiting.extend_from_slice(samples);
        let mut at = 0;
        loop {
            let frames = self.fft.input_frames_next();
            let end = at + frames * self.channels;
            let Some(block) = self.waiting.get(at..end) else { break };
            let room = self.block.len() / self.channels;
            let input = InterleavedSlice::new(block, self.channels, frames);
            let input = input.map_err(|error| broken(error.to_string()))?;
            let output = InterleavedSlice::new_mut(&mut self.block, self.channels, room);
            let mut output = output.map_err(|error| broken(error.to_string()))?;
            let done = self.fft.process_into_buffer(&input, &mut output, None);
            let (_, made) = done.map_err(|error| broken(error.to_string()))?;
            out.extend_from_slice(&self.block[..made * self.channels]);
            at = end;
        }
        self.waiting.drain(..at);
        Ok(())
    }
}
