//! Languages by their names.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::{texts::language, web};

/// Languages that a reader can choose.
const OFFERED: [&str; 24] = [
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hi", "hu", "id", "it", "ja", "ko", "nl",
    "pl", "pt", "ro", "ru", "sv", "tr", "uk", "zh",
];

/// Name of a language, in that of the page; its tag where the browser knows none.
pub(super) fn name_of(tag: &str) -> String {
    known_name(tag).unwrap_or_else(|| tag.to_owned())
}

fn known_name(tag: &str) -> Option<String> {
    let intl = web::get(&js_sys::global(), "Intl");
    let names: Function = web::get(&intl, "DisplayNames").dyn_into().ok()?;
    let options = web::object([("type", "language".into())]);
    let names = Reflect::construct(&names, &Array::of2(&language().tag().into(), &options)).ok()?;
    web::call_now(&names, "of", &[JsValue::from_str(tag)]).ok()?.as_string()
}

/// Languages that a reader can choose, by tag and name, in the order of their names.
pub(super) fn offered() -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = OFFERED.iter().map(|tag| (*tag, name_of(tag))).collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

/// The language of the page, or `tag` if that is offered.
pub(super) fn settled(tag: Option<&str>) -> String {
    let tag = tag.filter(|tag| OFFERED.contains(tag));
    tag.unwrap_or_else(|| language().tag()).to_owned()
}
