//! Sprite sheets: figures of the near rows one by one, figures of the far rows together.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d as Context, HtmlCanvasElement};

use super::{
    figure::{self, HALF_WIDTH, HEADROOM, POSE_ABOVE, POSE_BELOW, POSE_HALF_WIDTH, POSES, Pose},
    look::{Look, SKINS},
};

/// The widest sheet, in pixels.
const MAX_WIDTH: f64 = 2_048.0;
/// The night between the viewer and the rows farther away.
const HAZE: &str = "#171233";

/// A canvas that is in no document.
pub struct Sheet {
    /// Itself.
    pub canvas: HtmlCanvasElement,
    /// Its pen.
    pub pen: Context,
}

impl Sheet {
    /// A sheet of so many pixels; `None` where the browser can't draw.
    pub fn new(width: f64, height: f64) -> Option<Self> {
        let canvas: HtmlCanvasElement =
            document().create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width(width.max(1.0) as u32);
        canvas.set_height(height.max(1.0) as u32);
        let pen = pen_of(&canvas)?;
        Some(Self { canvas, pen })
    }
}

/// The pen of a canvas.
pub fn pen_of(canvas: &HtmlCanvasElement) -> Option<Context> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// The figures of one near row, each in a cell of its own.
pub struct Row {
    /// Sheet of the pictures.
    pub sheet: Sheet,
    /// Of a cell, in pixels.
    pub width: f64,
    /// Of a cell, in pixels.
    pub height: f64,
    /// Of a figure, in pixels.
    pub tall: f64,
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
    pub fn new(capacity: u16, tall: f64, length: f64, haze: f64, fade: bool) -> Option<Self> {
        let width = (2.0 * HALF_WIDTH * tall).ceil() + 2.0;
        let height = ((HEADROOM + length) * tall).ceil() + 2.0;
        let columns = (MAX_WIDTH / width).floor().clamp(1.0, f64::from(capacity)) as u32;
        let lines = u32::from(capacity).div_ceil(columns);
        let sheet = Sheet::new(f64::from(columns) * width, f64::from(lines) * height)?;
        let free = (0..capacity).rev().collect();
        Some(Self { sheet, width, height, tall, columns, free, length, haze, fade })
    }

    /// Origin of a cell, in pixels.
    pub fn origin(&self, cell: u16) -> (f64, f64) {
        let (line, column) = (u32::from(cell) / self.columns, u32::from(cell) % self.columns);
        (f64::from(column) * self.width, f64::from(line) * self.height)
    }

    /// Draws a figure into a free cell; `None` when there is none.
    pub fn stamp(&mut self, look: &Look) -> Option<u16> {
        let cell = self.free.pop()?;
        let (x, y) = self.origin(cell);
        let pen = &self.sheet.pen;
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, x, y);
        pen.clear_rect(0.0, 0.0, self.width, self.height);
        pen.save();
        pen.begin_path();
        pen.rect(0.0, 0.0, self.width, self.height);
        pen.clip();
        let _ = pen.translate(self.width / 2.0, HEADROOM * self.tall);
        let _ = pen.scale(self.tall, self.tall);
        figure::draw(pen, look, self.length, true);
        pen.restore();
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
        Some(cell)
    }

    /// Gives a cell back.
    pub fn release(&mut self, cell: u16) {
        self.free.push(cell);
    }
}

/// Half of the figures of one far row, drawn together: a texture of exactly as many.
pub struct Strip {
    /// Sheet of the pictures.
    pub sheet: Sheet,
    /// Its upper edge in the crowd, in pixels.
    pub top: f64,
    /// Of a figure, in pixels.
    pub tall: f64,
    /// Tells whether the same people are on it as last time.
    pub signature: u64,
    /// Time of the drawing.
    pub stamped: f64,
    haze: f64,
}

impl Strip {
    /// Room to the left and the right, into which it sways, in pixels.
    pub const MARGIN: f64 = 12.0;

