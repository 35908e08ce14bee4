//! Glimpse of the stage through the door: a small blurred picture without sound, for who hasn't come in yet.

use bandstand_domain::stage::StageState;
use futures::{
    FutureExt,
    future::{AbortHandle, abortable},
};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use web_sys::HtmlVideoElement;

use super::{
    picture::on_next_frame,
    playback::PictureState,
    session::{Phase, WatchSession},
};
use crate::{stage::api::look_in, ui::later_while, web, webrtc::whep::WhepOffer};

/// The picture, while somebody is on stage whom guests may see, and until one's own picture is there.
#[component]
pub(crate) fn Glimpse(
    /// The page's session.
    session: WatchSession,
) -> impl IntoView {
    let wanted = Memo::new(move |before: Option<&bool>| {
        let outside = session.phase.with(|phase| matches!(phase, Phase::Outside { .. }));
        let looks = outside || before.is_some_and(|before| *before) && !session.inside();
        let shown = session.player.picture().get() == PictureState::Shown;
        let open = session.page.with(|page| !page.card.members_only);
        let live = session.stage.get() == StageState::Live;
        looks && !shown && open && live && !session.gone.get()
    });
    later_while(wanted, move || glimpse(session))
}

/// Comes with the connection.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn glimpse(session: WatchSession) -> Result<AnyView, SplitLoaderError> {
    let video = NodeRef::<html::Video>::new();
    let shown = RwSignal::new(false);
    let running = StoredValue::new(None::<AbortHandle>);
    Effect::new(move || {
        let Some(video) = video.get() else { return };
        // Who saves data comes in for the picture.
        let connection = web::get(&window().navigator(), "connection");
        if web::get(&connection, "saveData").is_truthy() {
            return;
        }
        let (run, handle) = abortable(look(session, video, shown));
        running.set_value(Some(handle));
        // Aborted or lost: the poster is behind it.
        spawn_local(run.map(drop));
    });
    on_cleanup(move || {
        if let Some(Some(running)) = running.try_update_value(Option::take) {
            running.abort();
        }
    });
    let view = view! {
        <video class="glimpse" class:shown=shown muted=true playsinline=true aria-hidden="true" tabindex="-1" node_ref=video></video>
    };
    Ok(view.into_any())
}

async fn look(session: WatchSession, video: HtmlVideoElement, shown: RwSignal<bool>) {
    let Ok(offer) = WhepOffer::picture().await else { return };
    let Ok(right) = look_in(session.show).await else { return };
    let endpoint = format!("/whep/{}/door", session.show);
    let begun = offer.begin(&endpoint, right.token, right.ice_servers).await;
    let Ok(whep) = begun else { return };
    // The attribute alone mutes no element that was made by a script.
    video.set_muted(true);
    video.set_src_object(Some(&whep.stream));
    on_next_frame(&video, move || {
        shown.try_set(true);
    });
    let _ = web::call(&video, "play", &[]).await;
    if whep.peer.connected().await.is_ok() {
        whep.peer.lost().await;
    }
    shown.try_set(false);
}
