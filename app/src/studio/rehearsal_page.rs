//! Page on which an artist sees and hears a rehearsal from another device.

use bandstand_domain::shows::ShowPage;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{rehearsal::monitor_of, studio_page::for_its_artist};
use crate::{t, ui::later};

/// Sound and picture that the venue gets from a rehearsal, for its artist alone.
#[component]
pub fn RehearsalPage() -> impl IntoView {
    for_its_artist("rehearsal", |page: ShowPage| {
        let show = page.card.id;
        let title = t!(studio.rehearsal_title, show = page.card.title.as_str());
        view! {
            <Title text=title/>
            <section class="page narrow stack">
                <h1>{t!(studio.rehearsal)}</h1>
                <p class="lead">{page.card.title}</p>
                <p>{t!(studio.rehearsal_here)}</p>
                {later(move || monitor_of(show))}
                <p class="row">
                    <a class="button" href=format!("/shows/{show}/studio")>{t!(watch.studio)}</a>
                </p>
            </section>
        }
        .into_any()
    })
}
