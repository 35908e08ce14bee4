//! Choice of a square picture, with its crop.

use bandstand_domain::{
    Refusal,
    people::{PeopleError, PeopleReason, Picture},
};
use leptos::{__reexports::send_wrapper::SendWrapper, ev, html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap, RequestInit, Response};

use super::crop::{Crop, MAX_ZOOM};
use crate::{t, texts::told};

/// Identity of the slider that comes first.
const ZOOM: &str = "picture-zoom";

/// A picture that was chosen but not sent yet.
type Chosen = StoredValue<Option<SendWrapper<ImageBitmap>>>;

/// View of the picture as it is, or of none.
pub(crate) type PictureView = Box<dyn Fn(Option<Picture>) -> AnyView + Send>;

/// Choice of a picture, of which a form beside it has to know.
#[derive(Clone, Copy, Default)]
pub(crate) struct PictureChoice {
    /// A picture was chosen, and neither taken nor let go.
    is_open: RwSignal<bool>,
    complaint: RwSignal<Option<String>>,
    /// A picture from elsewhere on the page, until the field takes it in.
    offered: RwSignal<Option<SendWrapper<ImageBitmap>>>,
}

impl PictureChoice {
    /// Tells whether a picture waits to be taken or let go, and says so beside it: with the page, it would be
    /// lost.
    pub fn awaits_decision(self) -> bool {
        let waits = self.is_open.get_untracked();
        if waits {
            self.complaint.set(Some(t!(people.picture.decide).into()));
        }
        waits
    }

    /// Chooses a picture from elsewhere on the page, as if it had been a file: the field goes on with its crop.
    pub fn offer(self, picture: ImageBitmap) {
        self.offered.try_set(Some(SendWrapper::new(picture)));
    }
}

/// Target of a picture: where it is sent, and at which size.
#[derive(Clone, Debug)]
pub(crate) struct PictureTarget {
    /// Identity of the field.
    pub id: &'static str,
    /// Address to which it is sent.
    pub address: String,
    /// The side of what is sent, in pixels: the venue keeps no larger one.
    pub side: u32,
}

