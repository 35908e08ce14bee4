//! Size of the chat's words in the studio: to be read from where one plays.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{t, web};

/// Under this key the browser remembers the size.
const SIZE: &str = "bandstand.chat_size";
/// The largest; the smallest is 0.
const LARGEST: u8 = 4;
/// The size before somebody chooses.
pub(super) const USUAL: u8 = 2;

/// Buttons for smaller and larger words: a part of their own.
#[wasm_split(house, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn chat_sizes(size: RwSignal<u8>) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <ChatSizes size/> }.into_any())
}

#[component]
fn ChatSizes(size: RwSignal<u8>) -> impl IntoView {
    Effect::new(move || {
        if let Some(kept) = web::remembered(SIZE).and_then(|kept| kept.parse::<u8>().ok()) {
            size.set(kept.min(LARGEST));
        }
    });
    let choose = move |wanted: u8| {
        size.set(wanted);
        web::remember(SIZE, &wanted.to_string());
    };
    view! {
        <div class="chat-sizes">
            <h2>{t!(studio.what_crowd_says)}</h2>
            <button
                type="button" aria-label=t!(studio.smaller) title=t!(studio.smaller)
                disabled=move || size.get() == 0
                on:click=move |_| choose(size.get_untracked().saturating_sub(1))
            >"A−"</button>
            <button
                type="button" aria-label=t!(studio.larger) title=t!(studio.larger)
                disabled=move || size.get() == LARGEST
                on:click=move |_| choose((size.get_untracked() + 1).min(LARGEST))
            >"A+"</button>
        </div>
    }
    .into_any()
}
