//! Drawing of one figure, seen from the stage: the same person as [`super::figure`] draws from behind.

use std::f64::consts::{PI, TAU};

use web_sys::CanvasRenderingContext2d as Context;

use super::{
    figure::{arc, curve, dome, fall, oval, spikes, torso},
    look::{HAIRS, Hair, Hat, Look, Print, SHIRTS, SKINS},
};

/// The light of the stage, which falls on them.
const GLOW: &str = "rgba(255,224,176,.55)";
/// Eyes and brows.
const INK: &str = "#241a24";
/// Lips.
const LIPS: &str = "#7a2f2f";
/// Open mouths.
const MOUTH: &str = "#7a2230";
/// Frames of glasses.
const FRAME: &str = "#2a2440";
/// The two sides of a figure.
const SIDES: [f64; 2] = [-1.0, 1.0];

/// Expression of a face.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Smile,
    Smirk,
    Beam,
    Laugh,
}

impl Mood {
    /// The more somebody moves, the more they show.
    fn of(look: &Look) -> Self {
        match look.eager {
            eager if eager < 0.75 => Self::Smirk,
            eager if eager < 1.0 => Self::Smile,
            eager if eager < 1.22 => Self::Beam,
            _ => Self::Laugh,
        }
    }
}

/// One in seven wears glasses, always the same ones.
fn wears_glasses(look: &Look) -> bool {
    (look.phase.abs() * 1_000.0) as u32 % 7 == 3
}

/// Draws a figure in the measures of [`super::figure::draw`].
pub fn draw(pen: &Context, look: &Look, length: f64, near: bool) {
    let (width, height) = (f64::from(look.build), f64::from(look.height));
    let _ = pen.translate(0.0, 1.0 - height);
    let _ = pen.scale(height, height);
    pen.set_line_cap("round");
    hair_behind(pen, look);
    body(pen, look, width, length / height, near);
    head(pen, look, near);
    if near {
        eyes(pen, look);
        mouth(pen, look);
        hat(pen, look);
        return;
    }
    for side in SIDES {
        oval(pen, INK, side * 0.047, 0.165, 0.018, 0.022);
    }
    curve(pen, INK, 0.022, [-0.05, 0.225, 0.0, 0.27, 0.05, 0.225]);
    if look.hat != Hat::None && look.hat != Hat::Headphones {
        oval(pen, SHIRTS[look.hat_colour as usize].0, 0.0, 0.04, 0.145, 0.075);
    }
}

/// Hair that is seen past the head.
fn hair_behind(pen: &Context, look: &Look) {
    let hair = HAIRS[look.hair as usize].0;
    match look.style {
        Hair::Bob | Hair::Long => {
            oval(pen, hair, 0.0, 0.11, 0.167, 0.16);
            fall(pen, hair, 0.167, 0.1, if look.style == Hair::Bob { 0.36 } else { 0.6 });
        }
        Hair::Bun => oval(pen, hair, 0.0, -0.02, 0.062, 0.06),
        Hair::Tail => curve(pen, hair, 0.07, [0.08, 0.02, 0.24, 0.06, 0.2, 0.34]),
        Hair::Afro => oval(pen, hair, 0.0, 0.1, 0.215, 0.2),
        Hair::Mohawk => oval(pen, hair, 0.0, 0.03, 0.05, 0.12),
        Hair::Spikes => spikes(pen, hair),
        Hair::Short | Hair::Braids | Hair::Bald => {}
    }
}

