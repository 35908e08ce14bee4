//! Keeps what one reads where it is, while texts in the list become longer or shorter.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Distance from the end within which the list stays at its end, in CSS pixels.
const AT_END: i32 = 56;

/// Where the list was before a change.
pub(super) struct ScrollHold {
    list: HtmlElement,
    /// The first message in sight, and how far below the list's edge it was; none at the end of the list.
    first: Option<(HtmlElement, i32)>,
}

impl ScrollHold {
    /// Notes where the list is, if it is shown.
    pub fn take() -> Option<Self> {
        let list = document().query_selector(".chat-list").ok()??.dyn_into::<HtmlElement>().ok()?;
        let (top, height) = (list.scroll_top(), list.client_height());
        if height == 0 {
            return None;
        }
        if list.scroll_height() - height - top < AT_END {
            return Some(Self { list, first: None });
        }
        let rows = list.children();
        let row = |at: u32| rows.item(at).and_then(|it: Element| it.dyn_into::<HtmlElement>().ok());
        let edge = top + list.offset_top();
        let (mut from, mut to) = (0, rows.length());
        while from < to {
            let middle = from.midpoint(to);
            let above = row(middle).is_none_or(|it| it.offset_top() + it.offset_height() <= edge);
            (from, to) = if above { (middle + 1, to) } else { (from, middle) };
        }
        let first = row(from).map(|row| (row.offset_top() - top, row)).map(|(at, row)| (row, at));
        Some(Self { list, first })
    }

    /// Brings the list back there, once it shows the change.
    pub fn keep(self) {
        request_animation_frame(move || {
            let top = match &self.first {
                Some((row, at)) => row.offset_top() - at,
                None => self.list.scroll_height(),
            };
            if top != self.list.scroll_top() {
                self.list.set_scroll_top(top);
            }
        });
    }
}