/// A square picture, and how to change it: at once, not with a form around it. `on_change` is called when there is
/// another picture, `on_remove` to take it away. For parts that are loaded later.
pub(crate) fn picture_field(
    label: &'static str,
    target: PictureTarget,
    picture: RwSignal<Option<Picture>>,
    PictureChoice { is_open, complaint, offered }: PictureChoice,
    shown: PictureView,
    on_change: Callback<()>,
    on_remove: Callback<()>,
) -> AnyView {
    let pending = RwSignal::new(false);
    let chosen: Chosen = StoredValue::new(None);
    let crop = RwSignal::new(None::<Crop>);
    let input = NodeRef::<html::Input>::new();
    Effect::new(move || is_open.set(crop.with(Option::is_some)));
    let open = move |bitmap: ImageBitmap| {
        let whole = Crop::new(bitmap.width().into(), bitmap.height().into());
        let _ = chosen.try_update_value(|it| *it = Some(SendWrapper::new(bitmap)));
        crop.try_set(Some(whole));
    };
    Effect::new(move || {
        let Some(bitmap) = offered.get() else { return };
        offered.set(None);
        complaint.set(None);
        open(bitmap.take());
        // Once it is there.
        request_animation_frame(|| {
            let first = document().get_element_by_id(ZOOM);
            if let Some(first) = first.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = first.focus();
            }
        });
    });

    let choose = move |_| {
        let Some(file) = input.get_untracked().and_then(|input| input.files()?.get(0)) else {
            return;
        };
        complaint.set(None);
        spawn_local(async move {
            let opened = match window().create_image_bitmap_with_blob(&file) {
                Ok(opening) => JsFuture::from(opening).await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(bitmap) => open(bitmap.unchecked_into()),
                Err(_) => {
                    crop.try_set(None);
                    complaint.try_set(Some(told(&PeopleReason::NotAPicture)));
                }
            }
        });
    };
    let forget = move || {
        crop.try_set(None);
        let _ = chosen.try_update_value(|it| *it = None);
        if let Some(input) = input.try_get_untracked().flatten() {
            input.set_value("");
            // The buttons go; who has gone on elsewhere meanwhile stays there.
            let focused = document().active_element();
            if focused.is_none_or(|it| matches!(it.closest(".picture-field"), Ok(Some(_)))) {
                let _ = input.focus();
            }
        }
    };
    let id = target.id;
    let note = format!("{id}-note");
    let target = StoredValue::new(target);
    let send = move |_| {
        let target = target.get_value();
        let (Some(part), false) = (crop.get_untracked(), pending.get_untracked()) else { return };
        let Some(bitmap) = chosen.with_value(|it| it.as_ref().map(|it| (**it).clone())) else {
            return;
        };
        pending.set(true);
        complaint.set(None);
        spawn_local(async move {
            match send_square(&bitmap, part, &target).await {
                Ok(new) => {
                    picture.try_set(Some(new));
                    forget();
                    on_change.try_run(());
                }
                Err(refused) => drop(complaint.try_set(Some(refused.to_string()))),
            }
            pending.try_set(false);
        });
    };
    view! {
        <div class="field picture-field">
            <label for=id>{label}</label>
            <div class="row">
                {move || shown(picture.get())}
                <div class="stack">
                    <input
                        class="input"
                        id=id
                        type="file"
                        accept="image/jpeg,image/png,image/webp"
                        aria-describedby=note.clone()
                        aria-invalid=move || complaint.with(Option::is_some).then_some("true")
                        node_ref=input
                        on:change=choose
                    />
                    <p id=note role="status" class=move || if complaint.with(Option::is_some) { "error" } else { "hint" }>
                        {move || complaint.get().unwrap_or_else(|| t!(people.picture.hint).into())}
                    </p>
                    <Show when=move || picture.with(Option::is_some) && crop.with(Option::is_none)>
                        <button class="button" type="button" on:click=move |_| on_remove.run(())>{t!(people.picture.remove)}</button>
                    </Show>
                </div>
            </div>
            <Show when=move || crop.with(Option::is_some)>
                <Cropper chosen crop/>
                <div class="row">
                    <button class="button primary" type="button" aria-busy=move || pending.get().then_some("true") on:click=send>
                        {t!(people.picture.take)}
                    </button>
                    <button class="button quiet" type="button" on:click=move |_| { complaint.set(None); forget() }>{t!(ui.cancel)}</button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The part that is seen: dragged with a finger or the mouse, or moved by three sliders.
#[component]
fn Cropper(chosen: Chosen, crop: RwSignal<Option<Crop>>) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let held = RwSignal::new(None::<(f64, f64)>);
    Effect::new(move || {
        if let (Some(canvas), Some(crop)) = (canvas.get(), crop.get()) {
            chosen.with_value(|bitmap| {
                if let Some(bitmap) = bitmap {
                    // A browser without a canvas shows none; the sliders still choose.
                    let _ = draw(&canvas, bitmap, crop);
                }
            });
        }
    });
    let change = move |change: &dyn Fn(&mut Crop)| {
        crop.update(|crop| {
            if let Some(crop) = crop {
                change(crop);
            }
        });
    };
    let grab = move |event: ev::PointerEvent| {
        if let Some(canvas) = canvas.get_untracked() {
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        held.set(Some((event.client_x().into(), event.client_y().into())));
    };
    let drag = move |event: ev::PointerEvent| {
        let (Some((x, y)), Some(canvas)) = (held.get_untracked(), canvas.get_untracked()) else {
            return;
        };
        let now = (f64::from(event.client_x()), f64::from(event.client_y()));
        let side = f64::from(canvas.client_width().max(1));
        held.set(Some(now));
        // The picture follows the finger; the square goes the other way.
        change(&|crop| crop.move_by((x - now.0) / side, (y - now.1) / side));
    };
    let wheel = move |event: ev::WheelEvent| {
        event.prevent_default();
        let step = if event.delta_y() < 0.0 { 0.15 } else { -0.15 };
        change(&|crop| crop.zoom_to(crop.zoom() + step));
    };
    let percent = move |of: fn(&Crop) -> f64| {
        move || crop.with(|crop| crop.as_ref().map_or(0, |crop| (of(crop) * 100.0) as i32))
    };
    let slider = move |label: &'static str,
                       id: &'static str,
                       least: &'static str,
                       most: i32,
                       of: fn(&Crop) -> f64,
                       set: fn(&mut Crop, f64)| {
        view! {
            <label for=id>{label}</label>
            <input
                id=id type="range" min=least max=most.to_string()
                prop:value=percent(of)
                on:input=move |event| {
                    let part = event_target::<web_sys::HtmlInputElement>(&event).value_as_number() / 100.0;
                    change(&|crop| set(crop, part));
                }
            />
        }
    };
    view! {
        <div class="cropper">
            <canvas
                node_ref=canvas width="320" height="320" aria-hidden="true"
                on:pointerdown=grab on:pointermove=drag
                on:pointerup=move |_| held.set(None) on:pointercancel=move |_| held.set(None)
                on:wheel=wheel
            ></canvas>
            <div class="sliders">
                {slider(t!(people.picture.closer), ZOOM, "100", (MAX_ZOOM * 100.0) as i32, |crop| crop.zoom(), |crop, part| crop.zoom_to(part))}
                {slider(t!(people.picture.left_to_right), "picture-across", "0", 100, |crop| crop.place().0, |crop, part| crop.place_at(Some(part), None))}
                {slider(t!(people.picture.top_to_bottom), "picture-down", "0", 100, |crop| crop.place().1, |crop, part| crop.place_at(None, Some(part)))}
            </div>
        </div>
    }
    .into_any()
}

/// Draws the chosen part over the whole canvas; what can be seen through is white, as it will be.
fn draw(canvas: &HtmlCanvasElement, bitmap: &ImageBitmap, crop: Crop) -> Result<(), JsValue> {
    let context = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let side = f64::from(canvas.width());
    let (left, top, part) = crop.square();
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, side, side);
    context.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
        bitmap, left, top, part, part, 0.0, 0.0, side, side,
    )
}

