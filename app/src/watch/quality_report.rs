//! Quality report, "Why is my picture bad?": statistics of the browser, explained by the venue.

use crate::t;
use std::time::Duration;

use bandstand_domain::quality::{Explanation, Measured};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    player::{PictureState, WatchSession},
    quality::api::explain_picture,
    ui::{every, later_while},
    webrtc::stats::measured,
};

/// Interval of the measurements while the report is open.
const EVERY: Duration = Duration::from_secs(4);

/// A question under the stage that opens to its answer, and is kept up to date while it is open.
#[component]
pub(super) fn QualityReport(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let playing = Memo::new(move |_| {
        !matches!(session.player.picture().get(), PictureState::Off | PictureState::Impossible)
    });
    later_while(playing, move || question(session))
}

/// Comes with the connection, about which it is asked.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn question(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let details = NodeRef::<html::Details>::new();
    let open = RwSignal::new(false);
    let said = RwSignal::new(None::<Result<Explanation, String>>);
    let before = StoredValue::new(String::new());
    let ask = move || {
        spawn_local(async move {
            if explain(session, before, said).await.is_err() {
                said.try_set(Some(Err(t!(ui.not_loaded).into())));
            }
        });
    };
    Effect::new(move || {
        if open.get() {
            ask();
            every(EVERY, ask);
        }
    });
    let view = view! {
        <details
            class="why" node_ref=details
            on:toggle=move |_| open.set(details.get_untracked().is_some_and(|it| it.open()))
        >
            <summary>{t!(watch.why_bad)}</summary>
            <div role="status">
                {move || match said.get() {
                    None => vec![view! { <p>{t!(watch.measuring)}</p> }.into_any()],
                    Some(Err(why)) => vec![view! { <p>{why}</p> }.into_any()],
                    Some(Ok(said)) => said.reasons.into_iter().map(|why| view! { <p>{why}</p> }.into_any()).collect(),
                }}
            </div>
            <dl>
                {move || {
                    let figures = said.get().and_then(Result::ok).map(|said| said.figures).unwrap_or_default();
                    figures.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()
                }}
            </dl>
        </details>
    };
    Ok(view.into_any())
}

/// Measures, and has the venue explain it, now and since what was measured `before`. A part of its own: few
/// ever ask.
#[wasm_split(report, wasm_split_path = ::leptos::wasm_split, fallible)]
fn explain(
    session: WatchSession,
    before: StoredValue<String>,
    said: RwSignal<Option<Result<Explanation, String>>>,
) -> Result<(), SplitLoaderError> {
    spawn_local(async move {
        let Some(whep) = session.player.session() else { return };
        let Some(now) = measured(&whep.peer.connection).await else { return };
        let name = whep.resource.location().rsplit('/').next().unwrap_or_default().into();
        let then = before.try_update_value(|before| std::mem::replace(before, now.clone()));
        let measured = Measured { before: then.unwrap_or_default(), now };
        let answer = explain_picture(session.show, name, measured).await;
        said.try_set(Some(answer.map_err(|failed| failed.to_string())));
    });
    Ok(())
}
