//! Toasts: short news that is read out, and goes by itself.

use std::time::Duration;

use leptos::prelude::*;

/// Time for which a toast stays.
const STAY: Duration = Duration::from_secs(6);

/// Toasts of a page; in the context of every page.
#[derive(Clone, Copy)]
pub struct Toaster(RwSignal<Vec<(u32, String)>>);

impl Toaster {
    /// Makes one and puts it into the context.
    pub fn provide() -> Self {
        let toaster = Self(RwSignal::default());
        provide_context(toaster);
        toaster
    }

    /// The page's toaster.
    ///
    /// # Panics
    /// Outside of the app.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Says something. At most three stand there at once.
    pub fn say(self, text: impl Into<String>) {
        let text = text.into();
        let number = self.0.with_untracked(|all| all.last().map_or(0, |(number, _)| number + 1));
        self.0.update(|all| {
            if all.len() == 3 {
                all.remove(0);
            }
            all.push((number, text));
        });
        set_timeout(move || self.0.update(|all| all.retain(|(other, _)| *other != number)), STAY);
    }
}

/// The place where toasts appear.
#[component]
pub fn Toasts(
    /// Toasts of the page.
    toaster: Toaster,
) -> impl IntoView {
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For
                each=move || toaster.0.get()
                key=|(number, _)| *number
                children=|(_, text)| view! { <p>{text}</p> }
            />
        </div>
    }
    .into_any()
}
