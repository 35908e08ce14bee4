//! Scroll positions of the history's entries: "back" and "forward" find a page where it was left.
//!
//! Browsers do that by themselves for pages that they load. Here they would do it before the page is
//! there, so that it is on us; while the document goes away it is theirs again.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::web;

/// Entries that are remembered; the oldest is forgotten first.
const MAX_ENTRIES: usize = 64;
/// Milliseconds for which a page may take to become as long as it was.
const MAX_WAIT: f64 = 5_000.0;
/// Frames for which a page has to stay where it was put, until it is left alone.
const STEADY: u32 = 12;
/// Under this key the tab remembers the positions when the document goes.
const STORED: &str = "bandstand.scroll";
/// Under this key an entry's name stands in its state.
const ENTRY: &str = "entry";

/// Position at which each entry was left, in whole pixels: reading fractions from text takes a table of 10 KiB.
#[derive(Default)]
struct Positions {
    /// The latest last.
    entries: VecDeque<(String, i32)>,
    /// Counts the entries that were gone to, so that one restoration ends when the next begins.
    visit: u32,
    /// A position is being restored, and what the page scrolls by itself isn't the person's.
    restoring: bool,
}

impl Positions {
    fn set(&mut self, entry: String, top: i32) {
        // While one scrolls, it is the same each time.
        if let Some((last, known)) = self.entries.back_mut()
            && *last == entry
        {
            *known = top;
            return;
        }
        self.entries.retain(|(other, _)| *other != entry);
        self.entries.push_back((entry, top));
        if self.entries.len() > MAX_ENTRIES {
            self.entries.pop_front();
        }
    }

    fn get(&self, entry: &str) -> Option<i32> {
        self.entries.iter().find(|(other, _)| other == entry).map(|(_, top)| *top)
    }

    fn write(&self) -> String {
        self.entries.iter().map(|(entry, top)| format!("{entry} {top}\n")).collect()
    }

    fn read(text: &str) -> Self {
        let mut positions = Self::default();
        for (entry, top) in text.lines().filter_map(|line| line.split_once(' ')) {
            if let Ok(top) = top.parse() {
                positions.set(entry.into(), top);
            }
        }
        positions
    }
}

type Shared = Rc<RefCell<Positions>>;

/// Keeps the positions from now on, as long as the document lives. `place` is the path that the router shows,
/// or is about to.
///
/// Before the router, so that "back" is heard here first.
pub fn keep_scroll() -> impl Fn(Signal<String>) {
    let shown = StoredValue::new(None::<Signal<String>>);
    if !cfg!(feature = "ssr") {
        listen(shown);
    }
    move |path| shown.set_value(Some(path))
}

fn listen(shown: StoredValue<Option<Signal<String>>>) {
    let stored = storage().and_then(|it| it.get_item(STORED).ok().flatten());
    let positions = Rc::new(RefCell::new(Positions::read(&stored.unwrap_or_default())));
    by_browser(false);

    // Between the router's turning to another page and its address the position is that of neither.
    let settled = move || {
        let path = shown.try_get_value().flatten().map(|path| path.get_untracked());
        path.is_none() || path == window().location().pathname().ok()
    };
    let save = {
        let positions = positions.clone();
        move || {
            if !positions.borrow().restoring && settled() {
                let top = window().scroll_y().unwrap_or_default().round() as i32;
                positions.borrow_mut().set(entry(), top);
            }
        }
    };
    web::on_window("scroll", move |_| save());
    for touch in ["wheel", "touchstart", "pointerdown", "keydown"] {
        let positions = positions.clone();
        web::on_window(touch, move |_| positions.borrow_mut().restoring = false);
    }
    web::on_window("popstate", {
        let positions = positions.clone();
        move |_| restore(&positions)
    });
    web::on_window("pagehide", {
        let positions = positions.clone();
        move |_| {
            by_browser(true);
            if let Some(storage) = storage() {
                // Full, it is done without.
                let _ = storage.set_item(STORED, &positions.borrow().write());
            }
        }
    });
    web::on_window("pageshow", |_| by_browser(false));
}

/// Puts the page where it was when it was left, as soon as it is long enough for that, unless the person
/// scrolls meanwhile.
fn restore(positions: &Shared) {
    let mut this = positions.borrow_mut();
    let top = this.get(&entry());
    if top.is_none() && window().location().hash().is_ok_and(|hash| !hash.is_empty()) {
        // Never seen before: the browser goes to what the address names.
        return;
    }
    this.visit += 1;
    this.restoring = true;
    let visit = this.visit;
    drop(this);
    let until = js_sys::Date::now() + MAX_WAIT;
    step(positions.clone(), visit, f64::from(top.unwrap_or_default()), 0, until);
}

fn step(positions: Shared, visit: u32, top: f64, steady: u32, until: f64) {
    request_animation_frame(move || {
        let goes_on = positions.borrow().restoring && positions.borrow().visit == visit;
        if !goes_on {
            return;
        }
        let waits = document().query_selector("main .waiting").is_ok_and(|it| it.is_some());
        let there = (window().scroll_y().unwrap_or_default() - top).abs() < 2.0;
        if !there {
            let options = web::object([
                ("top", JsValue::from_f64(top)),
                ("behavior", JsValue::from_str("instant")),
            ]);
            let _ = web::call_now(&window(), "scrollTo", &[options]);
        }
        let steady = if there && !waits { steady + 1 } else { 0 };
        if steady < STEADY && js_sys::Date::now() < until {
            step(positions, visit, top, steady, until);
        } else {
            positions.borrow_mut().restoring = false;
        }
    });
}

/// The name of the history's present entry, which gets one if it has none.
fn entry() -> String {
    let Ok(history) = window().history() else { return String::new() };
    let state = history.state().unwrap_or(JsValue::NULL);
    if let Some(name) = web::get_in(&state, ENTRY).and_then(|name| name.as_string()) {
        return name;
    }
    let name = format!("{:x}", (js_sys::Math::random() * 1e15) as u64);
    let state = web::object([(ENTRY, JsValue::from_str(&name))]);
    // Refused (too many of them), it is remembered for nobody.
    let _ = history.replace_state_with_url(&state, "", None);
    name
}

/// Lets the browser restore positions, or not.
fn by_browser(is: bool) {
    if let Ok(history) = window().history() {
        let who = JsValue::from_str(if is { "auto" } else { "manual" });
        web::set(&history, "scrollRestoration", &who);
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_latest_entries() {
        let mut positions = Positions::default();
        for number in 0..=MAX_ENTRIES {
            positions.set(number.to_string(), number as i32);
        }
        positions.set("7".into(), 700);
        assert_eq!(positions.get("0"), None);
        assert_eq!(positions.get("1"), Some(1));
        let again = Positions::read(&positions.write());
        assert_eq!(again.get("7"), Some(700));
        assert_eq!(again.entries, positions.entries);
        assert!(Positions::read("nonsense\n1 x\n").entries.is_empty());
    }
}
