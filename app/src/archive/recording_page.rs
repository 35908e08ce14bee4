//! Draft page of a recording: its state, a preview, its text and cut, its files, and whether it is published.

use std::time::Duration;

use bandstand_domain::{
    Refusal, ShowId,
    accounts::Viewer,
    recordings::{Mp3State, Recording, RecordingReason, RecordingState, write_time},
};
use futures::FutureExt;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use super::{editor::Editor, files::Files, take_picture::TakePicture};
use crate::{
    failure::Failed,
    pictures::PictureChoice,
    recordings::api::{delete_recording, load_recording, publish_recording},
    replay::{ShownPicture, replay_player},
    stage::load::show_in_address,
    t,
    texts::told,
    ui::{
        About, DeleteButton, DeleteWords, LocalTime, NotFound, TimeStyle, Toaster, every, later,
        write_bytes,
    },
    viewer::AccountNeeded,
    weave,
};

/// Interval at which is asked how far a recording is that isn't ready yet.
const LOOK: Duration = Duration::from_secs(3);

/// The recording of a show, for who looks after it.
#[component]
pub fn RecordingPage() -> impl IntoView {
    view! {
        <About title=t!(archive.recording) description=t!(archive.about_recording)/>
        <AccountNeeded children=Callback::new(|_: Viewer| view! { <Found/> }.into_any())/>
    }
    .into_any()
}

/// The recording of the show that the address names.
#[component]
fn Found() -> impl IntoView {
    let show = show_in_address();
    let loaded = Resource::new(
        move || show.get(),
        |show| async move {
            let show = show.ok_or(Failed(Refusal::NotFound))?;
            load_recording(show).await
        },
    );
    let page = move || {
        Some(match loaded.get()? {
            Ok(recording) => {
                let draft = Draft::new(recording);
                view! { <DraftView draft/> }.into_any()
            }
            Err(Failed(Refusal::NotFound)) => view! {
                <NotFound title=t!(archive.none) text=t!(archive.none_why)/>
            }
            .into_any(),
            Err(Failed(Refusal::Gone)) => view! {
                <NotFound status=410 title=t!(shows.editor.gone) text=t!(shows.editor.gone_why)/>
            }
            .into_any(),
            Err(Failed(why)) => view! { <Refused why/> }.into_any(),
        })
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{page}</Transition> }
    .into_any()
}

#[component]
fn Refused(why: Refusal<RecordingReason>) -> impl IntoView {
    let title = match why {
        Refusal::Forbidden => t!(archive.not_yours),
        _ => t!(archive.recording),
    };
    view! {
        <section class="page narrow aside-page">
            <h1>{title}</h1>
            <p class="lead">{why.to_string()}</p>
            <a class="button primary" href="/dashboard">{t!(app.my_shows)}</a>
        </section>
    }
    .into_any()
}

/// A recording, as it was told last.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// The show.
    pub show: ShowId,
    /// Its recording.
    pub recording: RwSignal<Recording>,
}

impl Draft {
    fn new(recording: Recording) -> Self {
        let draft = Self { show: recording.card.id, recording: RwSignal::new(recording) };
        let makes_mp3 = move || draft.recording.with(|it| matches!(it.mp3, Some(Mp3State::Making)));
        let settles = Memo::new(move |_| !draft.is_ready() || makes_mp3());
        Effect::new(move || {
            if settles.get() {
                every(LOOK, move || spawn_local(draft.renew()));
            }
        });
        draft
    }

    /// Returns whether the recording can be changed and published.
    fn is_ready(self) -> bool {
        let state = self.recording.with(|it| it.state);
        matches!(state, RecordingState::Draft | RecordingState::Published)
    }

    /// Asks the venue how the recording is. What was known stands where it doesn't say.
    pub async fn renew(self) {
        if let Ok(now) = load_recording(self.show).await {
            let is_news = self.recording.try_with_untracked(|known| *known != now);
            if is_news == Some(true) {
                self.recording.try_set(now);
            }
        }
    }
}

