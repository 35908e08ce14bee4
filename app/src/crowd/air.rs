//! Things in the air above the crowd: hearts, and the mark over the viewer's own head.

use super::{
    motion::{Motion, Music},
    painter::Painter,
    sine::sine,
    state::{CrowdState, HEART},
};

impl Painter {
    /// Lets the hearts rise.
    pub(super) fn paint_hearts(&self, state: &CrowdState, now: f64, still: bool) {
        let Some(poses) = &self.poses else { return };
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
            self.pen.set_global_alpha(((1.0 - part) * 2.5).min(1.0));
            let _ = self.pen.draw_image_with_html_canvas_element_and_dw_and_dh(
                &poses.heart.canvas,
                x,
                y,
                size,
                size,
            );
        }
        self.pen.set_global_alpha(1.0);
    }

    /// Points at the viewer's own figure, over all others.
    pub(super) fn paint_marker(&self, state: &CrowdState, music: &Music, now: f64) {
        let Some(place) = state.my_place() else { return };
        let Some(index) = state.figure_at(place) else { return };
        let Some(figure) = &state.figures()[index as usize] else { return };
        let Some(spot) = state.layout().spots.get(place as usize) else { return };
        let tall = self.tall(state, spot.row);
        let motion = Motion::of(figure, tall, music, now);
        let (x, y) = self.stands(figure, spot, now);
        let hover = if music.still { 0.0 } else { sine(music.seconds * 3.0) * 0.02 };
        let size = (tall * 0.11).max(6.0 * self.ratio);
        let (x, y) = (x + motion.sway, y + motion.down.min(0.0) - tall * (0.16 + hover));
        let pen = &self.pen;
        pen.begin_path();
        pen.move_to(x - size, y - size * 1.1);
        pen.line_to(x + size, y - size * 1.1);
        pen.line_to(x, y);
        pen.close_path();
        pen.set_line_join("round");
        pen.set_line_width(size * 0.5);
        pen.set_stroke_style_str("#14121f");
        pen.stroke();
        pen.set_fill_style_str("#ffb454");
        pen.fill();
    }
}
