//! Questions before what may be a mistake: going live early, ending the show, leaving the stage; and the way
//! back from an end.

use bandstand_domain::stage::{REOPENING, StageState};
use leptos::{html, prelude::*, task::spawn_local};

use super::{session::Studio, state::StudioStatus};
use crate::{
    navigation::{Destination, Leaving},
    stage::api::reopen_show,
    t,
    ui::{TimeStyle, local_text, modal_while},
};

/// Question to the artist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Going live long before the announced time.
    Early,
    /// Ending the show.
    End,
    /// Leaving the stage by a link, or "back".
    Leave,
}

/// The dialog in which the studio asks; Escape is no.
#[component]
pub(super) fn Questions(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let Studio { question, publisher, page, crowd, .. } = studio;
    let leaving = Leaving::expect();
    let go = leaving.goer();
    let destination = StoredValue::new(None::<Destination>);
    let on_stage = Memo::new(move |_| studio.on_stage());
    Effect::new(move || {
        if on_stage.get() {
            leaving.ask_before(Callback::new(move |to| {
                destination.set_value(Some(to));
                question.set(Some(Question::Leave));
            }));
        }
    });
    let dialog = NodeRef::<html::Dialog>::new();
    let close = move || question.set(None);
    let on_close = modal_while(dialog, Signal::derive(move || question.get().is_some()), close);
    // The words stay while the dialog closes.
    let asked = Memo::new(move |before: Option<&Option<Question>>| {
        question.get().or(before.copied().flatten())
    });
    let rehearsing = move || studio.status.get() == StudioStatus::Rehearsing;
    let title = move || match (asked.get(), crowd.count().get()) {
        (Some(Question::Early), _) => {
            let time = local_text(page.with(|page| page.card.starts_at), TimeStyle::Full);
            t!(studio.early_question, time = time)
        }
        (Some(Question::End), 0) => t!(studio.end_question).into(),
        (Some(Question::End), here) => t!(studio.end_question_for, count = here),
        _ => t!(studio.leave_question).into(),
    };
    let why = move || match asked.get() {
        Some(Question::Early) => t!(studio.early_why),
        Some(Question::End) => t!(studio.end_why),
        _ => t!(studio.leave_why),
    };
    let no = move || match asked.get() {
        Some(Question::Early) if rehearsing() => t!(studio.keep_rehearsing),
        Some(Question::Early) => t!(ui.cancel),
        _ => t!(studio.keep_playing),
    };
    let yes = move || match asked.get() {
        Some(Question::Early) => t!(studio.start_now),
        Some(Question::End) => t!(studio.end),
        _ => t!(studio.leave),
    };
    let early = move || asked.get() == Some(Question::Early) && !rehearsing();
    let rehearse = move |_| {
        close();
        publisher.rehearse();
    };
    let answer = move |_| {
        close();
        match asked.get_untracked() {
            Some(Question::Early) => publisher.go(),
            Some(Question::End) => spawn_local(publisher.end()),
            _ => {
                if let Some(to) = destination.try_update_value(Option::take).flatten() {
                    go(to);
                }
            }
        }
    };
    view! {
        <dialog node_ref=dialog aria-labelledby="studio-question" on:close=on_close>
            <h2 id="studio-question">{title}</h2>
            <p>{why}</p>
            <div class="actions">
                <button class="button" type="button" autofocus on:click=move |_| close()>{no}</button>
                <button class="button primary" type="button" hidden=move || !early() on:click=rehearse>{t!(studio.rehearse)}</button>
                <button class="button live" type="button" on:click=answer>{yes}</button>
            </div>
        </dialog>
    }
    .into_any()
}

/// Takes back an end, as long as that can be.
#[component]
pub(super) fn Reopening(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let trouble = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let possible = Memo::new(move |_| {
        let ended_at = studio.page.with(|page| page.ended_at);
        ended_at.is_some_and(|at| studio.now.get().since(at) < REOPENING)
    });
    let reopen = move |_| {
        busy.set(true);
        spawn_local(async move {
            let (show, was_live) =
                studio.page.with_untracked(|page| (page.card.id, page.live_since.is_some()));
            match reopen_show(show).await {
                // Its devices are opened with the page.
                Ok(()) if studio.opened_late => drop(window().location().reload()),
                // The page may be gone by now; this question is, if the venue was quicker to tell.
                Ok(()) if studio.question.is_disposed() => {}
                Ok(()) => {
                    studio.publisher.state.update(|state| state.announced(StageState::Dropped, 0));
                    if was_live {
                        studio.publisher.go();
                    }
                }
                Err(failed) => {
                    trouble.try_set(Some(failed.to_string()));
                    busy.try_set(false);
                }
            }
        });
    };
    view! {
        <Show when=move || possible.get()>
            <div class="notice stack">
                <p>{t!(studio.reopen_why)}</p>
                <p class="row">
                    <button class="button" type="button" disabled=move || busy.get() on:click=reopen>{t!(studio.reopen)}</button>
                </p>
            </div>
        </Show>
        <p role="alert" class="notice bad" hidden=move || trouble.with(Option::is_none)>{trouble}</p>
    }
    .into_any()
}
