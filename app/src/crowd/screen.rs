//! Surface that a crowd is painted on. A worker does it (`public/crowd.js`), so that the page has its hands
//! free; where browsers have no canvas for workers, the page does.

use std::{cell::Cell, rc::Rc};

use js_sys::{Array, Float32Array};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    CanvasRenderingContext2d as Context, HtmlCanvasElement, MessageEvent, OffscreenCanvas, Worker,
};

use crate::web;

/// Address of the worker's program, with the version of what it is sent.
const PROGRAM: &str = "/crowd.js?1";

/// A picture that something is drawn in, before it is put on a sheet.
pub struct Canvas {
    /// A canvas: of the page, or of nobody.
    canvas: JsValue,
    /// Its pen.
    pub pen: Context,
}

/// Number of a sheet, from which parts are copied onto the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetId(u32);

/// Part of a sheet or of the screen, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Answer of the worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It is being loaded, or paints.
    Awaited,
    /// It waits for the next frame.
    Free,
    /// It can't.
    No,
}

/// Whoever paints.
enum Hand {
    /// Not known yet.
    Undecided,
    Worker,
    Page(Context, Vec<Option<(HtmlCanvasElement, Context)>>),
}

/// Canvas with whoever paints on it.
pub struct PaintSurface {
    canvas: HtmlCanvasElement,
    hand: Hand,
    worker: Option<Worker>,
    answer: Rc<Cell<Answer>>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut()>,
    /// Copies of this frame, each: sheet, opacity, the two areas.
    list: Vec<f32>,
    sheets: u32,
    size: (u32, u32),
}

