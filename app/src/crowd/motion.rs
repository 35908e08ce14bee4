//! Motion of figures: with the music, as they come and go, and by their gestures.

use std::f64::consts::TAU;

use bandstand_domain::crowd::Gesture;

use super::{
    figure::Pose,
    sine::sine,
    state::{COMING, CrowdFigure, JUMP, LEAVING},
};

/// Movement of people at this moment.
#[derive(Clone, Copy)]
pub struct Music {
    /// Time, in seconds.
    pub seconds: f64,
    /// Energy of the music, 0 to 1; slow.
    pub energy: f64,
    /// Loudness at this moment, 0 to 1.
    pub beat: f64,
    /// True if nothing is to move, as the visitor prefers.
    pub still: bool,
}

/// Displacement of a figure from its place, in pixels, and pose of its arms.
pub struct Motion {
    /// To the right.
    pub sway: f64,
    /// Downwards.
    pub down: f64,
    /// Pose of the arms.
    pub pose: Option<Pose>,
}

impl Motion {
    /// Motion at `now` of a figure that is `tall` pixels high.
    pub fn of(figure: &CrowdFigure, tall: f64, music: &Music, now: f64) -> Self {
        let look = &figure.look;
        let (phase, eager) = (f64::from(look.phase), f64::from(look.eager));
        let (mut sway, mut down) = (0.0, 0.0);
        if !music.still {
            let turn = sine(music.seconds * TAU * 0.45 + phase);
            sway = turn * tall * (0.008 + 0.07 * music.energy) * eager;
            down = tall * 0.008 * sine(music.seconds * 1.7 + phase * 9.0)
                - tall * 0.06 * music.beat * eager;
            let coming = (now - figure.came) / COMING;
            if coming < 1.0 {
                // Up from below, a little too far, and back.
                let rest = 1.0 - coming.clamp(0.0, 1.0);
                down += tall * 1.1 * (rest * rest * (2.7 * rest - 1.7));
            }
            if let Some(left) = figure.left {
                let part = ((now - left) / LEAVING).clamp(0.0, 1.0);
                down += tall * 1.3 * part * part;
            }
        }
        let mut pose = None;
        if let Some((gesture, begun, until)) = figure.gesture
            && now < until
        {
            let passed = now - begun;
            let swap = |period: f64| !music.still && (passed / period) as i64 % 2 == 1;
            pose = match gesture {
                Gesture::Applause if swap(110.0) => Some(Pose::Apart),
                Gesture::Applause => Some(Pose::Clap),
                Gesture::Wave if swap(190.0) => Some(Pose::WaveLeft),
                Gesture::Wave => Some(Pose::WaveRight),
                Gesture::Jump => Some(Pose::Up),
                Gesture::Heart => None,
            };
            if gesture == Gesture::Jump && !music.still {
                let part = (passed / JUMP).fract();
                down -= tall * 1.5 * part * (1.0 - part);
            }
        }
        Self { sway, down, pose }
    }
}
