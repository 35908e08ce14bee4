//! Drawing of one figure, seen from behind, into a cell: with many strokes, but only once.

use std::f64::consts::{PI, TAU};

use web_sys::CanvasRenderingContext2d as Context;

use super::{
    front,
    layout::Side,
    look::{HAIRS, Hair, Hat, Look, Print, SHIRTS, SKINS},
    sine::{cosine, sine},
};

/// Room around a figure in its cell, in heights of a figure: to each side of its middle.
pub const HALF_WIDTH: f64 = 0.33;
/// Room above the crown, in heights of a figure.
pub const HEADROOM: f64 = 0.14;
/// The light that comes from the stage.
const GLOW: &str = "rgba(255,206,150,.55)";

/// Fills an ellipse.
pub fn oval(pen: &Context, colour: &str, x: f64, y: f64, rx: f64, ry: f64) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    let _ = pen.ellipse(x, y, rx, ry, 0.0, 0.0, TAU);
    pen.fill();
}

/// Strokes a part of an ellipse.
#[allow(clippy::too_many_arguments, reason = "an ellipse has this many numbers")]
pub fn arc(pen: &Context, colour: &str, x: f64, y: f64, rx: f64, ry: f64, from: f64, to: f64) {
    pen.set_stroke_style_str(colour);
    pen.begin_path();
    let _ = pen.ellipse(x, y, rx, ry, 0.0, from, to);
    pen.stroke();
}

/// Strokes a curve from one point over another to a third.
pub fn curve(pen: &Context, colour: &str, width: f64, points: [f64; 6]) {
    let [x0, y0, x1, y1, x2, y2] = points;
    pen.set_stroke_style_str(colour);
    pen.set_line_width(width);
    pen.begin_path();
    pen.move_to(x0, y0);
    pen.quadratic_curve_to(x1, y1, x2, y2);
    pen.stroke();
}

/// Fills a block with round lower corners: hair that falls.
pub fn fall(pen: &Context, colour: &str, half: f64, from: f64, to: f64) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    pen.move_to(-half, from);
    pen.line_to(half, from);
    pen.line_to(half * 1.06, to - half * 0.6);
    pen.quadratic_curve_to(half, to, 0.0, to);
    pen.quadratic_curve_to(-half, to, -half * 1.06, to - half * 0.6);
    pen.fill();
}

/// Draws a figure: the crown of somebody of average height at 0, hips at 1, x from the middle.
/// `length` is how far down it is seen. From afar (`!near`) what can't be seen is left out.
pub fn draw(pen: &Context, look: &Look, length: f64, near: bool, side: Side) {
    if side == Side::Front {
        return front::draw(pen, look, length, near);
    }
    let (width, height) = (f64::from(look.build), f64::from(look.height));
    let _ = pen.translate(0.0, 1.0 - height);
    let _ = pen.scale(height, height);
    pen.set_line_cap("round");
    body(pen, look, width, length / height, near);
    head(pen, look, near);
    if near {
        hat(pen, look);
    } else if look.hat != Hat::None && look.hat != Hat::Headphones {
        oval(pen, SHIRTS[look.hat_colour as usize].0, 0.0, 0.08, 0.15, 0.1);
    }
}

/// Fills the neck, and the shirt from a collar that is `2 * collar` wide and deep down to `depth` in its
/// middle; returns half the width of the shoulders.
pub fn torso(pen: &Context, look: &Look, length: f64, collar: f64, depth: f64) -> f64 {
    let shoulder = 0.235 * f64::from(look.build);
    pen.set_fill_style_str(SKINS[look.skin as usize].1);
    pen.fill_rect(-0.055, 0.24, 0.11, 0.14);
    pen.set_fill_style_str(SHIRTS[look.shirt as usize].0);
    pen.begin_path();
    pen.move_to(-collar, 0.345);
    pen.bezier_curve_to(-0.14, 0.37, -shoulder, 0.37, -shoulder - 0.02, 0.5);
    pen.line_to(-shoulder - 0.045, length);
    pen.line_to(shoulder + 0.045, length);
    pen.line_to(shoulder + 0.02, 0.5);
    pen.bezier_curve_to(shoulder, 0.37, 0.14, 0.37, collar, 0.345);
    pen.quadratic_curve_to(0.0, depth, -collar, 0.345);
    pen.fill();
    shoulder
}