#[component]
fn DraftView(draft: Draft) -> impl IntoView {
    let Draft { show, recording } = draft;
    let ready = Memo::new(move |_| draft.is_ready());
    let title = move || recording.with(|it| it.card.title.clone());
    let (starts_at, starts_text) = recording.with_untracked(|it| {
        let card = &it.card;
        (card.starts_at, card.starts_text.clone())
    });
    let facts = move || {
        let (time, bytes) = recording.with(|it| {
            let bytes = it.files.iter().map(|file| file.bytes).sum();
            (write_time(it.duration), bytes)
        });
        format!("{time} · {}", write_bytes(bytes))
    };
    // Another one where something else is played of it.
    let cut = Memo::new(move |_| ready.get().then(|| recording.with(|it| it.cut)));
    let tracks = Signal::derive(move || recording.with(|it| it.tracks.clone()));
    let shown = ShownPicture::default();
    let choice = PictureChoice::default();
    let preview = move || {
        cut.get()?;
        Some(replay_player(recording.with_untracked(|it| it.card.clone()), tracks, shown))
    };
    let mine = recording.with_untracked(|it| it.mine);
    let navigate = use_navigate();
    // Gone with the page: whoever has left it meanwhile stays where they are.
    let leave = Callback::new(move |()| navigate("/recordings", Default::default()));
    view! {
        <Title text=move || t!(archive.recording_title, show = title())/>
        <section class="page narrow stack recording">
            <header class="stack">
                <p class="small"><a href="/recordings">{t!(archive.recordings)}</a></p>
                <h1 dir="auto">{title}</h1>
                <p class="soft">
                    <LocalTime at=starts_at fallback=starts_text style=TimeStyle::Full/> " · " {facts}
                </p>
            </header>
            <Publication draft ready/>
            {preview}
            <TakePicture preview=shown choice/>
            <Show when=move || ready.get()>
                <Editor draft choice/>
                <Files recording/>
                {mine.then(|| later(move || delete_button(show, leave)))}
            </Show>
        </section>
    }
    .into_any()
}

/// State of the recording in words, and the button that publishes it, or takes it back.
#[component]
fn Publication(draft: Draft, ready: Memo<bool>) -> impl IntoView {
    let Draft { show, recording } = draft;
    let toaster = Toaster::expect();
    let pending = RwSignal::new(false);
    let state = Memo::new(move |_| recording.with(|it| (it.state, it.deleted_at)));
    let is_published = move || state.get().0 == RecordingState::Published;
    let words = move || match state.get() {
        (RecordingState::Running, _) => t!(archive.running).into_any(),
        (RecordingState::Storing, _) => t!(archive.storing).into_any(),
        (RecordingState::Draft, None) => t!(archive.draft).into_any(),
        (RecordingState::Draft, Some(at)) => {
            weave!(archive.draft_until, date = view! { <LocalTime at fallback=""/> }).into_any()
        }
        (RecordingState::Published, _) => {
            let link = view! { <a href=format!("/shows/{show}")>{t!(archive.published_link)}</a> };
            weave!(archive.published, link = link).into_any()
        }
    };
    let stopped = move || {
        let why = recording.with(|it| it.stopped)?;
        Some(view! { <p class="notice bad">{told(&why)}</p> })
    };
    let press = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let wanted = state.get_untracked().0 != RecordingState::Published;
        spawn_local(async move {
            match publish_recording(show, wanted).await {
                Ok(()) => draft.renew().await,
                Err(refused) => toaster.say(refused.to_string()),
            }
            pending.try_set(false);
        });
    };
    view! {
        <section class="panel stack" aria-labelledby="publication">
            <h2 id="publication">{t!(archive.publication)}</h2>
            {stopped}
            <p role="status">{words}</p>
            <Show when=move || ready.get()>
                <p class="row">
                    <button
                        class="button" class:primary=move || !is_published() type="button"
                        aria-busy=move || pending.get().then_some("true") on:click=press
                    >
                        {move || if is_published() { t!(archive.unpublish) } else { t!(archive.publish) }}
                    </button>
                </p>
            </Show>
        </section>
    }
    .into_any()
}

/// The button that deletes the recording, after asking. The page is alive without it.
#[wasm_split(editing, wasm_split_path = ::leptos::wasm_split, fallible)]
fn delete_button(show: ShowId, on_deleted: Callback<()>) -> Result<AnyView, SplitLoaderError> {
    let words = DeleteWords {
        button: t!(archive.delete),
        question: t!(archive.delete_question),
        why: t!(archive.delete_why),
        yes: t!(archive.delete_yes),
        no: t!(archive.delete_no),
        deleted: t!(archive.deleted),
    };
    let delete = move |()| {
        let deleting = async move { delete_recording(show).await.map_err(|it| it.to_string()) };
        deleting.boxed_local()
    };
    let button = view! { <DeleteButton words delete=Callback::new(delete) on_deleted/> };
    Ok(view! { <p class="row">{button}</p> }.into_any())
}
