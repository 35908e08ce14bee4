//! Posters for shows without artwork: drawn from the show's identity, always the same, in a few
//! shapes, so that a list of shows looks like a wall of posters and stays light.
//!
//! The colours stand in `style/posters.css` as `.pair-0` … : a ground, a shape and a type colour. Text
//! stands only on the ground, so a pair is readable when its type reaches AA on its ground.

use std::fmt::Write;

use bandstand_domain::shows::ShowCard;
use leptos::prelude::*;

/// Number of colour pairs in `style/posters.css`.
pub const PAIRS: u64 = 14;

/// The shape on a poster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motif {
    Rays,
    Rings,
    Waves,
    Halftone,
    Bars,
    Bloom,
    Sun,
    Arches,
    Peaks,
    Tiles,
}

/// Motifs of the genre's posters; each poster has one of them.
fn motifs(genre: &str) -> [Motif; 4] {
    use Motif::*;
    match genre {
        "metal" | "punk" | "rock" => [Rays, Peaks, Bars, Tiles],
        "electronic" | "dance" | "experimental" => [Waves, Halftone, Tiles, Bars],
        "ambient" | "classical" => [Bloom, Waves, Rings, Sun],
        "jazz" | "blues" | "soul" => [Rings, Bars, Arches, Bloom],
        "folk" | "country" | "singer-songwriter" | "indie" => [Sun, Arches, Peaks, Rays],
        "spoken-word" | "comedy" | "radio" => [Halftone, Bars, Rings, Tiles],
        _ => [Rays, Arches, Sun, Bloom],
    }
}

/// Small numbers out of a seed, one after the other (SplitMix64).
struct Dice(u64);

impl Dice {
    /// A number from `least` to `most`.
    fn roll(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        least + (mixed ^ (mixed >> 31)) % (most - least + 1)
    }
}

/// The poster of a show: the class of its colours, and what is inside its `<svg>` of 240 × 320.
pub fn design(show: &ShowCard) -> (String, String) {
    let mut dice = Dice(show.id.seed());
    let pair = dice.roll(0, PAIRS - 1);
    let genre = show.genres.first().map_or("", |genre| genre.0.as_str());
    let motif = motifs(genre)[dice.roll(0, 3) as usize];
    (format!("pair-{pair}"), draw(motif, &mut dice))
}

