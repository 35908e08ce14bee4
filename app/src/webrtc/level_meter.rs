//! Level meter: loudness of a stream (RMS, dBFS).

use gloo_timers::callback::Interval;
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, MediaStream, MediaStreamAudioSourceNode};

/// Milliseconds between two measurements: about 15 a second.
const EVERY: u32 = 66;
/// Level of silence, in dBFS.
pub const SILENCE: f32 = -60.0;

/// Level meter of a stream; stops when it is dropped.
pub struct LevelMeter {
    context: AudioContext,
    _source: MediaStreamAudioSourceNode,
    _every: Interval,
}

impl LevelMeter {
    /// Calls `hear` with the loudness (RMS, in dB below full scale) of `stream`'s sound. Only for
    /// where sound is allowed: a browser that wants a gesture first would complain.
    ///
    /// # Errors
    /// When the stream has no sound, or the browser no sound system.
    pub fn new(stream: &MediaStream, hear: impl FnMut(f32) + 'static) -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let source = context.create_media_stream_source(stream)?;
        Self::of(context, source, hear)
    }

    /// Calls `hear` with the loudness of a `source` of this `context`.
    ///
    /// # Errors
    /// When the browser has no analyser for it.
    pub fn of(
        context: AudioContext,
        source: MediaStreamAudioSourceNode,
        mut hear: impl FnMut(f32) + 'static,
    ) -> Result<Self, JsValue> {
        let analyser = context.create_analyser()?;
        analyser.set_fft_size(1_024);
        source.connect_with_audio_node(&analyser)?;
        let mut samples = vec![0.0; 1_024];
        let every = Interval::new(EVERY, move || {
            analyser.get_float_time_domain_data(&mut samples);
            hear(decibels(&samples));
        });
        Ok(Self { context, _source: source, _every: every })
    }
}

impl Drop for LevelMeter {
    fn drop(&mut self) {
        // The promise tells when the sound system is let go, which nobody waits for.
        let _ = self.context.close();
    }
}

/// The loudness of samples between −1 and 1, in dB below full scale, not lower than [`SILENCE`].
pub fn decibels(samples: &[f32]) -> f32 {
    let square: f32 = samples.iter().map(|sample| sample * sample).sum();
    let mean = square / samples.len().max(1) as f32;
    if mean <= 0.0 { SILENCE } else { (10.0 * mean.log10()).max(SILENCE) }
}

/// A loudness as a share of the scale, 0 to 1.
pub fn share(decibels: f32) -> f32 {
    ((decibels - SILENCE) / -SILENCE).clamp(0.0, 1.0)
}

/// A meter's needle: rises at once, falls slowly, and remembers the highest point for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needle {
    /// Level, in dB.
    pub level: f32,
    /// The highest point of late, in dB.
    pub peak: f32,
    held: u32,
}

impl Default for Needle {
    fn default() -> Self {
        Self { level: SILENCE, peak: SILENCE, held: 0 }
    }
}

impl Needle {
    /// Measurements for which the highest point stays: one and a half seconds.
    const HOLD: u32 = 23;
    /// Fall of the needle from one measurement to the next, in dB.
    const FALL: f32 = 1.5;

    /// Moves the needle to a new measurement.
    pub fn hear(&mut self, decibels: f32) {
        self.level = decibels.max(self.level - Self::FALL).max(SILENCE);
        self.held += 1;
        if self.level >= self.peak {
            self.peak = self.level;
            self.held = 0;
        } else if self.held > Self::HOLD {
            self.peak = (self.peak - Self::FALL).max(self.level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_is_relative_to_full_scale() {
        assert_eq!(decibels(&[1.0, -1.0]), 0.0);
        assert!((decibels(&[0.5, -0.5]) + 6.02).abs() < 0.01);
        assert_eq!(decibels(&[0.0; 8]), SILENCE);
        assert_eq!(share(0.0), 1.0);
        assert_eq!(share(-90.0), 0.0);
    }

    #[test]
    fn the_needle_falls_slowly_and_its_peak_later() {
        let mut needle = Needle::default();
        needle.hear(-10.0);
        needle.hear(SILENCE);
        assert_eq!((needle.level, needle.peak), (-11.5, -10.0));
        for _ in 0..200 {
            needle.hear(SILENCE);
        }
        assert_eq!((needle.level, needle.peak), (SILENCE, SILENCE));
    }
}
