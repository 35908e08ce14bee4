//! Bubbles: what was said lately, over the figures of who said it.

use std::sync::Arc;

use bandstand_domain::chat::ChatMessage;
use leptos::{
    html,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::arrangement::Arrangement;
use crate::{chat::name_colour, crowd::CrowdHandle, player::WatchSession, ui};

/// The most characters of a message in a bubble; all of it is in the chat.
const LONGEST: usize = 120;
/// Distance of a bubble from the head, from others and from the edges, in CSS pixels.
const GAP: f32 = 6.0;

/// Words over heads. Nothing for screen readers, which read the chat.
#[component]
pub(super) fn Bubbles(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    ui::later(move || bubbles(session, arranged))
}

/// Comes with the figures.
#[wasm_split(crowd, wasm_split_path = ::leptos::wasm_split, fallible)]
fn bubbles(session: WatchSession, arranged: Arrangement) -> Result<AnyView, SplitLoaderError> {
    let layer = NodeRef::<html::Div>::new();
    let said = Memo::new(move |_| {
        let floats = arranged.bubbles.get() && session.inside();
        if floats { session.chat.said_lately(session.now.get()) } else { Vec::new() }
    });
    Effect::new(move || {
        let said = said.get();
        if !said.is_empty() {
            // People walk, and windows change.
            session.now.track();
            request_animation_frame(move || settle(layer, session.crowd, &said));
        }
    });
    let view = view! {
        <div class="bubbles" aria-hidden="true" node_ref=layer>
            <For each=move || said.get() key=|message| message.id children=bubble/>
        </div>
    };
    Ok(view.into_any())
}

fn bubble(message: Arc<ChatMessage>) -> AnyView {
    let text = message.text.chars().take(LONGEST).collect::<String>();
    view! {
        <p class="bubble" class:bubble-artist=message.from_artist>
            <span class="bubble-words" dir="auto">
                <bdi class=name_colour(&message.author)>{message.name.clone()}</bdi> " " {text}
            </span>
        </p>
    }
    .into_any()
}

/// Puts the bubbles where they belong, the newest first. For whom there is no room, or no figure, waits out of
/// sight; the artist, who stands on the stage, speaks from its middle.
fn settle(layer: NodeRef<html::Div>, crowd: CrowdHandle, said: &[Arc<ChatMessage>]) {
    let Some(layer) = layer.try_get_untracked().flatten() else { return };
    let room = (layer.client_width() as f32, layer.client_height() as f32);
    let newest =
        std::iter::successors(layer.last_element_child(), |it| it.previous_element_sibling());
    // All is measured before anything moves, or the browser would lay the page out again for each.
    let measured: Vec<_> = newest
        .filter_map(|it| it.dyn_into::<HtmlElement>().ok())
        .map(|it| (it.offset_width() as f32, it.offset_height() as f32, it))
        .collect();
    let mut placed = Vec::new();
    for (message, (width, height, element)) in said.iter().rev().zip(measured) {
        let size = (width, height);
        let stage = || message.from_artist.then_some((room.0 / 2.0, size.1 + GAP));
        let frame = crowd
            .crown_of(&message.author)
            .or_else(stage)
            .and_then(|crown| place(crown, size, room, &placed).map(|frame| (crown, frame)));
        let style = HtmlElement::style(&element);
        let set = |name: &str, value: f32| {
            let _ = style.set_property(name, &format!("{}px", value.round() as i32));
        };
        // What has a place already glides to the next.
        let had_place = element.class_list().contains("placed");
        let _ = element.class_list().toggle_with_force("gliding", had_place);
        let _ = element.class_list().toggle_with_force("placed", frame.is_some());
        if let Some((crown, frame)) = frame {
            set("--x", frame.left);
            set("--y", frame.top);
            set("--tail", (crown.0 - frame.left).min(frame.width - 2.0 * GAP).max(2.0 * GAP));
            placed.push(frame);
        }
    }
}

/// Place of a bubble, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frame {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl Frame {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.left + other.width + GAP
            && other.left < self.left + self.width + GAP
            && self.top < other.top + other.height + GAP
            && other.top < self.top + self.height + GAP
    }
}

/// A place over `crown` for a bubble, above all that are `placed` and would be covered; none where that is
/// outside of the room.
fn place(
    crown: (f32, f32),
    (width, height): (f32, f32),
    room: (f32, f32),
    placed: &[Frame],
) -> Option<Frame> {
    let left = (crown.0 - width / 2.0).min(room.0 - width - GAP).max(GAP);
    let mut frame = Frame { left, top: crown.1 - GAP - height, width, height };
    // Each turn leads above one of them.
    while let Some(met) = placed.iter().find(|other| frame.meets(other)) {
        frame.top = met.top - GAP - height;
    }
    (frame.top >= 0.0).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: (f32, f32) = (390.0, 200.0);
    const SIZE: (f32, f32) = (140.0, 40.0);

    #[test]
    fn bubble_stands_over_its_head_and_inside() {
        let middle = place((200.0, 120.0), SIZE, ROOM, &[]).unwrap();
        assert_eq!((middle.left, middle.top), (130.0, 74.0));
        let left = place((10.0, 120.0), SIZE, ROOM, &[]).unwrap();
        assert_eq!(left.left, GAP);
        let right = place((385.0, 120.0), SIZE, ROOM, &[]).unwrap();
        assert_eq!(right.left + right.width, 390.0 - GAP);
    }

    #[test]
    fn neighbours_cover_nothing_of_each_other_and_some_wait() {
        let mut placed = Vec::new();
        for x in [180.0, 200.0, 220.0, 190.0, 210.0] {
            if let Some(frame) = place((x, 150.0), SIZE, ROOM, &placed) {
                assert!(placed.iter().all(|other| !frame.meets(other)), "{frame:?}");
                placed.push(frame);
            }
        }
        assert_eq!(placed.len(), 3, "{placed:?}");
    }
}
