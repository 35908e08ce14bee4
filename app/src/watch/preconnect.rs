//! Preconnection: a peer connection made before the viewer presses Watch, since browsers take their
//! time for it.

use std::{cell::Cell, rc::Rc};

use futures::channel::oneshot;
use leptos::task::spawn_local;

use crate::{web, webrtc::whep::WhepOffer};

/// Milliseconds for which it is used: networks change.
const MAX_AGE: f64 = 60_000.0;

/// A connection that is being made ready. Dropping it closes it.
pub struct Preconnection {
    told: oneshot::Receiver<WhepOffer>,
    /// Begins to make it, unless that was begun.
    begin: Rc<dyn Fn()>,
    since: f64,
}

impl Preconnection {
    /// Made as soon as the page has nothing else to do.
    pub fn when_idle() -> Self {
        let (tell, told) = oneshot::channel();
        let tell = Cell::new(Some(tell));
        let begin = Rc::new(move || {
            let Some(tell) = tell.take() else { return };
            spawn_local(async move {
                if let Ok(offered) = WhepOffer::new().await {
                    // Nobody waits any more when the page is gone.
                    let _ = tell.send(offered);
                }
            });
        });
        web::when_idle({
            let begin = begin.clone();
            move || begin()
        });
        Self { told, begin, since: js_sys::Date::now() }
    }

    /// The connection, made now if there was no time for it yet; none when it is too old, or this
    /// browser can't make one.
    pub async fn take(self) -> Option<WhepOffer> {
        if js_sys::Date::now() - self.since > MAX_AGE {
            return None;
        }
        (self.begin)();
        self.told.await.ok()
    }
}
