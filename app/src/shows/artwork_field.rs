//! Choice of a show's artwork.

use bandstand_domain::{ShowId, people::Picture};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::api::remove_artwork;
use crate::{
    pictures::{PictureChoice, PictureTarget, PictureView, picture_field},
    t,
    ui::Toaster,
};

/// The `artwork` of a show that is announced already, and how to change it: a part that is loaded later.
#[wasm_split(picture, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn artwork_field(
    id: ShowId,
    artwork: RwSignal<Option<Picture>>,
    choice: PictureChoice,
) -> Result<AnyView, SplitLoaderError> {
    let toaster = Toaster::expect();
    let on_change = Callback::new(move |()| toaster.say(t!(shows.editor.artwork_changed)));
    let on_remove = Callback::new(move |()| {
        spawn_local(async move {
            match remove_artwork(id).await {
                Ok(()) => {
                    artwork.try_set(None);
                    toaster.say(t!(shows.editor.artwork_removed));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    });
    let address = format!("/shows/{id}/artwork");
    let target = PictureTarget { id: "artwork", address, side: 1_024 };
    let shown: PictureView = Box::new(|artwork| {
        let image = artwork.map(|it| {
            view! { <img class="artwork-now" src=it.small() width="320" height="320" alt="" decoding="async"/> }
        });
        image.into_any()
    });
    let label = t!(shows.editor.artwork);
    Ok(picture_field(label, target, artwork, choice, shown, on_change, on_remove))
}