/// Sends the chosen part: nothing else of the file, and none of its metadata, leaves this machine.
async fn send_square(
    bitmap: &ImageBitmap,
    crop: Crop,
    target: &PictureTarget,
) -> Result<Picture, PeopleError> {
    let blob = square_file(bitmap, crop, target.side)
        .await
        .map_err(|_| Refusal::Because(PeopleReason::NotAPicture))?;
    let answer = async {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&blob);
        let fetched = window().fetch_with_str_and_init(&target.address, &init);
        let response: Response = JsFuture::from(fetched).await?.unchecked_into();
        let text = JsFuture::from(response.text()?).await?;
        Ok::<_, JsValue>((response.ok(), text.as_string().unwrap_or_default()))
    };
    let (ok, text) = answer.await.map_err(|_| Refusal::Unreachable)?;
    if ok {
        return serde_json::from_str(&text).map_err(|_| Refusal::Unreachable);
    }
    Err(serde_json::from_str(&text).unwrap_or(Refusal::Unreachable))
}

async fn square_file(bitmap: &ImageBitmap, crop: Crop, side: u32) -> Result<JsValue, JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    canvas.set_width(side);
    canvas.set_height(side);
    draw(&canvas, bitmap, crop)?;
    let made = js_sys::Promise::new(&mut |done, failed| {
        if let Err(error) = canvas.to_blob_with_type(&done, "image/jpeg") {
            let _ = failed.call1(&JsValue::UNDEFINED, &error);
        }
    });
    let blob = JsFuture::from(made).await?;
    if blob.is_null() { Err(JsValue::UNDEFINED) } else { Ok(blob) }
}
