//! Editor: announces, changes and deletes a show.

use bandstand_domain::{
    Refusal, ShowId,
    accounts::Viewer,
    shows::{ShowDraft, ShowReason},
};
use futures::FutureExt;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    api::{create_show, delete_show, load_draft, load_next_draft, update_show},
    artwork_field::artwork_field,
    dashboard_page::artists_only,
    medium_choice::MediumChoice,
    preview::PosterPreview,
};
use crate::{
    failure::Failed,
    pictures::PictureChoice,
    t,
    ui::{
        About, DeleteButton, DeleteWords, Form, FormState, GenrePicker, NotFound, Submit, TextArea,
        TextField, TimeZoneField, Toaster, Unsaved, later, two_hours_after, wall_clock_soon,
    },
    viewer::AccountNeeded,
};

/// A new show.
#[component]
pub fn NewShowPage() -> impl IntoView {
    let page = |viewer: Viewer| {
        let name = viewer.name.clone();
        artists_only(viewer, move || view! { <New stage_name=name/> }.into_any())
    };
    view! {
        <About title=t!(shows.dashboard.new_show) description=t!(shows.editor.about_new)/>
        <AccountNeeded children=Callback::new(page)/>
    }
    .into_any()
}

/// An existing show, to be changed or deleted.
#[component]
pub fn EditShowPage() -> impl IntoView {
    let page = |viewer: Viewer| {
        let name = viewer.name.clone();
        artists_only(viewer, move || view! { <Existing stage_name=name/> }.into_any())
    };
    view! {
        <About title=t!(shows.editor.edit_show) description=t!(shows.editor.about_edit)/>
        <AccountNeeded children=Callback::new(page)/>
    }
    .into_any()
}

/// A show that begins as the artist's last one was.
#[component]
fn New(stage_name: String) -> impl IntoView {
    let draft = Resource::new(|| (), |()| load_next_draft());
    let page = move || {
        // Who can't be told begins with an empty form.
        let draft = draft.get()?.unwrap_or_default();
        Some(view! { <Editor id=None draft stage_name=stage_name.clone()/> }.into_any())
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{page}</Transition> }.into_any()
}

#[component]
fn Existing(stage_name: String) -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id")?.parse::<ShowId>().ok()));
    let draft = Resource::new(
        move || id.get(),
        |id| async move {
            let id = id.ok_or(Failed(Refusal::NotFound))?;
            load_draft(id).await.map(|draft| (id, draft))
        },
    );
    let page = move || {
        Some(match draft.get()? {
            Ok((id, draft)) => {
                view! { <Editor id=Some(id) draft stage_name=stage_name.clone()/> }.into_any()
            }
            Err(Failed(Refusal::Gone)) => view! {
                <NotFound status=410 title=t!(shows.editor.gone) text=t!(shows.editor.gone_why)/>
            }
            .into_any(),
            Err(Failed(Refusal::NotFound)) => view! { <NotFound title=t!(shows.editor.not_found) text=t!(shows.editor.not_found_why)/> }.into_any(),
            Err(Failed(refused)) => view! { <NotYours refused/> }.into_any(),
        })
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(shows.editor.loading)}</p> }>{page}</Transition> }.into_any()
}

#[component]
fn NotYours(refused: Refusal<ShowReason>) -> impl IntoView {
    view! {
        <section class="page narrow aside-page">
            <h1>{t!(shows.editor.not_yours)}</h1>
            <p class="lead">{refused.to_string()}</p>
            <a class="button primary" href="/dashboard">{t!(app.my_shows)}</a>
        </section>
    }
    .into_any()
}

