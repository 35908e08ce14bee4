//! Canvas of the crowd.

use std::{cell::RefCell, rc::Rc};

use bandstand_domain::PersonId;
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    html::Canvas,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlCanvasElement, MediaQueryList, ResizeObserver};

use super::{CrowdHandle, handle::now as clock, painter::Painter, state::CrowdState};
use crate::t;

/// Time between two frames while people only breathe, in milliseconds.
const CALM: f64 = 64.0;
/// Time between two changes of what a screen reader finds, in milliseconds.
const LABEL_PAUSE: f64 = 5_000.0;
/// Version of a crowd that was never drawn.
const UNDRAWN: u64 = u64::MAX;
/// The most pixels of the screen for one CSS pixel that the crowd is drawn with.
const SHARPEST: f64 = 2.0;

/// The crowd, drawn over the whole of the element around it, which has to be positioned.
#[component]
pub fn CrowdView(
    /// Crowd to show.
    crowd: CrowdHandle,
    /// Person of the viewer.
    #[prop(into)]
    me: Signal<Option<PersonId>>,
) -> impl IntoView {
    let node = NodeRef::<Canvas>::new();
    let label = RwSignal::new(String::from(t!(crowd.crowd)));
    let stage = StoredValue::new(None::<SendWrapper<Rc<Animation>>>);
    Effect::new(move || crowd.set_me(me.get()));
    let somebody = Memo::new(move |_| crowd.count().get() > 0);
    let asked = StoredValue::new(false);
    Effect::new(move || {
        let Some(canvas) = node.get().filter(|_| somebody.get() && !asked.get_value()) else {
            return;
        };
        asked.set_value(true);
        spawn_local(async move {
            match animate(canvas, crowd, label).await {
                Ok(animation) => {
                    let unused = stage.try_set_value(animation.map(SendWrapper::new));
                    // The page is another one by now.
                    if let Some(Some(animation)) = unused {
                        animation.stop();
                    }
                }
                // Tried again when the next one comes to an empty room.
                Err(_) => {
                    let _ = asked.try_set_value(false);
                }
            }
        });
    });
    Effect::new(move || {
        crowd.track();
        stage.with_value(|stage| {
            if let Some(stage) = stage {
                stage.wake();
            }
        });
    });
    on_cleanup(move || {
        if let Some(Some(stage)) = stage.try_update_value(Option::take) {
            stage.stop();
        }
    });
    view! { <canvas class="crowd-canvas" role="img" aria-label=label node_ref=node></canvas> }
}

/// Description of the crowd for who doesn't see it.
fn describe(state: &CrowdState) -> String {
    match (state.count(), state.my_row()) {
        (0, _) => t!(crowd.nobody).into(),
        (count, None) => t!(crowd.here, count = count),
        (1, Some(_)) => t!(crowd.alone).into(),
        (count, Some(0)) => t!(crowd.here_first_row, count = count),
        (count, Some(1)) => t!(crowd.here_second_row, count = count),
        (count, Some(2)) => t!(crowd.here_third_row, count = count),
        (count, Some(row)) => t!(crowd.here_row, count = count, row = row + 1),
    }
}

/// The painting is a part of its own: a page is alive without it.
#[wasm_split(crowd, wasm_split_path = ::leptos::wasm_split, fallible)]
fn animate(
    canvas: HtmlCanvasElement,
    crowd: CrowdHandle,
    label: RwSignal<String>,
) -> Result<Option<Rc<Animation>>, SplitLoaderError> {
    crowd.keep_figures();
    Ok(Animation::start(canvas, crowd.state(), label))
}

/// Callback of the browser; it is called for as long as it is kept.
type Callee = Closure<dyn FnMut()>;

/// The loop that paints: sixty times a second while something moves, now and then while people
/// only breathe, and not at all when nothing changes or nobody looks.
struct Animation {
    inner: RefCell<Inner>,
    state: StoredValue<CrowdState>,
    label: RwSignal<String>,
    frame: RefCell<Option<Callee>>,
    calm: RefCell<Option<Callee>>,
    observer: RefCell<Option<(ResizeObserver, Callee)>>,
}

struct Inner {
    painter: Painter,
    canvas: HtmlCanvasElement,
    /// Width and height of the canvas in CSS pixels, until they change: to ask is to have the page laid out.
    room: Option<(f32, f32)>,
    scheduled: Option<i32>,
    timer: Option<i32>,
    last: f64,
    drawn: u64,
    labelled: f64,
    ratio: f64,
    size: (f32, f32),
    stopped: bool,
    stillness: Option<MediaQueryList>,
}