fn body(pen: &Context, look: &Look, width: f64, length: f64, near: bool) {
    let shade = SHIRTS[look.shirt as usize].1;
    let skin = SKINS[look.skin as usize].0;
    let shoulder = torso(pen, look, length, 0.07, 0.44);
    if !near {
        return;
    }
    // The throat above the collar.
    pen.set_fill_style_str(skin);
    pen.begin_path();
    pen.move_to(-0.066, 0.348);
    pen.quadratic_curve_to(0.0, 0.43, 0.066, 0.348);
    pen.quadratic_curve_to(0.0, 0.37, -0.066, 0.348);
    pen.fill();
    print(pen, look, width, length);
    // Where the arms hang at the sides, and the light on the shoulders.
    for side in SIDES {
        let x = side * (shoulder - 0.045);
        curve(pen, shade, 0.018, [x, 0.56, x + side * 0.01, 0.75, x + side * 0.02, length]);
        let rim =
            [side * 0.085, 0.356, side * shoulder * 0.95, 0.36, side * (shoulder + 0.012), 0.5];
        curve(pen, GLOW, 0.016, rim);
    }
}

/// The front of the shirt, and what is worn over it.
fn print(pen: &Context, look: &Look, width: f64, length: f64) {
    let (shirt, shade) = SHIRTS[look.shirt as usize];
    let beside = |steps: usize| SHIRTS[(look.hat_colour as usize + steps) % SHIRTS.len()];
    match look.print {
        Print::Plain => {}
        Print::Stripes => {
            let mut y = 0.5;
            while y < length {
                let half = 0.235 * width + 0.01 + 0.03 * (y - 0.5);
                curve(pen, shade, 0.035, [-half, y, 0.0, y + 0.03, half, y]);
                y += 0.1;
            }
        }
        Print::Dot => {
            oval(pen, beside(3).0, 0.0, 0.62, 0.1 * width, 0.1);
            oval(pen, shirt, 0.03, 0.6, 0.075 * width, 0.075);
        }
        // The dates of the tour stand on the back; the band's name in front.
        Print::Dates => {
            curve(pen, "rgba(255,255,255,.85)", 0.04, [-0.11, 0.56, 0.0, 0.56, 0.11, 0.56]);
            curve(pen, "rgba(255,255,255,.5)", 0.02, [-0.05, 0.63, 0.0, 0.63, 0.05, 0.63]);
        }
        Print::Hood => {
            curve(pen, shade, 0.05, [-0.085, 0.35, 0.0, 0.46, 0.085, 0.35]);
            for side in SIDES {
                let string = [side * 0.035, 0.4, side * 0.045, 0.46, side * 0.04, 0.52];
                curve(pen, "#f6f1ff", 0.014, string);
            }
            curve(pen, shade, 0.02, [-0.12, 0.78, 0.0, 0.74, 0.12, 0.78]);
        }
        Print::Backpack => {
            for side in SIDES.map(|side| side * width) {
                let strap = [side * 0.13, 0.375, side * 0.15, 0.55, side * 0.15, 0.85];
                curve(pen, beside(5).1, 0.055, strap);
            }
        }
        Print::Straps => {
            let colour = beside(6).1;
            for side in SIDES {
                curve(
                    pen,
                    colour,
                    0.045,
                    [side * 0.12 * width, 0.375, side * 0.11, 0.5, side * 0.1, 0.62],
                );
            }
            pen.set_fill_style_str(colour);
            pen.begin_path();
            let _ = pen.round_rect_with_f64(-0.13 * width, 0.6, 0.26 * width, 0.5, 0.04);
            pen.fill();
            for side in SIDES {
                oval(pen, "#f7e06b", side * 0.09 * width, 0.63, 0.014, 0.014);
            }
        }
    }
}

/// Hair over the brow: from ear to ear over the crown, at `side` high there and at `brow` in the middle,
/// where it parts at `part`.
fn fringe(pen: &Context, colour: &str, side: f64, brow: f64, part: f64) {
    pen.set_fill_style_str(colour);
    pen.begin_path();
    pen.move_to(-0.138, side);
    pen.bezier_curve_to(-0.16, -0.06, 0.16, -0.06, 0.138, side);
    pen.quadratic_curve_to(0.125, brow + 0.02, part, brow);
    pen.quadratic_curve_to(-0.125, brow + 0.02, -0.138, side);
    pen.fill();
}

