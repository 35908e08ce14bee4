//! Files on their way, with how far each is.

use leptos::prelude::*;

use super::queue::{Outgoing, UploadQueue, UploadState};
use crate::{t, ui::write_bytes};

/// Files on their way, and those that were interrupted before.
#[component]
pub(super) fn QueueView(
    /// The queue.
    queue: UploadQueue,
) -> impl IntoView {
    let row = move |file: Outgoing| view! { <Row queue file/> };
    let interrupted = Memo::new(move |_| {
        let known = queue.files.get();
        queue.interrupted.with(|all| {
            let is_known =
                |path: &str| known.iter().any(|it| it.path.get_value().as_deref() == Some(path));
            let names = all.iter().filter(|it| !is_known(&it.path)).map(|it| it.name.clone());
            names.collect::<Vec<_>>()
        })
    });
    view! {
        <Show when=move || interrupted.with(|names| !names.is_empty())>
            <div class="notice">
                <p>{move || t!(uploads.interrupted, names = interrupted.get().join(", "))}</p>
                <button class="button quiet" type="button" on:click=move |_| queue.cancel_interrupted()>
                    {t!(uploads.give_up)}
                </button>
            </div>
        </Show>
        <ul role="list" class="uploads" aria-label=t!(uploads.on_their_way)>
            <For each=move || queue.files.get() key=|file| file.number children=row/>
        </ul>
    }
    .into_any()
}

#[component]
fn Row(queue: UploadQueue, file: Outgoing) -> impl IntoView {
    let name = file.name();
    let (label, bar) = (format!("upload-{}", file.number), name.clone());
    let can_pause = move || {
        file.state.with(|it| {
            matches!(it, UploadState::Waiting | UploadState::Sending | UploadState::Retrying)
        })
    };
    let can_resume =
        move || file.state.with(|it| matches!(it, UploadState::Paused | UploadState::Failed(_)));
    let words = move || match file.state.get() {
        UploadState::Waiting => t!(uploads.waiting).into(),
        UploadState::Sending => {
            t!(uploads.sent_of, sent = write_bytes(file.sent.get()), all = write_bytes(file.bytes))
        }
        UploadState::Retrying => t!(uploads.retrying).into(),
        UploadState::Finishing => t!(uploads.finishing).into(),
        UploadState::Paused => t!(uploads.paused).into(),
        UploadState::Failed(why) => why,
    };
    let has_failed = move || file.state.with(|it| matches!(it, UploadState::Failed(_)));
    let button = move |word: &'static str, act: fn(UploadQueue, Outgoing), name: String| {
        view! {
            <button class="button quiet" type="button" aria-label=format!("{word}: {name}") on:click=move |_| act(queue, file)>
                {word}
            </button>
        }
        .into_any()
    };
    let (pause, resume, cancel) = (name.clone(), name.clone(), name.clone());
    view! {
        <li>
            <p id=label dir="auto">{name}</p>
            <progress
                aria-label=bar max=file.bytes.to_string()
                prop:value=move || file.sent.get() as f64
            ></progress>
            <p class=move || if has_failed() { "small error" } else { "small soft" }>{words}</p>
            <div class="row">
                {move || can_pause().then(|| button(t!(uploads.pause), UploadQueue::pause, pause.clone()))}
                {move || can_resume().then(|| button(t!(uploads.resume), UploadQueue::resume, resume.clone()))}
                {button(t!(ui.cancel), UploadQueue::cancel, cancel)}
            </div>
        </li>
    }
    .into_any()
}