fn body(pen: &Context, look: &Look, width: f64, length: f64, near: bool) {
    let (shirt, shade) = SHIRTS[look.shirt as usize];
    let skin = SKINS[look.skin as usize].0;
    let shoulder = torso(pen, look, length, 0.06, 0.38);
    if !near {
        return;
    }
    match look.print {
        Print::Plain => {}
        Print::Stripes => {
            let mut y = 0.47;
            while y < length {
                let half = shoulder + 0.01 + 0.03 * (y - 0.5);
                curve(pen, shade, 0.035, [-half, y, 0.0, y + 0.03, half, y]);
                y += 0.1;
            }
        }
        Print::Dot => {
            let colour = SHIRTS[(look.hat_colour as usize + 3) % SHIRTS.len()].0;
            oval(pen, colour, 0.0, 0.62, 0.1 * width, 0.1);
            oval(pen, shirt, 0.03, 0.6, 0.075 * width, 0.075);
        }
        Print::Dates => {
            for (line, half) in [0.1, 0.07, 0.09, 0.06, 0.08].into_iter().enumerate() {
                let y = 0.5 + 0.06 * line as f64;
                let colour =
                    if line == 0 { "rgba(255,255,255,.85)" } else { "rgba(255,255,255,.5)" };
                curve(pen, colour, 0.022, [-half, y, 0.0, y, half, y]);
            }
        }
        Print::Hood => {
            oval(pen, shade, 0.0, 0.41, 0.135, 0.085);
            oval(pen, shirt, 0.0, 0.385, 0.12, 0.06);
        }
        Print::Backpack => {
            let bag = SHIRTS[(look.hat_colour as usize + 5) % SHIRTS.len()];
            pen.set_fill_style_str(bag.1);
            pen.begin_path();
            let _ = pen.round_rect_with_f64(-0.15 * width, 0.43, 0.3 * width, 0.42, 0.07);
            pen.fill();
            pen.set_fill_style_str(bag.0);
            pen.begin_path();
            let _ = pen.round_rect_with_f64(-0.11 * width, 0.62, 0.22 * width, 0.19, 0.05);
            pen.fill();
        }
        Print::Straps => {
            let colour = SHIRTS[(look.hat_colour as usize + 6) % SHIRTS.len()].1;
            curve(pen, colour, 0.05, [-0.13 * width, 0.38, 0.0, 0.6, 0.1 * width, 0.9]);
            curve(pen, colour, 0.05, [0.13 * width, 0.38, 0.0, 0.6, -0.1 * width, 0.9]);
        }
    }
    // Where the arms hang at the sides, and the light on the shoulders.
    for side in [-1.0, 1.0] {
        let x = side * (shoulder - 0.045);
        curve(pen, shade, 0.018, [x, 0.56, x + side * 0.01, 0.75, x + side * 0.02, length]);
        let rim =
            [side * 0.075, 0.352, side * shoulder * 0.95, 0.36, side * (shoulder + 0.012), 0.5];
        curve(pen, GLOW, 0.016, rim);
    }
    curve(pen, skin, 0.02, [-0.05, 0.345, 0.0, 0.375, 0.05, 0.345]);
}

fn head(pen: &Context, look: &Look, near: bool) {
    let (skin, shade) = SKINS[look.skin as usize];
    let (hair, light) = HAIRS[look.hair as usize];
    if look.style == Hair::Afro {
        oval(pen, hair, 0.0, 0.13, 0.21, 0.2);
    } else {
        if near {
            oval(pen, shade, -0.132, 0.175, 0.028, 0.04);
            oval(pen, shade, 0.132, 0.175, 0.028, 0.04);
        }
        oval(pen, skin, 0.0, 0.155, 0.128, 0.15);
        if !matches!(look.style, Hair::Bald | Hair::Mohawk) {
            oval(pen, hair, 0.0, 0.128, 0.138, 0.138);
        }
    }
    match look.style {
        Hair::Bald | Hair::Short | Hair::Afro => {}
        Hair::Bob => fall(pen, hair, 0.148, 0.12, 0.36),
        Hair::Long => fall(pen, hair, 0.148, 0.12, 0.62),
        Hair::Bun => oval(pen, hair, 0.0, -0.015, 0.062, 0.06),
        Hair::Tail => {
            oval(pen, hair, 0.0, 0.34, 0.05, 0.18);
            oval(pen, light, 0.0, 0.2, 0.034, 0.014);
        }
        Hair::Braids => {
            for side in [-1.0, 1.0] {
                curve(pen, hair, 0.05, [side * 0.1, 0.2, side * 0.17, 0.35, side * 0.13, 0.55]);
                oval(pen, SHIRTS[look.hat_colour as usize].0, side * 0.13, 0.54, 0.03, 0.02);
            }
        }
        Hair::Spikes => spikes(pen, hair),
        Hair::Mohawk => oval(pen, hair, 0.0, 0.1, 0.045, 0.17),
    }
    if near {
        pen.set_line_width(0.018);
        match look.style {
            Hair::Bald | Hair::Mohawk => arc(pen, GLOW, 0.0, 0.15, 0.118, 0.138, -2.6, -0.5),
            Hair::Afro => arc(pen, light, 0.0, 0.13, 0.19, 0.18, -2.5, -0.6),
            _ => {
                arc(pen, light, 0.0, 0.13, 0.095, 0.09, -2.4, -1.0);
                arc(pen, GLOW, 0.0, 0.128, 0.13, 0.13, -2.5, -0.64);
            }
        }
    }
}

