//! Note on a page while the live channel is broken.

use crate::t;
use leptos::prelude::*;

use super::{Channel, ChannelState};

/// Says honestly when the line is broken.
#[component]
pub fn ChannelNote() -> impl IntoView {
    let state = Channel::expect().state();
    let broken = Memo::new(move |_| state.get() == ChannelState::Broken);
    move || {
        broken.get().then(|| {
            view! {
                <p class="line-note" role="status">{t!(channel.broken)}</p>
            }
        })
    }
}