fn head(pen: &Context, look: &Look, near: bool) {
    let (skin, shade) = SKINS[look.skin as usize];
    let (hair, light) = HAIRS[look.hair as usize];
    for side in SIDES.into_iter().filter(|_| near) {
        if !matches!(look.style, Hair::Bob | Hair::Long | Hair::Afro) {
            oval(pen, shade, side * 0.13, 0.175, 0.028, 0.04);
        }
    }
    oval(pen, skin, 0.0, 0.16, 0.128, 0.15);
    match look.style {
        Hair::Bald => {}
        Hair::Mohawk => oval(pen, hair, 0.0, 0.02, 0.04, 0.045),
        Hair::Short | Hair::Spikes => fringe(pen, hair, 0.12, 0.05, 0.05),
        Hair::Tail | Hair::Bun => fringe(pen, hair, 0.14, 0.035, 0.0),
        Hair::Braids => fringe(pen, hair, 0.15, 0.04, 0.0),
        Hair::Bob => fringe(pen, hair, 0.18, 0.09, 0.0),
        Hair::Long => fringe(pen, hair, 0.2, 0.03, 0.0),
        Hair::Afro => fringe(pen, hair, 0.14, 0.055, 0.0),
    }
    if look.style == Hair::Braids {
        for side in SIDES {
            curve(pen, hair, 0.05, [side * 0.125, 0.16, side * 0.19, 0.32, side * 0.15, 0.55]);
            oval(pen, SHIRTS[look.hat_colour as usize].0, side * 0.15, 0.54, 0.03, 0.02);
        }
    }
    if near {
        pen.set_line_width(0.016);
        match look.style {
            Hair::Bald | Hair::Mohawk => arc(pen, GLOW, 0.0, 0.155, 0.116, 0.138, -2.4, -0.8),
            Hair::Afro => arc(pen, light, 0.0, 0.1, 0.19, 0.175, -2.5, -0.7),
            _ => arc(pen, light, 0.0, 0.11, 0.1, 0.1, -2.3, -1.1),
        }
    }
}

fn eyes(pen: &Context, look: &Look) {
    let (_, shade) = SKINS[look.skin as usize];
    let brow = match look.style {
        Hair::Bald | Hair::Mohawk => shade,
        _ => HAIRS[look.hair as usize].0,
    };
    for side in SIDES {
        oval(pen, "rgba(255,110,90,.16)", side * 0.075, 0.205, 0.032, 0.022);
        if Mood::of(look) == Mood::Laugh {
            pen.set_line_width(0.018);
            arc(pen, INK, side * 0.05, 0.177, 0.028, 0.024, 1.1 * PI, 1.9 * PI);
        } else {
            oval(pen, INK, side * 0.048, 0.165, 0.0185, 0.024);
            oval(pen, "#fff", side * 0.048 + 0.007, 0.156, 0.006, 0.007);
        }
        curve(pen, brow, 0.014, [side * 0.028, 0.122, side * 0.05, 0.108, side * 0.074, 0.122]);
        if wears_glasses(look) {
            pen.set_line_width(0.012);
            arc(pen, FRAME, side * 0.052, 0.165, 0.042, 0.04, 0.0, TAU);
        }
    }
    if wears_glasses(look) {
        curve(pen, FRAME, 0.012, [-0.012, 0.159, 0.0, 0.151, 0.012, 0.159]);
    }
    // The nose.
    curve(pen, shade, 0.013, [-0.008, 0.192, 0.0, 0.202, 0.01, 0.192]);
}