/// Fills the spikes of hair that stand up.
pub fn spikes(pen: &Context, colour: &str) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    for spike in -2..=2 {
        let angle = f64::from(spike) * 0.5;
        let (sin, cos) = angle.sin_cos();
        pen.move_to(0.13 * sine(angle - 0.3), 0.13 - 0.13 * cosine(angle - 0.3));
        pen.line_to(0.2 * sin, 0.13 - 0.2 * cos);
        pen.line_to(0.13 * sine(angle + 0.3), 0.13 - 0.13 * cosine(angle + 0.3));
    }
    pen.fill();
}

/// Fills the crown of a hat whose lower edge is at `bottom`.
pub fn dome(pen: &Context, colour: &str, bottom: f64) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    let _ = pen.ellipse(0.0, bottom, 0.15, bottom + 0.025, 0.0, PI, TAU);
    pen.fill();
}

fn hat(pen: &Context, look: &Look) {
    let (colour, shade) = SHIRTS[look.hat_colour as usize];
    let rim = |pen: &Context| {
        pen.set_line_width(0.016);
        arc(pen, GLOW, 0.0, 0.13, 0.142, 0.148, -2.5, -0.64);
    };
    match look.hat {
        Hat::None => {}
        Hat::Cap => {
            dome(pen, colour, 0.15);
            curve(pen, shade, 0.012, [0.0, -0.015, 0.0, 0.05, 0.0, 0.15]);
            curve(pen, shade, 0.022, [-0.14, 0.148, 0.0, 0.16, 0.14, 0.148]);
            oval(pen, shade, 0.0, -0.02, 0.018, 0.012);
            rim(pen);
        }
        Hat::Beanie => {
            dome(pen, colour, 0.13);
            curve(pen, shade, 0.06, [-0.13, 0.13, 0.0, 0.15, 0.13, 0.13]);
            oval(pen, "#f6f1ff", 0.0, -0.04, 0.05, 0.048);
            rim(pen);
        }
        Hat::Bucket => {
            oval(pen, shade, 0.0, 0.15, 0.2, 0.055);
            dome(pen, colour, 0.13);
            curve(pen, shade, 0.02, [-0.145, 0.115, 0.0, 0.14, 0.145, 0.115]);
            rim(pen);
        }
        Hat::Straw => {
            oval(pen, "#c99a4b", 0.0, 0.13, 0.27, 0.07);
            oval(pen, "#e8c477", 0.0, 0.118, 0.265, 0.062);
            dome(pen, "#dcb25f", 0.11);
            curve(pen, colour, 0.035, [-0.135, 0.1, 0.0, 0.125, 0.135, 0.1]);
        }
        Hat::Headphones => {
            pen.set_line_width(0.03);
            arc(pen, "#2a2440", 0.0, 0.15, 0.152, 0.165, PI, TAU);
            oval(pen, colour, -0.152, 0.17, 0.036, 0.06);
            oval(pen, colour, 0.152, 0.17, 0.036, 0.06);
        }
        Hat::Flowers => {
            for i in 0..7_u8 {
                let x = -0.126 + 0.042 * f64::from(i);
                let petals = SHIRTS[(look.hat_colour + i * 5) as usize % SHIRTS.len()].0;
                oval(pen, petals, x, 0.085 - 3.0 * x * x * 0.6 + 0.02, 0.032, 0.03);
                oval(pen, "#fff4c2", x, 0.085 - 3.0 * x * x * 0.6 + 0.02, 0.011, 0.01);
            }
        }
        Hat::Ears => {
            for side in [-1.0, 1.0] {
                pen.set_fill_style_str(colour);
                pen.begin_path();
                pen.move_to(side * 0.035, 0.015);
                pen.quadratic_curve_to(side * 0.1, -0.13, side * 0.125, -0.1);
                pen.quadratic_curve_to(side * 0.16, -0.02, side * 0.125, 0.07);
                pen.fill();
            }
        }
    }
}

