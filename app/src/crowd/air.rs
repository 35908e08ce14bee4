//! Things in the air above the crowd: hearts, and marks over some heads.

use super::{
    motion::{Motion, Music},
    painter::Painter,
    screen::Area,
    sheet::{Poses, Symbol},
    sine::sine,
    state::{CrowdState, HEART},
};

impl Painter {
    /// Lets the hearts rise.
    pub(super) fn paint_hearts(&mut self, state: &CrowdState, now: f64, still: bool) {
        for (number, heart) in state.hearts().iter().enumerate() {
            let Some(spot) = state.layout().spots.get(heart.place as usize) else { continue };
            let part = ((now - heart.since) / HEART).clamp(0.0, 1.0);
            let tall = self.tall(state, spot.row);
            let size = (tall * 0.34).max(16.0 * self.ratio);
            let (rise, drift, grow) = if still {
                (0.0, 0.0, 1.0)
            } else {
                let swing = sine(part * 7.0 + number as f64);
                (part * (2.0 - part), swing * 0.12, (part * 6.0).min(1.0))
            };
            let size = size * grow;
            let x = f64::from(spot.x) * self.ratio + drift * tall - size / 2.0;
            // As high as there is room: a heart from the back is not cut off.
            let from = f64::from(spot.y) * self.ratio - size * 0.8;
            let y = from - rise * tall.max(44.0 * self.ratio).min(from);
            self.paint_square(Symbol::Heart, ((1.0 - part) * 2.5).min(1.0), x, y, size);
        }
    }

    /// Marks the figure at a place, over all others.
    pub(super) fn paint_marker(
        &mut self,
        state: &CrowdState,
        place: u32,
        square: Symbol,
        music: &Music,
        now: f64,
    ) {
        let Some(index) = state.figure_at(place) else { return };
        let Some(figure) = &state.figures()[index as usize] else { return };
        let Some(spot) = state.layout().spots.get(place as usize) else { return };
        let tall = self.tall(state, spot.row);
        let motion = Motion::of(figure, tall, music, now);
        let (x, y) = self.stands(figure, spot, now);
        let hover = if music.still { 0.0 } else { sine(music.seconds * 3.0) * 0.02 };
        // Of the square, the mark is three quarters wide.
        let size = (tall * 0.11).max(6.0 * self.ratio) * 2.0 / 0.75;
        let (x, y) = (x + motion.sway, y + motion.down.min(0.0) - tall * (0.16 + hover));
        self.paint_square(square, 1.0, x - size / 2.0, y - size * 0.52, size);
    }

    /// Copies a square onto the screen.
    pub(super) fn paint_square(&mut self, square: Symbol, opacity: f64, x: f64, y: f64, size: f64) {
        let Some(poses) = &self.poses else { return };
        let to = Area { x, y, width: size, height: size };
        self.screen.copy(poses.squares, opacity, Poses::part(square), to);
    }
}
