//! Memory of the list of what's on, for who comes back to it: at once there, as long as it was, and current
//! as soon as the live channel has told what was missed.

use bandstand_domain::channel::Cursor;
use leptos::prelude::*;

use super::state::WhatsOnState;

/// The list as it was when its page was left, and from where on events tell of it; in the context of every
/// page.
#[derive(Clone, Copy)]
pub struct ListMemory(StoredValue<Option<(WhatsOnState, Cursor)>>);

impl ListMemory {
    /// Puts an empty one into the context.
    pub fn provide() {
        provide_context(Self(StoredValue::new(None)));
    }

    /// The context's.
    ///
    /// # Panics
    /// Outside of the app.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Takes out what is remembered.
    pub fn take(self) -> Option<(WhatsOnState, Cursor)> {
        self.0.try_update_value(Option::take).flatten()
    }

    /// Remembers the list when the current owner is cleaned up.
    pub fn keep(self, state: RwSignal<WhatsOnState>, cursor: Cursor) {
        if cfg!(feature = "ssr") {
            return;
        }
        on_cleanup(move || {
            let state = state.try_get_untracked();
            // All is over with the document.
            let _ = self.0.try_set_value(state.map(|state| (state, cursor)));
        });
    }
}