impl Animation {
    fn start(
        canvas: HtmlCanvasElement,
        state: StoredValue<CrowdState>,
        label: RwSignal<String>,
    ) -> Option<Rc<Self>> {
        let inner = Inner {
            painter: Painter::new(canvas.clone()),
            canvas: canvas.clone(),
            room: None,
            scheduled: None,
            timer: None,
            last: 0.0,
            drawn: UNDRAWN,
            labelled: -LABEL_PAUSE,
            ratio: 0.0,
            size: (0.0, 0.0),
            stopped: false,
            stillness: window().match_media("(prefers-reduced-motion: reduce)").ok().flatten(),
        };
        let animation = Rc::new(Self {
            inner: RefCell::new(inner),
            state,
            label,
            frame: RefCell::default(),
            calm: RefCell::default(),
            observer: RefCell::default(),
        });
        let weak = Rc::downgrade(&animation);
        let frame = Closure::new(move || {
            if let Some(animation) = weak.upgrade() {
                animation.paint();
            }
        });
        *animation.frame.borrow_mut() = Some(frame);
        let weak = Rc::downgrade(&animation);
        let calm = Closure::new(move || {
            if let Some(animation) = weak.upgrade() {
                animation.inner.borrow_mut().timer = None;
                animation.wake();
            }
        });
        *animation.calm.borrow_mut() = Some(calm);
        let weak = Rc::downgrade(&animation);
        let resized: Callee = Closure::new(move || {
            if let Some(animation) = weak.upgrade() {
                animation.inner.borrow_mut().room = None;
                animation.wake();
            }
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&canvas);
            *animation.observer.borrow_mut() = Some((observer, resized));
        }
        animation.wake();
        Some(animation)
    }

    /// Asks for a frame, unless one is asked for already.
    fn wake(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.scheduled.is_some() || inner.stopped {
            return;
        }
        if let Some(timer) = inner.timer.take() {
            window().clear_timeout_with_handle(timer);
        }
        if let Some(frame) = &*self.frame.borrow() {
            inner.scheduled = window().request_animation_frame(frame.as_ref().unchecked_ref()).ok();
        }
    }

    fn stop(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.stopped = true;
        if let Some(frame) = inner.scheduled.take() {
            let _ = window().cancel_animation_frame(frame);
        }
        if let Some(timer) = inner.timer.take() {
            window().clear_timeout_with_handle(timer);
        }
        if let Some((observer, _)) = &*self.observer.borrow() {
            observer.disconnect();
        }
    }

    fn paint(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.scheduled = None;
        if inner.stopped {
            return;
        }
        let still = inner.stillness.as_ref().is_some_and(MediaQueryList::matches);
        let next = self.state.try_update_value(|state| inner.paint(state, self.label, still));
        drop(inner);
        match next {
            Some(Next::Frame) => self.wake(),
            Some(Next::Calm) => {
                if let Some(calm) = &*self.calm.borrow() {
                    let calm = calm.as_ref().unchecked_ref();
                    let timer = window()
                        .set_timeout_with_callback_and_timeout_and_arguments_0(calm, CALM as i32);
                    self.inner.borrow_mut().timer = timer.ok();
                }
            }
            Some(Next::Nothing) | None => {}
        }
    }
}

/// Next painting.
enum Next {
    Frame,
    Calm,
    Nothing,
}

impl Inner {
    fn paint(&mut self, state: &mut CrowdState, label: RwSignal<String>, still: bool) -> Next {
        // Of all clocks the one by which the state is told the time.
        let now = clock();
        let canvas = &self.canvas;
        let measure = || (canvas.client_width() as f32, canvas.client_height() as f32);
        let (width, height) = *self.room.get_or_insert_with(measure);
        if width < 1.0 || height < 1.0 {
            return Next::Nothing;
        }
        if !self.painter.is_ready() {
            return Next::Frame;
        }
        let ratio = window().device_pixel_ratio().clamp(1.0, SHARPEST);
        let mut changed = state.pass(now, (now - self.last).clamp(0.0, 250.0));
        self.last = now;
        changed |= state.fit(width, height);
        // Where nobody was yet there is nothing to draw, and a canvas is expensive up to its first stroke:
        // on a phone it would hold up a page that has just come to life.
        let blank = self.drawn == UNDRAWN && state.count() == 0;
        let mut late = false;
        if !blank {
            if self.ratio != ratio || self.size != (width, height) {
                (self.ratio, self.size) = (ratio, (width, height));
                self.painter.resize(state, ratio);
            } else if changed || self.drawn != state.version() {
                self.painter.arrange(state);
            }
            self.drawn = state.version();
            late = self.painter.paint(state, now, still);
        }
        let mut labels_later = false;
        let text = describe(state);
        if label.with_untracked(|label| *label != text) {
            if now - self.labelled >= LABEL_PAUSE {
                self.labelled = now;
                label.set(text);
            } else {
                labels_later = true;
            }
        }
        if late || (state.busy(now) && !still) {
            Next::Frame
        } else if labels_later || state.busy(now) || (state.count() > 0 && !still) {
            Next::Calm
        } else {
            Next::Nothing
        }
    }
}
