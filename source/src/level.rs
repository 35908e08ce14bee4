//! Level of what is captured: written by the capture, read by the display, without a lock.

use std::sync::atomic::{AtomicU32, Ordering};

/// The lowest level that is told apart from silence, in dB below full scale.
const FLOOR: f32 = -60.0;
/// Columns of the bar.
const WIDTH: usize = 20;

/// The highest peak since it was last read.
#[derive(Debug, Default)]
pub struct PeakMeter(AtomicU32);

impl PeakMeter {
    /// Notes samples from -1 to 1.
    pub fn note(&self, samples: &[f32]) {
        let peak = samples.iter().fold(0.0_f32, |peak, it| peak.max(it.abs()));
        // Positive floats are ordered like their bits.
        self.0.fetch_max(peak.to_bits(), Ordering::Relaxed);
    }

    /// The peak in dB below full scale, from [`FLOOR`] to 0; the next one begins anew.
    pub fn take(&self) -> f32 {
        let peak = f32::from_bits(self.0.swap(0, Ordering::Relaxed));
        (20.0 * peak.log10()).clamp(FLOOR, 0.0)
    }
}

/// A level as a bar of characters.
pub fn bar(level: f32) -> String {
    let part = (level - FLOOR) / -FLOOR;
    let full = ((part * WIDTH as f32).round() as usize).min(WIDTH);
    format!("{}{}", "█".repeat(full), "·".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meter_tells_the_highest_peak_once() {
        let meter = PeakMeter::default();
        assert_eq!(meter.take(), FLOOR);
        meter.note(&[0.1, -0.5, 0.2]);
        meter.note(&[0.25]);
        assert!((meter.take() - -6.02).abs() < 0.01);
        assert_eq!(meter.take(), FLOOR, "nothing since");
        meter.note(&[-1.5]);
        assert_eq!(meter.take(), 0.0);
    }

    #[test]
    fn bar_is_empty_at_silence_and_full_at_full_scale() {
        assert_eq!(bar(FLOOR), "·".repeat(WIDTH));
        assert_eq!(bar(0.0), "█".repeat(WIDTH));
        assert_eq!(bar(-30.0).chars().filter(|it| *it == '█').count(), WIDTH / 2);
    }
}
