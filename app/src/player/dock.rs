//! Dock: the place in the frame where a show goes on, small, while its viewer looks around.
//!
//! A session lives in an owner of its own, below the app's and beside those of the pages. The page of the
//! show holds it while it is there; what plays when the page goes comes into the dock, and is taken back
//! by the page when it comes again.

use std::time::Duration;

use bandstand_domain::ShowId;
use leptos::{children::ViewFn, prelude::*};

use super::session::WatchSession;

/// A session, and the owner of all that goes on in it.
struct Held {
    owner: Owner,
    session: WatchSession,
    /// Its view in the dock: brought by the page, so that the frame doesn't weigh what it needs.
    view: ViewFn,
}

impl Held {
    /// Ends the session. Views that show it may still be up in this moment: what they read goes after them.
    fn end(self) {
        self.session.player.stop(false);
        let owner = self.owner;
        set_timeout(move || owner.cleanup(), Duration::ZERO);
    }
}

/// The dock of the frame; in the context of every page.
#[derive(Clone, Copy)]
pub struct Dock {
    app: StoredValue<Option<Owner>>,
    /// The session whose page is up.
    paged: StoredValue<Option<Held>>,
    /// The session in the dock.
    docked: RwSignal<Option<Held>>,
    /// Number of pages on which nothing else may sound.
    shut: StoredValue<u32>,
}

impl Dock {
    /// Makes one that keeps sessions in the current owner, and puts it into the context.
    pub fn provide() -> Self {
        let dock = Self {
            // A server only renders pages, each for as long as it takes.
            app: StoredValue::new(Owner::current().filter(|_| !cfg!(feature = "ssr"))),
            paged: StoredValue::new(None),
            docked: RwSignal::new(None),
            shut: StoredValue::new(0),
        };
        provide_context(dock);
        dock
    }

    /// The frame's dock.
    ///
    /// # Panics
    /// Outside of the app.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Begins a session on its page.
    pub fn begin(
        self,
        view: fn(WatchSession) -> AnyView,
        make: impl FnOnce() -> WatchSession,
    ) -> WatchSession {
        let Some(app) = self.app.get_value() else { return make() };
        let owner = app.child();
        let session = owner.with(make);
        let view = ViewFn::from(move || view(session));
        // Nobody is at a show twice.
        if self.holds(session.show) {
            self.close();
        }
        self.page(Held { owner, session, view });
        session
    }

    /// Takes the session of `show` out of the dock, for the show's page.
    pub fn take(self, show: ShowId) -> Option<WatchSession> {
        let docked =
            self.docked.try_write_untracked()?.take_if(|docked| docked.session.show == show)?;
        let session = docked.session;
        self.page(docked);
        self.docked.notify();
        Some(session)
    }

    /// The page of `session` goes: what plays comes into the dock, everything else ends.
    pub fn part(self, session: WatchSession) {
        let paged = self
            .paged
            .try_update_value(|paged| paged.take_if(|paged| paged.session.show == session.show));
        if let Some(held) = paged.flatten() {
            self.settle(held);
        }
    }

    /// Ends the session in the dock.
    pub fn close(self) {
        self.put(None);
    }

    /// Ends the session in the dock, unless it is that of `show`.
    pub fn leave_other(self, show: ShowId) {
        if !self.holds(show) {
            self.close();
        }
    }

    /// Keeps the dock empty until the current owner is cleaned up: for pages with an open microphone.
    pub fn keep_empty(self) {
        if cfg!(feature = "ssr") {
            return;
        }
        self.shut.update_value(|shut| *shut += 1);
        on_cleanup(move || {
            let _ = self.shut.try_update_value(|shut| *shut -= 1);
        });
        self.close();
    }

    /// Content of the dock, reactively.
    pub fn view(self) -> Option<AnyView> {
        self.docked.with(|docked| docked.as_ref().map(|docked| docked.view.run()))
    }

    fn holds(self, show: ShowId) -> bool {
        self.docked.with_untracked(|docked| {
            docked.as_ref().is_some_and(|docked| docked.session.show == show)
        })
    }

    /// A session whose page is gone.
    fn settle(self, held: Held) {
        if self.shut.get_value() == 0 && held.session.playing.get_untracked() {
            self.put(Some(held));
        } else {
            held.end();
        }
    }

    /// Puts a session into the dock, in place of the one that is there.
    fn put(self, held: Option<Held>) {
        let is_some = held.is_some();
        let before = match self.docked.try_write_untracked() {
            Some(mut docked) => std::mem::replace(&mut *docked, held),
            None => return,
        };
        if is_some || before.is_some() {
            self.docked.notify();
        }
        if let Some(before) = before {
            before.end();
        }
    }

    /// Keeps a session for the page that is up.
    fn page(self, held: Held) {
        if let Some(before) = self.paged.try_update_value(|paged| paged.replace(held)).flatten() {
            self.settle(before);
        }
    }
}