fn mouth(pen: &Context, look: &Look) {
    match Mood::of(look) {
        Mood::Smile => curve(pen, LIPS, 0.016, [-0.05, 0.232, 0.0, 0.272, 0.05, 0.232]),
        Mood::Smirk => curve(pen, LIPS, 0.016, [-0.038, 0.24, 0.01, 0.264, 0.05, 0.228]),
        Mood::Beam | Mood::Laugh => {
            pen.set_fill_style_str(MOUTH);
            pen.begin_path();
            pen.move_to(-0.056, 0.226);
            pen.quadratic_curve_to(0.0, 0.24, 0.056, 0.226);
            pen.quadratic_curve_to(0.045, 0.284, 0.0, 0.284);
            pen.quadratic_curve_to(-0.045, 0.284, -0.056, 0.226);
            pen.fill();
            curve(pen, "#fff", 0.014, [-0.04, 0.236, 0.0, 0.246, 0.04, 0.236]);
        }
    }
}

fn hat(pen: &Context, look: &Look) {
    let (colour, shade) = SHIRTS[look.hat_colour as usize];
    match look.hat {
        Hat::None => {}
        Hat::Cap => {
            dome(pen, colour, 0.09);
            pen.set_fill_style_str(shade);
            pen.begin_path();
            pen.move_to(-0.145, 0.088);
            pen.quadratic_curve_to(0.0, 0.035, 0.145, 0.088);
            pen.quadratic_curve_to(0.16, 0.135, 0.12, 0.13);
            pen.quadratic_curve_to(0.0, 0.085, -0.12, 0.13);
            pen.quadratic_curve_to(-0.16, 0.135, -0.145, 0.088);
            pen.fill();
            oval(pen, "rgba(255,255,255,.8)", 0.0, 0.02, 0.03, 0.022);
        }
        Hat::Beanie => {
            dome(pen, colour, 0.085);
            curve(pen, shade, 0.06, [-0.13, 0.085, 0.0, 0.07, 0.13, 0.085]);
            oval(pen, "#f6f1ff", 0.0, -0.06, 0.05, 0.048);
        }
        Hat::Bucket => {
            dome(pen, colour, 0.085);
            pen.set_fill_style_str(shade);
            pen.begin_path();
            pen.move_to(-0.14, 0.07);
            pen.quadratic_curve_to(0.0, 0.04, 0.14, 0.07);
            pen.line_to(0.19, 0.135);
            pen.quadratic_curve_to(0.0, 0.08, -0.19, 0.135);
            pen.fill();
        }
        Hat::Straw => {
            oval(pen, "#c99a4b", 0.0, 0.075, 0.27, 0.062);
            oval(pen, "#e8c477", 0.0, 0.068, 0.265, 0.052);
            dome(pen, "#dcb25f", 0.06);
            curve(pen, colour, 0.035, [-0.135, 0.05, 0.0, 0.075, 0.135, 0.05]);
        }
        Hat::Headphones => {
            pen.set_line_width(0.03);
            arc(pen, FRAME, 0.0, 0.15, 0.152, 0.165, PI, TAU);
            for side in SIDES {
                oval(pen, colour, side * 0.15, 0.175, 0.034, 0.058);
            }
        }
        Hat::Flowers => {
            for i in 0..7_u8 {
                let x = -0.126 + 0.042 * f64::from(i);
                let petals = SHIRTS[(look.hat_colour + i * 5) as usize % SHIRTS.len()].0;
                oval(pen, petals, x, 0.035 + 2.6 * x * x, 0.032, 0.03);
                oval(pen, "#fff4c2", x, 0.035 + 2.6 * x * x, 0.011, 0.01);
            }
        }
        Hat::Ears => {
            for side in SIDES {
                pen.set_fill_style_str(colour);
                pen.begin_path();
                pen.move_to(side * 0.035, 0.015);
                pen.quadratic_curve_to(side * 0.1, -0.13, side * 0.125, -0.1);
                pen.quadratic_curve_to(side * 0.16, -0.02, side * 0.125, 0.07);
                pen.fill();
                oval(pen, shade, side * 0.1, -0.03, 0.018, 0.03);
            }
            curve(pen, colour, 0.022, [-0.135, 0.07, 0.0, -0.05, 0.135, 0.07]);
        }
    }
}