/// Pose of the arms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pose {
    /// Hands apart above the head.
    Apart,
    /// Hands together above the head.
    Clap,
    /// One hand waves to the left.
    WaveLeft,
    /// One hand waves to the right.
    WaveRight,
    /// Both up in the air.
    Up,
}

/// All poses, in the order of their cells.
pub const POSES: [Pose; 5] = [Pose::Apart, Pose::Clap, Pose::WaveLeft, Pose::WaveRight, Pose::Up];
/// Half the width of a pose, in heights of a figure.
pub const POSE_HALF_WIDTH: f64 = 0.52;
/// Height of a pose above the crown.
pub const POSE_ABOVE: f64 = 0.38;
/// Depth of a pose below the crown.
pub const POSE_BELOW: f64 = 0.55;

/// Draws the raised arms that stand behind a figure, in the measures of [`draw`].
pub fn draw_pose(pen: &Context, pose: Pose, skin: usize) {
    let (skin, shade) = SKINS[skin];
    pen.set_line_cap("round");
    let arm = |side: f64, elbow: (f64, f64), hand: (f64, f64)| {
        let points = [side * 0.2, 0.46, elbow.0, elbow.1, hand.0, hand.1];
        curve(pen, shade, 0.095, points);
        curve(pen, skin, 0.075, points);
        oval(pen, skin, hand.0, hand.1, 0.062, 0.066);
        pen.set_line_width(0.016);
        arc(pen, GLOW, hand.0, hand.1, 0.055, 0.058, -2.6, -0.5);
    };
    match pose {
        Pose::Apart => {
            arm(-1.0, (-0.42, 0.2), (-0.17, -0.12));
            arm(1.0, (0.42, 0.2), (0.17, -0.12));
        }
        Pose::Clap => {
            arm(-1.0, (-0.38, 0.12), (-0.04, -0.15));
            arm(1.0, (0.38, 0.12), (0.04, -0.15));
            for ray in -2..=2 {
                let (sin, cos) = (f64::from(ray) * 0.5).sin_cos();
                let (near, far) = (0.1, 0.17);
                let (x0, y0) = (near * sin, -0.17 - near * cos);
                let (x1, y1) = (far * sin, -0.17 - far * cos);
                curve(pen, "#ffd48a", 0.028, [x0, y0, x0, y0, x1, y1]);
            }
        }
        Pose::WaveLeft => arm(1.0, (0.36, 0.25), (0.2, -0.22)),
        Pose::WaveRight => arm(1.0, (0.36, 0.3), (0.42, -0.18)),
        Pose::Up => {
            arm(-1.0, (-0.34, 0.15), (-0.3, -0.24));
            arm(1.0, (0.34, 0.15), (0.3, -0.24));
        }
    }
}

/// Draws a heart around 0, about 1 wide.
pub fn draw_heart(pen: &Context) {
    let path = |pen: &Context| {
        pen.begin_path();
        pen.move_to(0.0, 0.42);
        pen.bezier_curve_to(-0.75, -0.05, -0.42, -0.52, 0.0, -0.2);
        pen.bezier_curve_to(0.42, -0.52, 0.75, -0.05, 0.0, 0.42);
        pen.close_path();
    };
    path(pen);
    pen.set_line_join("round");
    pen.set_line_width(0.12);
    pen.set_stroke_style_str("#fff1f4");
    pen.stroke();
    pen.set_fill_style_str("#ff3b5c");
    pen.fill();
    curve(pen, "rgba(255,255,255,.75)", 0.07, [-0.3, -0.12, -0.28, -0.24, -0.17, -0.25]);
}

/// Draws an arrow that points down to 0, about 2 wide.
pub fn draw_arrow(pen: &Context) {
    mark(pen, "#ffb454", [(-1.0, -0.55), (1.0, -0.55), (0.0, 0.55)].into_iter());
}

/// Draws a star around 0, about 2 wide.
pub fn draw_star(pen: &Context) {
    let points = (0..10_u32).map(|point| {
        let out = if point % 2 == 0 { 1.0 } else { 0.45 };
        let angle = f64::from(point) * TAU / 10.0;
        (out * sine(angle), -out * cosine(angle))
    });
    mark(pen, "#5eead4", points);
}

fn mark(pen: &Context, colour: &str, points: impl Iterator<Item = (f64, f64)>) {
    pen.begin_path();
    for (x, y) in points {
        pen.line_to(x, y);
    }
    pen.close_path();
    pen.set_line_join("round");
    pen.set_line_width(0.5);
    pen.set_stroke_style_str("#14121f");
    pen.stroke();
    pen.set_fill_style_str(colour);
    pen.fill();
}
