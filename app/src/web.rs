//! Browser APIs beyond their typed bindings: properties and methods that not every browser has, or
//! whose binding says too little.

use futures::{channel::oneshot, future::select};
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    prelude::{document, window, window_event_listener_untyped},
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::Event;

/// Milliseconds after which a frame is not waited for.
const MAX_FRAME: u32 = 100;

/// A property; undefined where there is none.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// A property of what may be no object at all.
pub fn get_in(value: &JsValue, key: &str) -> Option<JsValue> {
    value.is_object().then(|| get(value, key))
}

/// Sets a property.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Only frozen objects refuse, and none is handed here.
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}

/// An object of properties.
pub fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new().into();
    for (key, value) in entries {
        set(&object, key, &value);
    }
    object
}

/// Calls a method and waits for its promise, if it answers with one.
///
/// # Errors
/// What it threw, or `undefined` where this browser has no such method.
pub async fn call(
    object: &JsValue,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let answer = call_now(object, method, arguments)?;
    match answer.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}

/// Calls a method, now.
///
/// # Errors
/// As [`call`].
pub fn call_now(object: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = get(object, method).dyn_into().map_err(|_| JsValue::UNDEFINED)?;
    method.apply(object, &arguments.iter().collect::<Array>())
}

/// Gives something to another program by the browser's share sheet; to close that is no failure.
///
/// # Errors
/// As [`call`].
pub async fn share(what: &JsValue) -> Result<(), JsValue> {
    match call(&window().navigator(), "share", std::slice::from_ref(what)).await {
        Err(error) if error_name(&error) != "AbortError" => Err(error),
        _ => Ok(()),
    }
}

/// Tells whether something fills the screen.
pub fn is_full_screen() -> bool {
    get(&document(), "fullscreenElement").is_object()
}

/// Fills the screen with an element, or leaves it; false where this browser lets no element fill it.
pub fn toggle_full_screen(element: &JsValue) -> bool {
    let methods = ["requestFullscreen", "webkitRequestFullscreen"];
    if is_full_screen() {
        settle(document().into(), "exitFullscreen");
    } else if let Some(method) = methods.into_iter().find(|it| get(element, it).is_function()) {
        settle(element.clone(), method);
    } else {
        return false;
    }
    true
}

/// Calls a method whose refusal changes nothing: the browser shows by itself what it does.
pub fn settle(object: JsValue, method: &'static str) {
    spawn_local(async move {
        let _ = call(&object, method, &[]).await;
    });
}

/// Copies a text, for other programs.
///
/// # Errors
/// As [`call`].
pub async fn copy(text: &str) -> Result<(), JsValue> {
    let clipboard = get(&window().navigator(), "clipboard");
    call(&clipboard, "writeText", &[JsValue::from_str(text)]).await.map(drop)
}

/// Gives an element the focus without scrolling to it. Without the focus one loses a convenience, nothing else.
pub fn focus_in_place(element: &JsValue) {
    let in_place = object([("preventScroll", JsValue::TRUE)]);
    let _ = call_now(element, "focus", &[in_place]);
}

/// Does something as soon as the page has nothing else to do; at once where browsers don't say so.
pub fn when_idle(act: impl FnOnce() + 'static) {
    let act = Closure::once_into_js(act);
    if call_now(&window(), "requestIdleCallback", std::slice::from_ref(&act)).is_err() {
        // What it answers is of no interest.
        let _ = act.unchecked_into::<Function>().call0(&JsValue::UNDEFINED);
    }
}

/// Waits until the browser has painted something of the page, and not for long: it paints no page in the
/// background.
pub async fn painted() {
    let painted =
        window().performance().is_some_and(|it| it.get_entries_by_type("paint").length() > 0);
    if painted {
        return;
    }
    let (tell, told) = oneshot::channel::<()>();
    // What comes after the frame's callbacks is done when it is painted.
    let frame = Closure::once_into_js(move || Timeout::new(0, move || drop(tell)).forget());
    let _ = window().request_animation_frame(frame.unchecked_ref());
    select(told, TimeoutFuture::new(MAX_FRAME)).await;
}

/// Listens to events of `target` until what is returned is dropped.
pub fn listen(
    target: &JsValue,
    names: &'static [&'static str],
    heard: impl FnMut() + 'static,
) -> Listener {
    let heard = Closure::<dyn FnMut()>::new(heard);
    let listener = Listener { target: SendWrapper::new((target.clone(), heard)), names };
    listener.call("addEventListener");
    listener
}

/// Listens while it is kept.
pub struct Listener {
    target: SendWrapper<(JsValue, Closure<dyn FnMut()>)>,
    names: &'static [&'static str],
}

impl Listener {
    fn call(&self, method: &str) {
        let (target, heard) = &*self.target;
        for name in self.names {
            let _ = call_now(target, method, &[JsValue::from_str(name), heard.as_ref().clone()]);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.call("removeEventListener");
    }
}

/// Calls `then` with every such event of the window, as long as the document lives.
pub fn on_window(name: &'static str, then: impl Fn(Event) + 'static) {
    // Its handle would end it; dropped, it goes on.
    let _ = window_event_listener_untyped(name, then);
}

/// Calls `then` with every `pagehide` after which the browser may keep the page as it is, or with every
/// `pageshow` of a page that it kept, as long as the document lives.
pub fn on_page(name: &'static str, then: impl Fn() + 'static) {
    on_window(name, move |event| {
        if get(&event, "persisted").is_truthy() {
            then();
        }
    });
}

/// Sets a mark on the page's timeline, by which delays are measured.
pub fn mark(name: &str) {
    if let Some(performance) = window().performance() {
        let _ = performance.mark(name);
    }
}

/// The name of an exception, such as `NotAllowedError`.
pub fn error_name(error: &JsValue) -> String {
    get(error, "name").as_string().unwrap_or_default()
}

/// Value in the browser's local storage under `key`.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Returns whether something is remembered in this browser to be so.
pub fn is_remembered(key: &str) -> bool {
    remembered_whether(key) == Some(true)
}

/// The same; nothing where it was never remembered.
pub fn remembered_whether(key: &str) -> Option<bool> {
    Some(remembered(key)? != NO)
}

/// Remembers in this browser whether something is so.
pub fn remember_whether(key: &str, is: bool) {
    remember(key, if is { YES } else { NO });
}

const YES: &str = "1";
const NO: &str = "0";

/// Remembers something in this browser; a browser that refuses does without.
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets what this browser remembers under `key`.
pub fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(key);
    }
}
