//! Painter of a frame of the crowd: mostly copies of pictures that were drawn before.

use std::f64::consts::TAU;

use web_sys::HtmlCanvasElement;

use super::{
    figure::{HEADROOM, POSE_ABOVE, POSE_BELOW, POSE_HALF_WIDTH, Pose},
    handle::now as clock,
    layout::{Side, Spot, scale},
    motion::{Motion, Music},
    screen::{Area, PaintSurface},
    sheet::{Poses, Row, Strip, Symbol},
    sine::sine,
    state::{CrowdFigure, CrowdState, WALKING},
};

/// The most people who are drawn one by one; rows behind them are strips.
const ONE_BY_ONE: usize = 600;
/// Rows so near that people lean instead of only shifting.
const LEANING: u16 = 3;
/// The most milliseconds of a frame that go into drawing figures for the first time.
const BUDGET: f64 = 4.0;
/// The least time between two drawings of the same strip, in milliseconds.
const STRIP_PAUSE: f64 = 180.0;

/// The cell in which a figure was drawn.
#[derive(Clone, Copy)]
struct Cell {
    row: u16,
    index: u16,
    generation: u32,
}

/// Paints the crowd onto one canvas.
pub struct Painter {
    pub(super) screen: PaintSurface,
    pub(super) ratio: f64,
    rows: Vec<Option<Row>>,
    strips: Vec<Option<[Strip; 2]>>,
    pub(super) poses: Option<Poses>,
    /// Cells by the index of the figure.
    cells: Vec<Option<Cell>>,
    /// Indices of figures, far to near.
    order: Vec<u32>,
    /// Number of rows that are drawn one by one.
    near: u16,
    /// Place around which there is light: of whoever is pointed at, else one's own.
    lit: Option<u32>,
    /// Milliseconds of this frame that went into drawing figures for the first time.
    spent: f64,
    /// True if there may be figures that were not drawn yet.
    missing: bool,
}

impl Painter {
    /// A painter for a canvas.
    pub fn new(canvas: HtmlCanvasElement) -> Self {
        Self {
            screen: PaintSurface::new(canvas),
            ratio: 0.0,
            rows: Vec::new(),
            strips: Vec::new(),
            poses: None,
            cells: Vec::new(),
            order: Vec::new(),
            near: 0,
            lit: None,
            spent: 0.0,
            missing: true,
        }
    }

    /// Returns whether a frame can be painted now.
    pub fn is_ready(&mut self) -> bool {
        self.screen.is_ready()
    }

    /// Fits the canvas to its size and to the pixels of the screen. What was drawn is forgotten.
    pub fn resize(&mut self, state: &CrowdState, ratio: f64) {
        let layout = state.layout();
        self.ratio = ratio;
        let width = (f64::from(layout.width) * ratio).round() as u32;
        let height = (f64::from(layout.height) * ratio).round() as u32;
        self.screen.resize(width, height);
        self.rows.clear();
        self.strips.clear();
        self.cells.clear();
        self.poses = Poses::new(&mut self.screen, (f64::from(layout.tall) * ratio).min(180.0));
        self.arrange(state);
    }

