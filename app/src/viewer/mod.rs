//! Viewer: the person who looks at the page.

pub mod api;
#[cfg(feature = "ssr")]
pub mod port;
mod redirect;
mod unconfirmed;

use bandstand_domain::accounts::{AccountReason, Role, Viewer};
use leptos::{prelude::*, task::spawn_local};

use crate::{failure::Failed, web};
use api::load_viewer;
pub use redirect::{AccountNeeded, Onward, address_with_next, next_in_query};
pub use unconfirmed::Unconfirmed;

/// The person who looks at the page; in the context of every page. Read it inside a `Suspense` or
/// `Transition`, so that the server waits for it.
#[derive(Clone, Copy)]
pub struct CurrentViewer(pub Resource<Result<Option<Viewer>, Failed<AccountReason>>>);

impl CurrentViewer {
    /// Begins to ask who it is, and puts the answer into the context.
    pub fn provide() -> Self {
        let viewer = Self(Resource::new(|| (), |()| load_viewer()));
        provide_context(viewer);
        if !cfg!(feature = "ssr") {
            web::on_page("pageshow", move || viewer.recognize());
        }
        viewer
    }

    /// Loads a page anew that the browser had kept, if somebody else looks at it now.
    fn recognize(self) {
        let person = |viewer: Option<Viewer>| viewer.map(|viewer| viewer.person);
        spawn_local(async move {
            let Ok(now) = load_viewer().await else { return };
            let known = self.0.try_get_untracked().flatten().and_then(Result::ok).flatten();
            if person(known) != person(now) {
                // Refused, it stays as it is, as with any link that can't be followed.
                let _ = window().location().reload();
            }
        });
    }

    /// The page's viewer.
    ///
    /// # Panics
    /// Outside of the app.
    pub fn expect() -> Self {
        expect_context()
    }

    /// The viewer, reactively: `None` while it is not known, `Some(None)` when it is nobody (or
    /// can't be told).
    pub fn load(self) -> Option<Option<Viewer>> {
        self.0.get().map(|answer| answer.ok().flatten())
    }

    /// The viewer, reactively, when it is somebody.
    pub fn get(self) -> Option<Viewer> {
        self.load().flatten()
    }

    /// Returns whether the viewer may put on shows.
    pub fn is_artist(self) -> bool {
        self.get().is_some_and(|viewer| viewer.role == Role::Artist)
    }

    /// Takes over what an answer said: after logging in or out, or becoming a guest.
    pub fn set(self, viewer: Option<Viewer>) {
        self.0.set(Some(Ok(viewer)));
    }

    /// Asks the server again. When it can't be told, who was known before is still taken to look: the
    /// page they are in would be lost otherwise, with what they typed.
    pub fn refetch(self) {
        spawn_local(async move {
            if let Ok(viewer) = load_viewer().await {
                self.set(viewer);
            }
        });
    }
}
