//! Files of a recording, to be downloaded.

use bandstand_domain::recordings::{Mp3State, RecordedFile, Recording, write_time};
use leptos::prelude::*;

use crate::{t, ui::write_bytes};

/// Links to the files, and to all of them at once.
#[component]
pub(super) fn Files(
    /// The recording.
    recording: RwSignal<Recording>,
) -> impl IntoView {
    let files = Memo::new(move |_| recording.with(|it| it.files.clone()));
    let show = recording.with_untracked(|it| it.card.id);
    let list = move || {
        let files = files.get();
        let many = files.len() > 1;
        let all = many.then(|| {
            let size = write_bytes(files.iter().map(|file| file.bytes).sum());
            let words = t!(archive.all_files, size = size);
            view! { <li><a href=format!("/shows/{show}/recording.zip") rel="external" download="">{words}</a></li> }
        });
        let link = |(number, file): (usize, RecordedFile)| {
            let words = match many {
                false => file_words(&file),
                true => t!(archive.part, number = number + 1, file = file_words(&file)),
            };
            view! { <li><a href=format!("/recordings/{}?download", file.id) rel="external" download="">{words}</a></li> }
        };
        let links = files.into_iter().enumerate().map(link).collect_view();
        view! { {all} {links} }
    };
    let state = Memo::new(move |_| recording.with(|it| it.mp3));
    let mp3 = move || {
        state.get().and_then(|state| match state {
            Mp3State::Ready(mp3) => {
                let (length, size) = (write_time(mp3.duration), write_bytes(mp3.bytes));
                let words = t!(archive.mp3, length = length, size = size);
                let address = format!("{}?download", mp3.path());
                Some(view! { <a href=address rel="external" download="">{words}</a> })
            }
            _ => None,
        })
    };
    let making = move || {
        state.get().and_then(|state| {
            Some(match state {
                Mp3State::Ready(_) => return None,
                Mp3State::Making => t!(archive.mp3_making),
                Mp3State::Full => t!(archive.mp3_full),
                Mp3State::Silent => t!(archive.mp3_silent),
                Mp3State::Failed => t!(archive.mp3_failed),
                Mp3State::Impossible => t!(archive.mp3_impossible),
            })
        })
    };
    view! {
        <section class="panel stack" aria-labelledby="recording-files">
            <h2 id="recording-files">{t!(archive.download)}</h2>
            <ul role="list" class="stack">{list}</ul>
            <p role="status">{making} {mp3}</p>
            <p class="hint" hidden=move || files.with(|files| files.len() < 2)>{t!(archive.download_hint)}</p>
        </section>
    }
    .into_any()
}

/// Format, length and size of a file.
fn file_words(file: &RecordedFile) -> String {
    let format = match file.media_type.split(';').next().unwrap_or_default() {
        "video/webm" | "audio/webm" => "WebM",
        "video/mp4" | "audio/mp4" => "MP4",
        "audio/ogg" => "Ogg",
        "audio/mpeg" => "MP3",
        "audio/aac" => "AAC",
        other => other,
    };
    let picture = file.size.map(|(width, height)| format!(" {width} × {height}"));
    let picture = picture.unwrap_or_default();
    format!("{format}{picture}, {}, {}", write_time(file.duration), write_bytes(file.bytes))
}
