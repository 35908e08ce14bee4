//! Title of what plays now, typed by its artist.

use bandstand_domain::shows::{MAX_TITLE, Medium};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{fold::Fold, session::Studio};
use crate::{
    shows::Figures,
    stage::api::set_title,
    t,
    ui::{Form, FormState, Submit, TextField},
};

/// Title that plays. A part of its own: a studio is alive without it.
#[wasm_split(playing, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn now_playing(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <NowPlaying studio/> }.into_any())
}

/// Figures for the artist, once the show is over.
#[wasm_split(playing, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn figures(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    let show = studio.page.with_untracked(|page| page.card.id);
    Ok(view! { <Figures show/> }.into_any())
}

/// The title that plays, and a field for the next one.
#[component]
fn NowPlaying(studio: Studio) -> impl IntoView {
    let state = FormState::default();
    let title = RwSignal::new(String::new());
    let playing = studio.title;
    let send = move |()| {
        let (show, title_now) =
            (studio.page.with_untracked(|page| page.card.id), title.get_untracked());
        state.send(Ok(()), set_title(show, title_now), move |()| title.set(String::new()));
    };
    let folded = studio.medium() == Medium::Video;
    view! {
        <Fold studio title=t!(studio.now_playing) folded>
            <p class="playing" role="status" dir="auto">
                {move || playing.with(|it| if it.is_empty() { t!(studio.no_title).to_owned() } else { it.clone() })}
            </p>
            <Form state on_send=Callback::new(send)>
                <TextField state name="title" label=t!(studio.next_title) value=title hint=t!(studio.title_hint) most=MAX_TITLE/>
                <Submit state label=t!(studio.show_title)/>
            </Form>
        </Fold>
    }
    .into_any()
}
