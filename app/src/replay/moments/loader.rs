//! Loader of moments: it keeps the buffer filled around the time that plays.

use bandstand_domain::{Millis, ShowId};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local_scoped};

use super::buffer::MomentBuffer;
use crate::{player::WatchSession, recordings::api::load_moments, t, texts::told};

/// Milliseconds until what didn't come is asked for again.
const RETRY: u32 = 10_000;

/// Moments of a show that is played again: a handle of what is loaded of them.
#[derive(Clone, Copy)]
pub struct ReplayedMoments {
    /// Loaded moments.
    pub buffer: RwSignal<MomentBuffer>,
    /// True while something is asked for; one request at a time.
    pub loading: RwSignal<bool>,
    /// Trouble, to be read out.
    pub notice: RwSignal<String>,
    show: ShowId,
    now: RwSignal<Option<Millis>>,
}

impl ReplayedMoments {
    /// Loads what belongs to the time that plays, until the current owner is cleaned up.
    pub fn of(session: WatchSession) -> Self {
        let moments = Self {
            buffer: RwSignal::default(),
            loading: RwSignal::new(false),
            notice: RwSignal::default(),
            show: session.show,
            now: session.replayed,
        };
        Effect::new(move || {
            let (now, loading) = (session.replayed.get(), moments.loading.get());
            let wanted = |now| moments.buffer.with_untracked(|it| it.wanted(now));
            if let Some(from) = now.filter(|_| !loading).and_then(wanted) {
                moments.load(from);
            }
        });
        moments
    }

    fn load(self, from: Millis) {
        self.loading.set(true);
        spawn_local_scoped(async move {
            let answer = load_moments(self.show, from).await;
            // The page may be another one by now.
            let Some(now) = self.now.try_get_untracked() else { return };
            let failed = match answer {
                Ok(moments) => {
                    let now = now.unwrap_or(from);
                    let _ = self.buffer.try_update(|it| it.take(from, moments, now));
                    None
                }
                Err(failed) => Some(t!(chat.news.history_failed, why = told(&failed))),
            };
            let wait = failed.is_some();
            let _ = self.notice.try_set(failed.unwrap_or_default());
            if wait {
                TimeoutFuture::new(RETRY).await;
            }
            let _ = self.loading.try_set(false);
        });
    }
}
