//! Links that an artist gives along with a recording, below the description of its show.

use bandstand_domain::recordings::RecordingLink;
use leptos::{
    html,
    portal::Portal,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::t;

/// Puts the links below the description on the page of the stage that has this `scene`.
#[wasm_split(bookmarks, wasm_split_path = ::leptos::wasm_split, fallible)]
pub fn links(
    scene: NodeRef<html::Section>,
    links: StoredValue<Vec<RecordingLink>>,
) -> Result<AnyView, SplitLoaderError> {
    let list = move || {
        let page = scene.get()?.closest("article").ok()??;
        let mount = page.query_selector(".show-links").ok()??;
        let links = move || links.with_value(|links| links.iter().map(link).collect_view());
        Some(view! {
            <Portal mount>
                <ul role="list" aria-label=t!(replay.links)>
                    {links()}
                </ul>
            </Portal>
        })
    };
    Ok(list.into_any())
}

fn link(link: &RecordingLink) -> AnyView {
    let RecordingLink { address, .. } = link.clone();
    let words = link.words().to_owned();
    view! { <li><a href=address target="_blank" rel="nofollow noopener ugc" dir="auto">{words}</a></li> }
    .into_any()
}