    /// An empty strip of `width` pixels, for figures that are `tall` pixels and whose crowns are
    /// around `crown` pixels from the top.
    pub fn new(width: f64, crown: f64, tall: f64, haze: f64) -> Option<Self> {
        let sheet = Sheet::new(width + 2.0 * Self::MARGIN, (tall * 1.1).ceil() + 2.0)?;
        let top = (crown - tall * (HEADROOM + 0.06)).floor();
        Some(Self { sheet, top, tall, signature: 0, stamped: 0.0, haze })
    }

    /// Takes everybody off.
    pub fn begin(&self) {
        let _ = self.sheet.pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let (width, height) = (self.sheet.canvas.width(), self.sheet.canvas.height());
        self.sheet.pen.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
    }

    /// Puts somebody on, whose crown is at `x` and `y` pixels of the crowd.
    pub fn stamp(&self, look: &Look, x: f64, y: f64) {
        let (x, y) = (x + Self::MARGIN, y - self.top);
        let _ = self.sheet.pen.set_transform(self.tall, 0.0, 0.0, self.tall, x, y);
        figure::draw(&self.sheet.pen, look, 0.8, false);
    }

    /// Lays the night over all of them.
    pub fn end(&self) {
        let pen = &self.sheet.pen;
        let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let _ = pen.set_global_composite_operation("source-atop");
        pen.set_global_alpha(self.haze);
        pen.set_fill_style_str(HAZE);
        let (width, height) = (self.sheet.canvas.width(), self.sheet.canvas.height());
        pen.fill_rect(0.0, 0.0, f64::from(width), f64::from(height));
        pen.set_global_alpha(1.0);
        let _ = pen.set_global_composite_operation("source-over");
    }
}

/// Poses of the arms in every skin, and what flies in the air.
pub struct Poses {
    /// One line for each skin, one column for each pose.
    pub sheet: Sheet,
    /// A heart.
    pub heart: Sheet,
    /// The light around oneself.
    pub halo: Sheet,
    /// Of a cell, in pixels.
    pub width: f64,
    /// Of a cell, in pixels.
    pub height: f64,
}

impl Poses {
    /// Pixels of the square in which the heart stands, and the light.
    pub const SQUARE: f64 = 96.0;

    /// Draws all of them for figures that are `tall` pixels.
    pub fn new(tall: f64) -> Option<Self> {
        let width = (2.0 * POSE_HALF_WIDTH * tall).ceil();
        let height = ((POSE_ABOVE + POSE_BELOW) * tall).ceil();
        let sheet = Sheet::new(width * POSES.len() as f64, height * SKINS.len() as f64)?;
        for skin in 0..SKINS.len() {
            for (column, pose) in POSES.into_iter().enumerate() {
                let x = (column as f64 + 0.5) * width;
                let y = skin as f64 * height + POSE_ABOVE * tall;
                let _ = sheet.pen.set_transform(tall, 0.0, 0.0, tall, x, y);
                figure::draw_pose(&sheet.pen, pose, skin);
            }
        }
        let (size, half) = (Self::SQUARE, Self::SQUARE / 2.0);
        let heart = Sheet::new(size, size)?;
        let _ = heart.pen.set_transform(size * 0.8, 0.0, 0.0, size * 0.8, half, half);
        figure::draw_heart(&heart.pen);
        let halo = Sheet::new(size, size)?;
        let light = halo.pen.create_radial_gradient(half, half, 0.0, half, half, half).ok()?;
        let _ = light.add_color_stop(0.0, "rgba(255,214,150,.85)");
        let _ = light.add_color_stop(0.55, "rgba(255,180,84,.4)");
        let _ = light.add_color_stop(1.0, "rgba(255,180,84,0)");
        halo.pen.set_fill_style_canvas_gradient(&light);
        halo.pen.fill_rect(0.0, 0.0, size, size);
        Some(Self { sheet, heart, halo, width, height })
    }

    /// Origin of the cell of a pose, in pixels.
    pub fn origin(&self, pose: Pose, skin: u8) -> (f64, f64) {
        (f64::from(pose as u8) * self.width, f64::from(skin) * self.height)
    }
}
