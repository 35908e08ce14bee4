//! Preconnection: a peer connection made before the viewer presses Watch, since browsers take their
//! time for it.

use std::{cell::Cell, rc::Rc};

use futures::{FutureExt, channel::oneshot, future::LocalBoxFuture};
use leptos::{
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsValue;

use crate::{web, webrtc::whep::WhepOffer};

/// Milliseconds for which it is used: networks change.
const MAX_AGE: f64 = 60_000.0;

#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn offering() -> Result<LocalBoxFuture<'static, Result<WhepOffer, JsValue>>, SplitLoaderError> {
    Ok(WhepOffer::new().boxed_local())
}

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
                // Where it can't be made, the player says why.
                if let Ok(offering) = offering().await
                    && let Ok(offered) = offering.await
                {
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

    /// The connection, made now if there was no time for it yet; none when it is too old or closed, or
    /// this browser can't make one.
    pub async fn take(self) -> Option<WhepOffer> {
        if js_sys::Date::now() - self.since > MAX_AGE {
            return None;
        }
        (self.begin)();
        self.told.await.ok().filter(|offered| !offered.is_closed())
    }
}