/// Draws a motif. `s` fills with the shape's colour, `g` with the ground's; `l` draws lines in the
/// shape's colour. Dashed strokes stand for many nodes: the first HTML stays small.
fn draw(motif: Motif, dice: &mut Dice) -> String {
    let mut svg = String::new();
    let (x, y) = (dice.roll(70, 170), dice.roll(80, 130));
    // Writing to a String can't fail.
    let mut put = |part: std::fmt::Arguments<'_>| {
        let _ = svg.write_fmt(part);
    };
    match motif {
        Motif::Rays => {
            let (rays, turn) = (dice.roll(14, 26), dice.roll(0, 30));
            let disc = dice.roll(22, 38);
            put(format_args!(
                r#"<circle class="l" cx="{x}" cy="{y}" r="170" stroke-width="340" pathLength="{}" stroke-dasharray="1" transform="rotate({turn} {x} {y})"/><circle class="g" cx="{x}" cy="{y}" r="{}"/><circle class="s" cx="{x}" cy="{y}" r="{disc}"/>"#,
                2 * rays,
                disc + 12,
            ));
        }
        Motif::Rings => {
            let (lean, width) = (dice.roll(0, 6) as i64 - 3, dice.roll(13, 18));
            for ring in 1..=5 {
                let radius = ring * width * 2 - width;
                let shift = x as i64 + lean * ring as i64;
                put(format_args!(
                    r#"<circle class="l" cx="{shift}" cy="{y}" r="{radius}" stroke-width="{width}"/>"#
                ));
            }
            put(format_args!(r#"<circle class="s" cx="{x}" cy="{y}" r="6"/>"#));
        }
        Motif::Waves => {
            let (length, height) = (dice.roll(22, 44), dice.roll(8, 20));
            for row in 0..11 {
                let base = 6 + row * 21;
                let mut path =
                    format!("M-{} {base}q{} -{height} {length} 0", dice.roll(0, 40), length / 2);
                for _ in 0..(300 / length) {
                    let _ = write!(path, "t{length} 0");
                }
                put(format_args!(r#"<path class="l" stroke-width="{}" d="{path}"/>"#, 13 - row));
            }
        }
        Motif::Halftone => {
            let (step, heart) = (dice.roll(17, 22), dice.roll(2, 6));
            for row in 0..12_u64 {
                let dot = (step - 1).saturating_sub(row.abs_diff(heart) * 2).max(2);
                put(format_args!(
                    r#"<path class="l round" stroke-width="{dot}" stroke-dasharray="0 {step}" d="M{} {}h260"/>"#,
                    (row % 2) * step / 2,
                    row * step + 4,
                ));
            }
        }
        Motif::Bars => {
            let mut path = String::new();
            for bar in 0..7 {
                let _ = write!(path, "M{} 216V{}", 24 + bar * 32, dice.roll(30, 180));
            }
            put(format_args!(r#"<path class="l round" stroke-width="21" d="{path}"/>"#));
        }
        Motif::Bloom => {
            let petals = dice.roll(10, 16);
            for ring in 1..=8_u64 {
                put(format_args!(
                    r#"<circle class="l round" cx="{x}" cy="{y}" r="{}" stroke-width="{}" pathLength="{petals}" stroke-dasharray="0 1" transform="rotate({} {x} {y})"/>"#,
                    ring * 17,
                    ring * 2 + 3,
                    ring * 180 / petals,
                ));
            }
            put(format_args!(r#"<circle class="s" cx="{x}" cy="{y}" r="6"/>"#));
        }
        Motif::Sun => {
            let radius = dice.roll(74, 92);
            put(format_args!(r#"<circle class="s" cx="120" cy="124" r="{radius}"/>"#));
            for band in 1..=6 {
                put(format_args!(
                    r#"<path class="g" d="M0 {}h240v{}H0z"/>"#,
                    98 + band * 18,
                    band * 2 + 1,
                ));
            }
        }
        Motif::Arches => {
            let (at, width) = (if dice.roll(0, 1) == 0 { 0 } else { 240 }, dice.roll(14, 20));
            for arch in 1..=6 {
                put(format_args!(
                    r#"<circle class="l" cx="{at}" cy="232" r="{}" stroke-width="{width}"/>"#,
                    arch * width * 2 - width / 2,
                ));
            }
        }
        Motif::Peaks => {
            put(format_args!(
                r#"<circle class="s" cx="{x}" cy="{}" r="{}"/>"#,
                dice.roll(48, 70),
                dice.roll(24, 36),
            ));
            // Far to near: each range hides what is behind it.
            for range in 0..5 {
                let (left, right) = (dice.roll(20, 110), dice.roll(130, 220));
                let low = 120 + range * 26;
                put(format_args!(
                    r#"<path class="l peak" stroke-width="{}" d="M-20 {low}L{left} {}L{} {}L{right} {}L260 {low}V340H-20z"/>"#,
                    3 + range,
                    low - dice.roll(34, 60),
                    (left + right) / 2,
                    low - dice.roll(0, 16),
                    low - dice.roll(26, 52),
                ));
            }
        }
        Motif::Tiles => {
            let size = dice.roll(20, 34);
            for row in 0..(260 / size) {
                put(format_args!(
                    r#"<path class="l" stroke-width="{size}" stroke-dasharray="{size}" stroke-dashoffset="{}" d="M-80 {}h400"/>"#,
                    (row % 2) * size + row * 3,
                    row * size + size / 2 - 8,
                ));
            }
        }
    }
    svg
}

/// A show's artwork, or its poster without words, for large places: it fills what is around it.
#[component]
pub fn PosterArt(
    /// The show.
    show: ShowCard,
    /// Wide rather than tall.
    #[prop(default = false)]
    wide: bool,
) -> impl IntoView {
    let (pair, svg) = design(&show);
    if let Some(artwork) = show.artwork {
        return view! {
            <div class=format!("poster-art {pair}") aria-hidden="true">
                <img src=artwork.large() width="1024" height="1024" alt="" decoding="async"/>
            </div>
        }
        .into_any();
    }
    view! {
        <div class=format!("poster-art {pair}") aria-hidden="true">
            <svg viewBox=if wide { "0 32 240 150" } else { "0 0 240 320" } preserveAspectRatio="xMidYMid slice" inner_html=svg></svg>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{
        Millis, ShowId,
        shows::{Artist, Genre},
        stage::StageState,
    };
    use uuid::Uuid;

    use super::*;

    fn show(number: u128, genre: &str) -> ShowCard {
        ShowCard {
            id: ShowId(Uuid::from_u128(number)),
            title: "Ghost Ferry".into(),
            genres: vec![Genre(genre.into())],
            artist: Artist { handle: "ada".into(), stage_name: "Ada".into() },
            starts_at: Millis(0),
            ends_at: Millis(1),
            time_zone: "UTC".into(),
            starts_text: String::new(),
            stage: StageState::Empty,
            members_only: false,
            medium: Default::default(),
            artwork: None,
            replay: false,
        }
    }

    /// WCAG 2.2's contrast ratio of two colours `rrggbb`.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |colour: &str| {
            let part = |at: usize| {
                let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn type_can_be_read_on_every_pair() {
        let style = include_str!("../../../style/posters.css");
        for pair in 0..PAIRS {
            let rule =
                style.split(&format!(".pair-{pair} {{")).nth(1).expect("a rule for the pair");
            let rule = rule.split('}').next().unwrap();
            let colour = |name: &str| {
                let text = rule.split(&format!("--{name}: #")).nth(1).expect("a colour");
                text[..6].to_owned()
            };
            let (back, shape, ink) = (colour("back"), colour("shape"), colour("ink"));
            assert!(contrast(&back, &ink) >= 4.5, "pair {pair}: {}", contrast(&back, &ink));
            assert!(contrast(&back, &shape) >= 1.5, "pair {pair}: the shape can't be seen");
        }
    }

    #[test]
    fn a_poster_stays_the_same_and_is_light() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..400 {
            let genre = ["metal", "ambient", "jazz", "folk", "radio", "dance", "pop"][number % 7];
            let show = show(number as u128, genre);
            let drawn = design(&show);
            assert_eq!(drawn, design(&show));
            assert!(drawn.1.len() < 1600, "{} bytes: {}", drawn.1.len(), drawn.1);
            seen.insert(drawn);
        }
        assert!(seen.len() > 360, "too many look alike: only {} of 400 differ", seen.len());
    }
}