    /// Takes in that people came, left or changed places, or that there are more places.
    pub fn arrange(&mut self, state: &CrowdState) {
        let layout = state.layout();
        let mut before = 0;
        self.near = 0;
        self.missing = true;
        for capacity in &layout.capacities {
            before += usize::from(*capacity);
            if before > ONE_BY_ONE && self.near > 0 {
                break;
            }
            self.near += 1;
        }
        self.rows.resize_with(layout.capacities.len(), || None);
        self.strips.resize_with(layout.capacities.len(), || None);
        let figures = state.figures();
        self.order.clear();
        self.order.extend((0..figures.len() as u32).filter(|i| figures[*i as usize].is_some()));
        let spot = |index: u32| {
            let place = figures[index as usize].as_ref().map_or(0, |figure| figure.place);
            layout.spots.get(place as usize).copied().unwrap_or_default()
        };
        self.order.sort_by(|one, other| {
            let (one, other) = (spot(*one), spot(*other));
            other.row.cmp(&one.row).then(one.y.total_cmp(&other.y))
        });
        self.cells.resize(figures.len(), None);
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let generation = figures[index].as_ref().map(|figure| figure.generation);
            if let Some(old) = *cell
                && (generation != Some(old.generation) || spot(index as u32).row != old.row)
            {
                if let Some(row) = &mut self.rows[usize::from(old.row)] {
                    row.release(old.index);
                }
                *cell = None;
            }
        }
    }

    /// Paints one frame. Returns whether figures are still to be drawn for the first time.
    pub fn paint(&mut self, state: &CrowdState, now: f64, still: bool) -> bool {
        let (energy, beat) = state.music();
        let music = Music {
            seconds: now / 1_000.0,
            energy: f64::from(energy),
            beat: f64::from(beat),
            still,
        };
        self.spent = 0.0;
        self.lit = state.pointed_place().or(state.my_place());
        if self.missing {
            self.missing = !self.draw_missing(state);
        }
        let mut late = self.missing;
        let mut begin = 0;
        while begin < self.order.len() {
            let row = self.row_of(state, begin);
            let mut end = begin + 1;
            while end < self.order.len() && self.row_of(state, end) == row {
                end += 1;
            }
            if row >= self.near {
                late |= self.paint_strips(state, row, begin..end, &music, now);
            }
            for at in begin..end {
                late |= self.paint_figure(state, self.order[at], &music, now);
            }
            begin = end;
        }
        self.paint_hearts(state, now, still);
        if let Some(place) = state.my_place() {
            self.paint_marker(state, place, Symbol::Arrow, &music, now);
        }
        for place in state.marked_places() {
            self.paint_marker(state, place, Symbol::Star, &music, now);
        }
        self.screen.show();
        late
    }

    fn row_of(&self, state: &CrowdState, at: usize) -> u16 {
        let place = state.figures()[self.order[at] as usize].as_ref().map_or(0, |f| f.place);
        state.layout().spots.get(place as usize).map_or(0, |spot| spot.row)
    }

    /// Height of a figure of a row, in pixels.
    pub(super) fn tall(&self, state: &CrowdState, row: u16) -> f64 {
        f64::from(state.layout().tall * scale(row)) * self.ratio
    }

    fn paint_strips(
        &mut self,
        state: &CrowdState,
        row: u16,
        members: std::ops::Range<usize>,
        music: &Music,
        now: f64,
    ) -> bool {
        let tall = self.tall(state, row);
        let (ratio, (width, _)) = (self.ratio, self.screen.size());
        let layout = state.layout();
        let spots = &layout.spots;
        let present = |index: &u32| {
            let figure = state.figures()[*index as usize].as_ref()?;
            let spot = spots.get(figure.place as usize)?;
            (figure.left.is_none() && figure.came <= now).then_some((figure, spot))
        };
        let members = &self.order[members];
        let slot = &mut self.strips[usize::from(row)];
        if slot.is_none() {
            let crown = members.iter().find_map(present).map_or(0.0, |(_, spot)| spot.y);
            let crown = f64::from(crown) * ratio;
            let mut strip = || Strip::new(&mut self.screen, width, crown, tall, haze(row));
            *slot = strip().zip(strip()).map(|(one, other)| [one, other]);
        }
        let Some(strips) = slot else { return false };
        let mut late = false;
        for (half, strip) in strips.iter_mut().enumerate() {
            let mine = |figure: &CrowdFigure| figure.place as usize % 2 == half;
            let signature = members.iter().filter_map(present).filter(|(f, _)| mine(f)).fold(
                1_u64,
                |sum, (figure, _)| {
                    let key = u64::from(figure.generation) << 20 ^ u64::from(figure.place);
                    sum.wrapping_add((key + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
                },
            );
            if signature != strip.signature {
                if now - strip.stamped < STRIP_PAUSE || self.spent > BUDGET {
                    late = true;
                } else {
                    let started = clock();
                    strip.begin();
                    for (figure, spot) in members.iter().filter_map(present) {
                        if mine(figure) {
                            let (x, y) = (f64::from(spot.x) * ratio, f64::from(spot.y) * ratio);
                            strip.stamp(&figure.look, x, y, layout.side);
                        }
                    }
                    strip.end(&mut self.screen);
                    strip.signature = signature;
                    strip.stamped = now;
                    self.spent += clock() - started;
                }
            }
            let (mut dx, mut dy) = (0.0, 0.0);
            if !music.still {
                let phase = f64::from(row) * 0.5 + half as f64 * 1.3;
                dx = sine(music.seconds * TAU * 0.45 + phase) * tall * (0.01 + 0.07 * music.energy);
                dy = -tall * 0.1 * music.beat * (1.0 - half as f64 * 0.5);
            }
            let x = (dx.clamp(-Strip::MARGIN, Strip::MARGIN) - Strip::MARGIN).round();
            let (width, height) = strip.size;
            let from = Area { x: 0.0, y: 0.0, width, height };
            let to = Area { x, y: (strip.top + dy).round(), width, height };
            self.screen.copy(strip.sheet, 1.0, from, to);
        }
        late
    }

    fn paint_figure(&mut self, state: &CrowdState, index: u32, music: &Music, now: f64) -> bool {
        let Some(figure) = &state.figures()[index as usize] else { return false };
        let Some(spot) = state.layout().spots.get(figure.place as usize) else { return false };
        if now < figure.came {
            return true;
        }
        let tall = self.tall(state, spot.row);
        let cell = self.cells[index as usize];
        let one_by_one = spot.row < self.near;
        if one_by_one && cell.is_none() {
            return false;
        }
        let (x, y) = self.stands(figure, spot, now);
        let motion = Motion::of(figure, tall, music, now);
        if let Some(pose) = motion.pose {
            // Small figures make large gestures, so that they are seen.
            let size = tall.max(30.0 * self.ratio);
            self.paint_pose(pose, figure.look.skin, x + motion.sway, y + motion.down, size);
        }
        if self.lit == Some(figure.place) && figure.left.is_none() && one_by_one {
            let top = y + motion.down - tall * 0.28;
            self.paint_square(Symbol::Halo, 1.0, x - tall * 0.42, top, tall * 0.84);
        }
        let Some(cell) = cell else { return false };
        let Some(row) = &self.rows[usize::from(spot.row)] else { return false };
        let (sx, sy) = row.origin(cell.index);
        // Whole pixels are copied several times as fast as broken ones. So people lean in bands,
        // each a pixel beside the next.
        let left = (x - row.width / 2.0).round();
        let top = (y + motion.down - HEADROOM * tall).round();
        let sway = motion.sway.round();
        let bands = if spot.row < LEANING { sway.abs() + 1.0 } else { 1.0 };
        let mut from = 0.0;
        for band in 0..bands as u32 {
            let to = (row.height * f64::from(band + 1) / bands).round();
            let aside = sway - sway.signum() * f64::from(band);
            let (width, height) = (row.width, to - from);
            let part = Area { x: sx, y: sy + from, width, height };
            let place = Area { x: left + aside, y: top + from, width, height };
            self.screen.copy(row.sheet, 1.0, part, place);
            from = to;
        }
        false
    }

    /// The crown of a figure, in pixels.
    pub(super) fn stands(&self, figure: &CrowdFigure, spot: &Spot, now: f64) -> (f64, f64) {
        let (mut x, mut y) = (f64::from(spot.x), f64::from(spot.y));
        if let Some((from_x, from_y, since)) = figure.walk {
            let part = ((now - since) / WALKING).clamp(0.0, 1.0);
            let rest = 1.0 - part * part * (3.0 - 2.0 * part);
            x += (f64::from(from_x) - x) * rest;
            y += (f64::from(from_y) - y) * rest;
        }
        (x * self.ratio, y * self.ratio)
    }

    /// Draws figures that have no cell yet, the nearest first, as far as there is time in this
    /// frame. Returns whether all have one.
    fn draw_missing(&mut self, state: &CrowdState) -> bool {
        let started = clock();
        for at in (0..self.order.len()).rev() {
            let index = self.order[at] as usize;
            let Some(figure) = &state.figures()[index] else { continue };
            let Some(spot) = state.layout().spots.get(figure.place as usize) else { continue };
            if spot.row >= self.near {
                break;
            }
            if self.cells[index].is_some() {
                continue;
            }
            if self.spent > BUDGET {
                return false;
            }
            self.cells[index] = self.draw_figure(state, figure, spot);
            self.spent = clock() - started;
        }
        true
    }

    fn draw_figure(
        &mut self,
        state: &CrowdState,
        figure: &CrowdFigure,
        spot: &Spot,
    ) -> Option<Cell> {
        let tall = self.tall(state, spot.row);
        let layout = state.layout();
        let row = &mut self.rows[usize::from(spot.row)];
        if row.is_none() {
            let seen = f64::from(layout.height - spot.y) * self.ratio / tall + 0.45;
            // Whoever stands in front covers the rest; what is not drawn costs nothing.
            let (length, fade) = match (spot.row, layout.side) {
                (0, _) => (seen.min(2.2), false),
                (1, _) => (seen.min(1.3), false),
                (2, Side::Back) => (1.05, true),
                _ => (0.85, true),
            };
            let capacity = layout.capacities[usize::from(spot.row)];
            let (cells, haze) = (capacity + capacity / 2 + 8, haze(spot.row));
            *row = Row::new(&mut self.screen, cells, tall, length, haze, fade);
        }
        let index = row.as_mut()?.stamp(&mut self.screen, &figure.look, layout.side)?;
        Some(Cell { row: spot.row, index, generation: figure.generation })
    }

    fn paint_pose(&mut self, pose: Pose, skin: u8, x: f64, y: f64, size: f64) {
        let Some(poses) = &self.poses else { return };
        let to = Area {
            x: x - POSE_HALF_WIDTH * size,
            y: y - POSE_ABOVE * size,
            width: 2.0 * POSE_HALF_WIDTH * size,
            height: (POSE_ABOVE + POSE_BELOW) * size,
        };
        self.screen.copy(poses.sheet, 1.0, poses.cell(pose, skin), to);
    }
}

/// Darkness of a row, by its distance.
fn haze(row: u16) -> f64 {
    (f64::from(row) * 0.085).min(0.66)
}
