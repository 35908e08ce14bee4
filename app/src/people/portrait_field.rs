//! Choice of a profile picture.

use bandstand_domain::people::Picture;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{Portrait, api::remove_picture};
use crate::{
    pictures::{PictureChoice, PictureTarget, PictureView, picture_field},
    t,
    ui::Toaster,
    viewer::CurrentViewer,
};

/// One's `picture`, and how to change it: a part that is loaded later.
#[wasm_split(picture, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn portrait_field(
    picture: RwSignal<Option<Picture>>,
    name: String,
) -> Result<AnyView, SplitLoaderError> {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let on_change = Callback::new(move |()| {
        toaster.say(t!(people.picture.changed));
        viewer.refetch();
    });
    let on_remove = Callback::new(move |()| {
        spawn_local(async move {
            match remove_picture().await {
                Ok(()) => {
                    picture.try_set(None);
                    toaster.say(t!(people.picture.removed));
                    viewer.refetch();
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    });
    let target = PictureTarget { id: "picture", address: "/pictures".into(), side: 512 };
    let shown: PictureView = Box::new(move |picture| {
        view! { <Portrait picture name=name.clone() large=true/> }.into_any()
    });
    let (label, choice) = (t!(people.picture.title), PictureChoice::default());
    Ok(picture_field(label, target, picture, choice, shown, on_change, on_remove))
}
