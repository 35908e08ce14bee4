//! Editor of a recording: text and artwork of its show, tracklist, links, and what of it is played.

use bandstand_domain::recordings::{RecordingForm, write_links, write_time, write_tracklist};
use leptos::prelude::*;

use super::recording_page::Draft;
use crate::{
    pictures::PictureChoice,
    recordings::api::update_recording,
    shows::artwork_field,
    t,
    ui::{Form, FormState, Submit, TextArea, TextField, Toaster, Unsaved, later},
};

/// The form, with what is known when it is made. Nothing that is told later touches what was typed.
#[component]
pub(super) fn Editor(
    /// The recording.
    draft: Draft,
    /// Choice of the artwork.
    choice: PictureChoice,
) -> impl IntoView {
    let Draft { show, recording } = draft;
    let toaster = Toaster::expect();
    let state = FormState::default();
    let (form, artwork, began_at, duration) = recording.with_untracked(|it| {
        let form = RecordingForm {
            title: it.card.title.clone(),
            description: it.description.clone(),
            tracklist: write_tracklist(&it.tracks, it.began_at),
            links: write_links(&it.links),
            from: write_time(it.cut.from),
            // A part of a second belongs to what is played.
            to: write_time(it.cut.to.div_ceil(1_000) * 1_000),
        };
        (form, it.card.artwork.clone(), it.began_at, it.duration)
    });
    let title = RwSignal::new(form.title);
    let description = RwSignal::new(form.description);
    let tracklist = RwSignal::new(form.tracklist);
    let links = RwSignal::new(form.links);
    let from = RwSignal::new(form.from);
    let to = RwSignal::new(form.to);
    let send = move |()| {
        if choice.awaits_decision() {
            return;
        }
        let form = RecordingForm {
            title: title.get_untracked(),
            description: description.get_untracked(),
            tracklist: tracklist.get_untracked(),
            links: links.get_untracked(),
            from: from.get_untracked(),
            to: to.get_untracked(),
        };
        let checked = form.read(began_at, duration).map(drop);
        let request = async move {
            let saved = update_recording(show, form).await;
            if saved.is_ok() {
                draft.renew().await;
            }
            saved
        };
        state.send(checked, request, move |()| toaster.say(t!(archive.saved)));
    };
    let artwork = RwSignal::new(artwork);
    let length = write_time(duration.div_ceil(1_000) * 1_000);
    view! {
        <section class="panel stack" aria-labelledby="recording-text">
            <h2 id="recording-text">{t!(archive.text)}</h2>
            <Form state on_send=Callback::new(send)>
                <TextField state name="title" label=t!(shows.editor.title) value=title most=70/>
                <TextArea state name="description" label=t!(shows.editor.description) value=description most=800/>
                <TextArea state name="tracklist" label=t!(watch.tracklist) value=tracklist hint=t!(archive.tracklist_hint)/>
                <TextArea state name="links" label=t!(replay.links) value=links hint=t!(archive.links_hint)/>
                <fieldset class="field">
                    <legend>{t!(archive.played)}</legend>
                    <div class="pair">
                        <TextField state name="from" label=t!(archive.from) value=from exact=true/>
                        <TextField state name="to" label=t!(archive.to) value=to exact=true/>
                    </div>
                    <p class="hint">{t!(archive.played_hint, time = length)}</p>
                </fieldset>
                <div class="row">
                    <Submit state label=t!(shows.editor.save)/>
                </div>
            </Form>
            <Unsaved state/>
            {later(move || artwork_field(show, artwork, choice))}
        </section>
    }
    .into_any()
}
