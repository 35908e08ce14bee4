//! Sprite sheets: figures of the near rows one by one, figures of the far rows together.

use super::{
    figure::{self, HALF_WIDTH, HEADROOM, POSE_ABOVE, POSE_BELOW, POSE_HALF_WIDTH, POSES, Pose},
    layout::Side,
    look::{Look, SKINS},
    screen::{Area, Canvas, PaintSurface, SheetId},
};

/// The widest sheet, in pixels.
const MAX_WIDTH: f64 = 2_048.0;
/// The night between the viewer and the rows farther away.
const HAZE: &str = "#171233";

/// The figures of one near row, each in a cell of its own.
pub struct Row {
    /// Sheet of the cells.
    pub sheet: SheetId,
    /// Of a cell, in pixels.
    pub width: f64,
    /// Of a cell, in pixels.
    pub height: f64,
    /// Of a figure, in pixels.
    pub tall: f64,
    picture: Canvas,
    columns: u32,
    free: Vec<u16>,
    length: f64,
    haze: f64,
    fade: bool,
}

impl Row {
    /// Cells for `capacity` figures that are `tall` pixels from crown to hip and seen `length`
    /// times as far down; `haze` 0 to 1 is how much night lies over them. With `fade` they vanish
    /// into it below.
    pub fn new(
        screen: &mut PaintSurface,
        capacity: u16,
        tall: f64,
        length: f64,
        haze: f64,
        fade: bool,
    ) -> Option<Self> {
        let width = (2.0 * HALF_WIDTH * tall).ceil() + 2.0;
        let height = ((HEADROOM + length) * tall).ceil() + 2.0;
        let columns = (MAX_WIDTH / width).floor().min(f64::from(capacity)).max(1.0) as u32;
        let lines = u32::from(capacity).div_ceil(columns);
        let picture = screen.picture(width, height)?;
        let sheet = screen.sheet(f64::from(columns) * width, f64::from(lines) * height);
        let free = (0..capacity).rev().collect();
        Some(Self { sheet, width, height, tall, picture, columns, free, length, haze, fade })
    }

    /// Origin of a cell, in pixels.
    pub fn origin(&self, cell: u16) -> (f64, f64) {
        let (line, column) = (u32::from(cell) / self.columns, u32::from(cell) % self.columns);
        (f64::from(column) * self.width, f64::from(line) * self.height)
    }

    /// Draws a figure into a free cell; `None` when there is none.
    pub fn stamp(&mut self, screen: &mut PaintSurface, look: &Look, side: Side) -> Option<u16> {
        let cell = self.free.pop()?;
        let (x, y) = self.origin(cell);
        let pen = &self.picture.pen;
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        pen.clear_rect(0.0, 0.0, self.width, self.height);
        let _ = pen.set_transform(
            self.tall,
            0.0,
            0.0,
            self.tall,
            self.width / 2.0,
            HEADROOM * self.tall,
        );
        figure::draw(pen, look, self.length, true, side);
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        if self.haze > 0.0 {
            let _ = pen.set_global_composite_operation("source-atop");
            pen.set_global_alpha(self.haze);
            pen.set_fill_style_str(HAZE);
            pen.fill_rect(0.0, 0.0, self.width, self.height);
            pen.set_global_alpha(1.0);
        }
        if self.fade {
            let _ = pen.set_global_composite_operation("destination-out");
            let fade = pen.create_linear_gradient(0.0, self.height * 0.72, 0.0, self.height);
            let _ = fade.add_color_stop(0.0, "rgba(0,0,0,0)");
            let _ = fade.add_color_stop(1.0, "#000");
            pen.set_fill_style_canvas_gradient(&fade);
            pen.fill_rect(0.0, self.height * 0.7, self.width, self.height);
        }
        let _ = pen.set_global_composite_operation("source-over");
        screen.put(self.sheet, &self.picture, x, y);
        Some(cell)
    }

    /// Gives a cell back.
    pub fn release(&mut self, cell: u16) {
        self.free.push(cell);
    }
}

/// Half of the figures of one far row, drawn together: a texture of exactly as many.
pub struct Strip {
    /// Sheet of the picture.
    pub sheet: SheetId,
    /// Size of the sheet, in pixels.
    pub size: (f64, f64),
    /// Its upper edge in the crowd, in pixels.
    pub top: f64,
    /// Of a figure, in pixels.
    pub tall: f64,
    /// Tells whether the same people are on it as last time.
    pub signature: u64,
    /// Time of the drawing.
    pub stamped: f64,
    picture: Canvas,
    haze: f64,
}

impl Strip {
    /// Room to the left and the right, into which it sways, in pixels.
    pub const MARGIN: f64 = 12.0;

    /// An empty strip of `width` pixels, for figures that are `tall` pixels and whose crowns are
    /// around `crown` pixels from the top.
    pub fn new(
        screen: &mut PaintSurface,
        width: f64,
        crown: f64,
        tall: f64,
        haze: f64,
    ) -> Option<Self> {
        let size = ((width + 2.0 * Self::MARGIN).ceil(), (tall * 1.1).ceil() + 2.0);
        let picture = screen.picture(size.0, size.1)?;
        let sheet = screen.sheet(size.0, size.1);
        let top = (crown - tall * (HEADROOM + 0.06)).floor();
        Some(Self { sheet, size, top, tall, signature: 0, stamped: 0.0, picture, haze })
    }

