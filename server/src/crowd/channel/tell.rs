//! Task of a channel: it tells those who follow what changes.

use std::{sync::Arc, time::Duration};

use bandstand_domain::{channel::ServerFrame, crowd::CrowdChange};
use tokio::time::Instant;

use super::{CrowdChannel, Crowds, State, lock};
use crate::{
    channel::encoded_frame::EncodedFrame,
    clock,
    crowd::{sight::Sight, store},
};

/// The least time between two changes that are told.
const TICK: Duration = Duration::from_millis(100);
/// Least delay of the next snapshot for a listener whose outbox had no room.
const CATCH_UP: Duration = Duration::from_millis(500);
/// The least time between two peaks that are written.
const PEAK: Duration = Duration::from_secs(1);
/// Tells everybody in `channel` what changes, at most every [`TICK`], until nobody is left.
pub(super) async fn tell(crowds: Crowds, channel: Arc<CrowdChannel>, mut kept_peak: u32) {
    let mut last_tick: Option<Instant> = None;
    let mut next_peak = Instant::now();
    let closing = crowds.shared.tasks.closing().clone();
    loop {
        let next = {
            let state = lock(&channel.state);
            let leave = state.present.next_leave().map(Instant::from_std);
            let peak = (state.present.peak() > kept_peak).then_some(next_peak);
            let behind = state.listeners.values().any(|it| !it.knows);
            let behind = last_tick.filter(|_| behind).map(|at| at + CATCH_UP);
            [leave, peak, behind].into_iter().flatten().min()
        };
        tokio::select! {
            () = channel.dirty.notified() => {}
            () = closing.cancelled() => {}
            () = until(next) => {}
        }
        if let Some(last) = last_tick {
            tokio::time::sleep_until(last + TICK).await;
        }
        let now = Instant::now();
        last_tick = Some(now);
        let (peak, empty) = {
            let mut state = lock(&channel.state);
            tick(&mut state, now);
            (state.present.peak(), state.is_empty())
        };
        let over = empty || closing.is_cancelled();
        if peak > kept_peak && (over || now >= next_peak) {
            next_peak = now + PEAK;
            match store::keep_peak(&crowds.shared.database, channel.show, peak).await {
                Ok(()) => kept_peak = peak,
                Err(error) => {
                    tracing::warn!(show = %channel.show, %error, "the peak can't be kept")
                }
            }
        }
        if crowds.close_if_empty(&channel) || closing.is_cancelled() {
            return;
        }
    }
}

/// Tells what changed to those who know the rest, and all of it to the others. Each frame is made once for all
/// who see the same.
fn tick(state: &mut State, now: Instant) {
    let change = state.present.tick(now.into_std());
    if let Some(CrowdChange { gestures, more, count, likes, .. }) = &change {
        let gestures =
            gestures.iter().map(|(_, gesture)| (*gesture, 1)).chain(more.iter().copied());
        state.note_moment(clock::now(), *count, *likes, gestures);
    }
    let State { present, numbers, listeners, .. } = state;
    let now = change.as_ref().map_or(*numbers, |it| (it.count, it.peak, it.likes));
    let same_numbers = std::mem::replace(numbers, now) == now;
    for sight in Sight::ALL {
        let mut seeing: Vec<_> = listeners.iter_mut().filter(|(_, it)| it.sight == sight).collect();
        // Who is told numbers alone isn't told of what moves.
        if let Some(change) = &change
            && !(sight == Sight::Count && same_numbers)
            && seeing.iter().any(|(_, it)| it.knows)
        {
            let change = ServerFrame::CrowdChange(sight.change(change.clone()));
            let frame = EncodedFrame::text(&change);
            for (number, listener) in seeing.iter_mut().filter(|(_, it)| it.knows) {
                listener.knows = listener.outbox.ephemeral(**number, frame.clone());
            }
        }
        if seeing.iter().any(|(_, it)| !it.knows && it.outbox.has_room()) {
            let snapshot = ServerFrame::Crowd(sight.snapshot(present.snapshot()));
            let frame = EncodedFrame::text(&snapshot);
            for (number, listener) in seeing.iter_mut().filter(|(_, it)| !it.knows) {
                listener.knows = listener.outbox.ephemeral(**number, frame.clone());
            }
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
