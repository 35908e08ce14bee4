//! Button that follows an artist.

use bandstand_domain::{
    accounts::Role,
    people::{ArtistPage, Following},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::follow_artist;
use crate::{
    t,
    ui::Toaster,
    viewer::{CurrentViewer, address_with_next},
};

/// The button that follows, and how many do. Without an account it leads to log in, and back; the artist
/// sees the number alone.
#[component]
pub(crate) fn FollowButton(
    /// The artist's page.
    page: ArtistPage,
    /// Address to which one comes back from logging in.
    #[prop(into)]
    back: String,
) -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let state = RwSignal::new(Following { following: page.following, followers: page.followers });
    let pending = RwSignal::new(false);
    let (handle, name) = (page.artist.handle.clone(), page.artist.stage_name.clone());
    let switch = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let (handle, name) = (handle.clone(), name.clone());
        let follow = !state.get_untracked().following;
        spawn_local(async move {
            match follow_artist(handle, follow).await {
                Ok(now) => {
                    state.try_set(now);
                    toaster.say(if follow {
                        t!(people.follow.you_follow, name = name)
                    } else {
                        t!(people.follow.no_longer, name = name)
                    });
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
            pending.try_set(false);
        });
    };
    let mine = page.mine;
    let count = move || match state.get().followers {
        0 if mine => t!(people.follow.nobody).to_owned(),
        0 => t!(people.follow.be_first).to_owned(),
        count => t!(people.follow.followers, count = count),
    };
    let log_in = address_with_next("/log-in", &back);
    let button = move || {
        let known = viewer.get().is_some_and(|viewer| viewer.role != Role::Guest);
        if page.mine {
            view! { <a class="button" href="/settings#profile">{t!(people.follow.edit_profile)}</a> }.into_any()
        } else if known {
            let switch = switch.clone();
            view! {
                <button
                    class=move || if state.get().following { "button" } else { "button primary" }
                    type="button"
                    aria-pressed=move || if state.get().following { "true" } else { "false" }
                    aria-busy=move || pending.get().then_some("true")
                    on:click=switch
                >
                    {move || if state.get().following { t!(people.follow.following) } else { t!(people.follow.follow) }}
                </button>
            }
            .into_any()
        } else {
            view! { <a class="button primary" href=log_in.clone() title=t!(people.follow.needs_account)>{t!(people.follow.follow)}</a> }.into_any()
        }
    };
    view! {
        <div class="row follow">
            <Transition>{button}</Transition>
            <span class="soft" role="status">{count}</span>
        </div>
    }
    .into_any()
}