    /// Takes everybody off.
    pub fn begin(&self) {
        let pen = &self.picture.pen;
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        pen.clear_rect(0.0, 0.0, self.size.0, self.size.1);
    }

    /// Puts somebody on, whose crown is at `x` and `y` pixels of the crowd.
    pub fn stamp(&self, look: &Look, x: f64, y: f64, side: Side) {
        let (x, y) = (x + Self::MARGIN, y - self.top);
        let _ = self.picture.pen.set_transform(self.tall, 0.0, 0.0, self.tall, x, y);
        figure::draw(&self.picture.pen, look, 0.8, false, side);
    }

    /// Lays the night over all of them.
    pub fn end(&self, screen: &mut PaintSurface) {
        let pen = &self.picture.pen;
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let _ = pen.set_global_composite_operation("source-atop");
        pen.set_global_alpha(self.haze);
        pen.set_fill_style_str(HAZE);
        pen.fill_rect(0.0, 0.0, self.size.0, self.size.1);
        pen.set_global_alpha(1.0);
        let _ = pen.set_global_composite_operation("source-over");
        screen.put(self.sheet, &self.picture, 0.0, 0.0);
    }
}

/// Poses of the arms in every skin, and what flies in the air.
pub struct Poses {
    /// One line for each skin, one column for each pose.
    pub sheet: SheetId,
    /// Sheet of the squares: see [`Symbol`].
    pub squares: SheetId,
    /// Of a cell, in pixels.
    pub width: f64,
    /// Of a cell, in pixels.
    pub height: f64,
}

/// Drawing in a square of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A heart.
    Heart,
    /// The light around somebody.
    Halo,
    /// The arrow over oneself.
    Arrow,
    /// The star over a helper.
    Star,
}

impl Poses {
    /// Pixels of a square.
    pub const SQUARE: f64 = 96.0;

    /// Draws all of them for figures that are `tall` pixels.
    pub fn new(screen: &mut PaintSurface, tall: f64) -> Option<Self> {
        let width = (2.0 * POSE_HALF_WIDTH * tall).ceil();
        let height = ((POSE_ABOVE + POSE_BELOW) * tall).ceil();
        let size = (width * POSES.len() as f64, height * SKINS.len() as f64);
        let picture = screen.picture(size.0, size.1)?;
        for skin in 0..SKINS.len() {
            for (column, pose) in POSES.into_iter().enumerate() {
                let x = (column as f64 + 0.5) * width;
                let y = skin as f64 * height + POSE_ABOVE * tall;
                let _ = picture.pen.set_transform(tall, 0.0, 0.0, tall, x, y);
                figure::draw_pose(&picture.pen, pose, skin);
            }
        }
        let sheet = screen.sheet(size.0, size.1);
        screen.put(sheet, &picture, 0.0, 0.0);
        let picture = screen.picture(4.0 * Self::SQUARE, Self::SQUARE)?;
        let (pen, half) = (&picture.pen, Self::SQUARE / 2.0);
        let begin = |square: Symbol, size: f64, y: f64| {
            let x = Self::part(square).x + half;
            let _ = pen.set_transform(size, 0.0, 0.0, size, x, y);
        };
        begin(Symbol::Heart, Self::SQUARE * 0.8, half);
        figure::draw_heart(pen);
        begin(Symbol::Halo, half, half);
        let light = pen.create_radial_gradient(0.0, 0.0, 0.0, 0.0, 0.0, 1.0).ok()?;
        let _ = light.add_color_stop(0.0, "rgba(255,214,150,.85)");
        let _ = light.add_color_stop(0.55, "rgba(255,180,84,.4)");
        let _ = light.add_color_stop(1.0, "rgba(255,180,84,0)");
        pen.set_fill_style_canvas_gradient(&light);
        pen.fill_rect(-1.0, -1.0, 2.0, 2.0);
        begin(Symbol::Arrow, half * 0.75, half * 0.6);
        figure::draw_arrow(pen);
        begin(Symbol::Star, half * 0.75, half);
        figure::draw_star(pen);
        let squares = screen.sheet(4.0 * Self::SQUARE, Self::SQUARE);
        screen.put(squares, &picture, 0.0, 0.0);
        Some(Self { sheet, squares, width, height })
    }

    /// Area of the cell of a pose.
    pub fn cell(&self, pose: Pose, skin: u8) -> Area {
        let (x, y) = (f64::from(pose as u8) * self.width, f64::from(skin) * self.height);
        Area { x, y, width: self.width, height: self.height }
    }

    /// Area of a square.
    pub fn part(square: Symbol) -> Area {
        let x = f64::from(square as u8) * Self::SQUARE;
        Area { x, y: 0.0, width: Self::SQUARE, height: Self::SQUARE }
    }
}
