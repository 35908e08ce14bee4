//! Hearts that count: one's heart is a like of the show, unless the last one is too fresh.

use bandstand_domain::{
    Refusal, ShowId,
    crowd::{CrowdReason, LIKE_COOL_DOWN},
};
use futures::{FutureExt, future::LocalBoxFuture};
use leptos::{
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{CrowdHandle, api::like_show, handle::now};
use crate::failure::Failed;

/// Counts a heart of the viewer as a like of `show`. One that is too fresh, or gets lost, has risen all the same.
pub fn count_heart(show: ShowId, crowd: CrowdHandle) {
    spawn_local(async move {
        if let Ok(liking) = liking(show, crowd).await {
            liking.await;
        }
    });
}

/// Comes with the buttons.
#[wasm_split(crowd, wasm_split_path = ::leptos::wasm_split, fallible)]
fn liking(
    show: ShowId,
    crowd: CrowdHandle,
) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    Ok(like(show, crowd).boxed_local())
}

async fn like(show: ShowId, crowd: CrowdHandle) {
    if !crowd.begins_to_like(now()) {
        return;
    }
    let answer = like_show(show).await;
    let wait = match &answer {
        Err(Failed(Refusal::Because(CrowdReason::CoolDown { seconds }))) => *seconds,
        _ => LIKE_COOL_DOWN,
    };
    crowd.liked(answer.ok(), now() + f64::from(wait) * 1_000.0);
}