/// The form of a new show (without `id`) or of an existing one.
#[component]
fn Editor(id: Option<ShowId>, draft: ShowDraft, stage_name: String) -> impl IntoView {
    let toaster = Toaster::expect();
    let navigate = use_navigate();
    let state = FormState::default();
    let title = RwSignal::new(draft.title);
    let description = RwSignal::new(draft.description);
    let genres = RwSignal::new(draft.genres);
    let starts = RwSignal::new(draft.starts);
    let ends = RwSignal::new(draft.ends);
    let time_zone = RwSignal::new(draft.time_zone);
    let members_only = RwSignal::new(draft.members_only);
    let medium = RwSignal::new(draft.medium);
    let artwork = RwSignal::new(draft.artwork);
    Effect::new(move || {
        if id.is_none() && starts.with_untracked(String::is_empty) {
            starts.set(wall_clock_soon());
        }
    });
    // An end that is not after the start (or missing) follows it; as text they compare by time.
    Effect::new(move || {
        let starts = starts.get();
        if !starts.is_empty() && ends.with_untracked(|ends| *ends <= starts) {
            ends.set(two_hours_after(&starts));
        }
    });

    // Gone with the page: whoever has left it meanwhile stays where they are.
    let to_my_shows = Callback::new(move |announced: Option<ShowId>| {
        let query = announced.map(|show| format!("?announced={show}")).unwrap_or_default();
        navigate(&format!("/dashboard{query}"), Default::default());
    });
    let choice = PictureChoice::default();
    let send = move |()| {
        if choice.awaits_decision() {
            return;
        }
        let draft = ShowDraft {
            title: title.get_untracked(),
            description: description.get_untracked(),
            genres: genres.get_untracked(),
            starts: starts.get_untracked(),
            ends: ends.get_untracked(),
            time_zone: time_zone.get_untracked(),
            members_only: members_only.get_untracked(),
            medium: medium.get_untracked(),
            artwork: None,
            audio_hours: 0,
        };
        let request = async move {
            match id {
                Some(id) => update_show(id, draft).await.map(|()| None),
                None => create_show(draft).await.map(Some),
            }
        };
        // The venue checks it, which has a calendar: so all that is wrong is said at once.
        state.send(Ok(()), request, move |announced| {
            if announced.is_none() {
                toaster.say(t!(shows.editor.saved));
            }
            to_my_shows.try_run(announced);
        });
    };
    let label = if id.is_some() { t!(shows.editor.save) } else { t!(shows.editor.announce) };
    let heading = if id.is_some() { t!(shows.editor.change) } else { t!(shows.announce) };
    view! {
        <section class="page editor">
            <h1>{heading}</h1>
            <div class="columns">
                <div class="panel">
                    <Form state on_send=Callback::new(send)>
                        <TextField state name="title" label=t!(shows.editor.title) value=title hint=t!(shows.editor.title_hint) most=70/>
                        <TextArea state name="description" label=t!(shows.editor.description) value=description hint=t!(shows.editor.description_hint) most=800/>
                        <MediumChoice medium audio_hours=draft.audio_hours/>
                        <GenrePicker state label=t!(shows.editor.genres) chosen=genres/>
                        <div class="pair">
                            <TextField state name="starts" label=t!(shows.editor.start) value=starts kind="datetime-local"/>
                            <TextField state name="ends" label=t!(shows.editor.end) value=ends kind="datetime-local"/>
                        </div>
                        <TimeZoneField state value=time_zone/>
                        <GuestSwitch members_only/>
                        <div class="ends">
                            <Submit state label/>
                            <a class="button quiet" href="/dashboard">{t!(ui.cancel)}</a>
                            {later(move || questions(state, id, to_my_shows))}
                        </div>
                    </Form>
                    {id.map(|id| later(move || artwork_field(id, artwork, choice)))}
                </div>
                <PosterPreview id title genres starts artwork stage_name/>
            </div>
        </section>
    }
    .into_any()
}

/// Questions before something is lost. The form is alive without them.
#[wasm_split(editing, wasm_split_path = ::leptos::wasm_split, fallible)]
fn questions(
    state: FormState,
    id: Option<ShowId>,
    done: Callback<Option<ShowId>>,
) -> Result<AnyView, SplitLoaderError> {
    let delete = id.map(|id| {
        let words = DeleteWords {
            button: t!(shows.editor.delete),
            question: t!(shows.editor.delete_question),
            why: t!(shows.editor.delete_why),
            yes: t!(shows.editor.delete_yes),
            no: t!(shows.editor.delete_no),
            deleted: t!(shows.editor.deleted),
        };
        let delete = move |()| {
            let deleting = async move { delete_show(id).await.map_err(|it| it.to_string()) };
            deleting.boxed_local()
        };
        let leave = Callback::new(move |()| {
            done.try_run(None);
        });
        view! { <DeleteButton words delete=Callback::new(delete) on_deleted=leave/> }
    });
    Ok(view! { {delete} <Unsaved state/> }.into_any())
}

/// Returns whether guests may come.
#[component]
fn GuestSwitch(members_only: RwSignal<bool>) -> impl IntoView {
    let guests = NodeRef::<leptos::html::Input>::new();
    // What was switched before the page came alive counts.
    Effect::new(move || {
        if let Some(input) = guests.get()
            && input.checked() == members_only.get_untracked()
        {
            members_only.set(!input.checked());
        }
    });
    let detail = move || {
        if members_only.get() { t!(shows.editor.guests_no) } else { t!(shows.editor.guests_yes) }
    };
    view! {
        <label class="switch">
            <span>{t!(shows.editor.guests)} " " <small class="soft">{detail}</small></span>
            <input
                type="checkbox" role="switch" node_ref=guests checked=!members_only.get_untracked()
                on:change=move |event| members_only.set(!event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
