//! Approximation of the sine, good enough for people who sway.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The sine of an angle in radians, to about a thousandth: a parabola, bent once more. The exact one
/// would be several kilobytes more to download.
pub fn sine(angle: f64) -> f64 {
    let turns = (angle + PI) / TAU;
    let angle = (turns - turns.floor()) * TAU - PI;
    let rough = 4.0 / PI * angle - 4.0 / (PI * PI) * angle * angle.abs();
    0.225 * (rough * rough.abs() - rough) + rough
}

/// The cosine of an angle in radians, as good as [`sine`].
pub fn cosine(angle: f64) -> f64 {
    sine(angle + FRAC_PI_2)
}

#[cfg(test)]
mod tests {
    use super::{cosine, sine};

    #[test]
    fn it_stays_close() {
        for step in -2_000..2_000 {
            let angle = f64::from(step) * 0.01;
            assert!((sine(angle) - angle.sin()).abs() < 0.0015, "{angle}");
            assert!((cosine(angle) - angle.cos()).abs() < 0.0015, "{angle}");
        }
    }
}
