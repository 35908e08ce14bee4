//! Arrangement of a show's page: what its viewer has opened, and what they like to see.

use leptos::prelude::*;

use crate::web;

/// Under this key the browser remembers whether words float over heads.
const BUBBLES: &str = "bandstand.bubbles";

/// Arrangement of the viewer: a handle that the parts of the page hold.
#[derive(Clone, Copy)]
pub struct Arrangement {
    /// True while the chat is raised, or opened where it stands behind a button.
    pub chat: RwSignal<bool>,
    /// True while the show fills the page, in a browser that lets no element fill the screen.
    pub filled: RwSignal<bool>,
    /// True if what is said floats over heads.
    pub bubbles: RwSignal<bool>,
}

impl Arrangement {
    /// As everybody finds it; what this browser remembers comes when the page is alive.
    pub fn new() -> Self {
        let bubbles = RwSignal::new(false);
        Effect::new(move || bubbles.set(web::remembered_whether(BUBBLES).unwrap_or(true)));
        Self { chat: RwSignal::new(false), filled: RwSignal::new(false), bubbles }
    }

    /// Lets words float over heads, or no longer, from now on.
    pub fn switch_bubbles(self) {
        let float = !self.bubbles.get_untracked();
        self.bubbles.set(float);
        web::remember_whether(BUBBLES, float);
    }
}