impl PaintSurface {
    /// The screen on a canvas that nobody has drawn on.
    pub fn new(canvas: HtmlCanvasElement) -> Self {
        let answer = Rc::new(Cell::new(Answer::Awaited));
        let told = answer.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            told.set(if message.data().is_truthy() { Answer::Free } else { Answer::No });
        });
        let told = answer.clone();
        let failed = Closure::<dyn FnMut()>::new(move || told.set(Answer::No));
        let lends = web::get(&canvas, "transferControlToOffscreen").is_function();
        let worker = lends.then(|| Worker::new(PROGRAM).ok()).flatten();
        match &worker {
            Some(worker) => {
                worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
                worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
            }
            None => answer.set(Answer::No),
        }
        Self {
            canvas,
            hand: Hand::Undecided,
            worker,
            answer,
            _heard: heard,
            _failed: failed,
            list: Vec::new(),
            sheets: 0,
            size: (0, 0),
        }
    }

    /// Returns whether a frame can be painted now: not while it isn't known who paints, nor while the
    /// frame before is being painted.
    pub fn is_ready(&mut self) -> bool {
        match (&self.hand, self.answer.get()) {
            (Hand::Page(..), _) => true,
            (_, Answer::Awaited) => false,
            (Hand::Worker, _) => true,
            (Hand::Undecided, Answer::Free) => {
                let Ok(lent) = self.canvas.transfer_control_to_offscreen() else { return false };
                self.hand = Hand::Worker;
                self.order("canvas", &[(&lent).into()], Some(lent.as_ref()));
                true
            }
            (Hand::Undecided, Answer::No) => {
                if let Some(pen) = pen_of(&self.canvas) {
                    self.hand = Hand::Page(pen, Vec::new());
                }
                false
            }
        }
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> (f64, f64) {
        (f64::from(self.size.0), f64::from(self.size.1))
    }

    /// Makes the screen so many pixels large. All sheets are gone then.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.size = (width, height);
        if let Hand::Page(_, sheets) = &mut self.hand {
            sheets.iter_mut().for_each(|sheet| *sheet = None);
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        } else {
            self.order("size", &[width.into(), height.into()], None);
        }
    }

    /// A picture of so many pixels; `None` where the browser can't draw.
    pub fn picture(&self, width: f64, height: f64) -> Option<Canvas> {
        let (width, height) = (width.max(1.0) as u32, height.max(1.0) as u32);
        if let Hand::Page(..) = self.hand {
            let (canvas, pen) = canvas_of(width, height)?;
            return Some(Canvas { canvas: canvas.into(), pen });
        }
        let canvas = OffscreenCanvas::new(width, height).ok()?;
        // It draws by the same names as the pen of a page's canvas.
        let pen = canvas.get_context("2d").ok()??.unchecked_into();
        Some(Canvas { canvas: canvas.into(), pen })
    }

    /// An empty sheet of so many pixels.
    pub fn sheet(&mut self, width: f64, height: f64) -> SheetId {
        let number = self.sheets;
        self.sheets += 1;
        let (width, height) = (width.max(1.0) as u32, height.max(1.0) as u32);
        if let Hand::Page(_, sheets) = &mut self.hand {
            sheets.resize_with(number as usize, || None);
            sheets.push(canvas_of(width, height));
        } else {
            self.order("sheet", &[number.into(), width.into(), height.into()], None);
        }
        SheetId(number)
    }

    /// Puts a picture on a sheet, over what is there. The picture is to be wiped before it is used again.
    pub fn put(&mut self, SheetId(number): SheetId, picture: &Canvas, x: f64, y: f64) {
        if let Hand::Page(_, sheets) = &self.hand {
            let Some(Some((_, pen))) = sheets.get(number as usize) else { return };
            let canvas: &HtmlCanvasElement = picture.canvas.unchecked_ref();
            pen.clear_rect(x, y, f64::from(canvas.width()), f64::from(canvas.height()));
            let _ = pen.draw_image_with_html_canvas_element(canvas, x, y);
            return;
        }
        let canvas: &OffscreenCanvas = picture.canvas.unchecked_ref();
        if let Ok(content) = canvas.transfer_to_image_bitmap() {
            let given = [number.into(), (&content).into(), x.into(), y.into()];
            self.order("put", &given, Some(content.as_ref()));
        }
    }

    /// Copies a part of a sheet onto the screen, in this frame.
    pub fn copy(&mut self, SheetId(number): SheetId, opacity: f64, from: Area, to: Area) {
        self.list.extend([number as f32, opacity as f32]);
        for Area { x, y, width, height } in [from, to] {
            self.list.extend([x as f32, y as f32, width as f32, height as f32]);
        }
    }

    /// Shows the frame: all that was copied since the last one.
    pub fn show(&mut self) {
        if let Hand::Page(pen, sheets) = &self.hand {
            let (width, height) = self.size();
            pen.set_global_alpha(1.0);
            pen.clear_rect(0.0, 0.0, width, height);
            for copy in self.list.chunks_exact(10) {
                let Some(Some((sheet, _))) = sheets.get(copy[0] as usize) else { continue };
                pen.set_global_alpha(f64::from(copy[1]));
                let [sx, sy, sw, sh, x, y, w, h] =
                    std::array::from_fn(|number| f64::from(copy[number + 2]));
                let _ = pen
                    .draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                        sheet, sx, sy, sw, sh, x, y, w, h,
                    );
            }
        } else {
            let list = Float32Array::from(self.list.as_slice());
            self.answer.set(Answer::Awaited);
            self.order("frame", &[(&list).into()], Some(list.buffer().as_ref()));
        }
        self.list.clear();
    }

    /// Sends an order to the worker; `handed` is not the page's any more then.
    fn order(&self, name: &str, given: &[JsValue], handed: Option<&JsValue>) {
        let Some(worker) = &self.worker else { return };
        let order = Array::of1(&name.into());
        given.iter().for_each(|it| {
            order.push(it);
        });
        let handed: Array = handed.into_iter().collect();
        let _ = worker.post_message_with_transfer(&order, &handed);
    }
}

impl Drop for PaintSurface {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}

/// A canvas that is in no document, and its pen.
fn canvas_of(width: u32, height: u32) -> Option<(HtmlCanvasElement, Context)> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let pen = pen_of(&canvas)?;
    Some((canvas, pen))
}

fn pen_of(canvas: &HtmlCanvasElement) -> Option<Context> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}
