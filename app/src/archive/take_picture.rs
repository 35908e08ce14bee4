//! Picture that is taken from a recording, for its show's artwork.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::ImageBitmap;

use crate::{pictures::PictureChoice, replay::ShownPicture, t, web};

/// A button that takes the picture that the preview shows, where it shows one, and hands it to the choice of the
/// artwork, where it is cropped and kept as any other.
#[component]
pub(super) fn TakePicture(
    /// The preview.
    preview: ShownPicture,
    /// Choice of the artwork.
    choice: PictureChoice,
) -> impl IntoView {
    let words = RwSignal::new("");
    let take = move |_| {
        let Some(video) = preview.get_untracked() else { return };
        words.set("");
        spawn_local(async move {
            let taken = web::call(&window(), "createImageBitmap", &[(*video).clone().into()]).await;
            let said = match taken.map(ImageBitmap::unchecked_from_js) {
                Ok(picture) => {
                    choice.offer(picture);
                    t!(archive.picture_taken)
                }
                Err(_) => t!(archive.picture_not_taken),
            };
            words.try_set(said);
        });
    };
    // The preview is let go when the page is, and tells so.
    let hidden = move || preview.try_with(Option::is_some) != Some(true);
    view! {
        <div class="row" hidden=hidden>
            <button class="button" type="button" on:click=take>{t!(archive.take_picture)}</button>
            <p class="small soft" role="status">{words}</p>
        </div>
    }
    .into_any()
}
