//! Section of the settings for the viewer's profile.

use bandstand_domain::{
    accounts::ArtistProfile,
    people::{Profile, ProfileForm},
};
use leptos::prelude::*;

use super::{api::save_profile, portrait_field::portrait_field};
use crate::{
    t,
    ui::{Form, FormState, GenrePicker, Submit, TextArea, TextField, Toaster, Unsaved, later},
    viewer::CurrentViewer,
};

/// Form of the profile: picture, name, text, website; an artist's stage name and genres.
#[component]
pub fn ProfileSection(
    /// Profile so far.
    profile: Profile,
) -> impl IntoView {
    view! {
        <section class="panel" id="profile" aria-labelledby="profile-title">
            <h2 id="profile-title">{t!(people.profile.title)}</h2>
            <Editor profile/>
        </section>
    }
    .into_any()
}

#[component]
fn Editor(profile: Profile) -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let state = FormState::default();
    let ProfileForm { display_name, about, website, artist } = profile.form;
    let name = artist.as_ref().map_or(&display_name, |artist| &artist.stage_name).clone();
    let display_name = RwSignal::new(display_name);
    let about = RwSignal::new(about);
    let website = RwSignal::new(website);
    let is_artist = artist.is_some();
    let ArtistProfile { stage_name, genres } = artist.unwrap_or_default();
    let (stage_name, genres) = (RwSignal::new(stage_name), RwSignal::new(genres));
    let picture = RwSignal::new(profile.picture);
    let send = move |()| {
        let form = ProfileForm {
            display_name: display_name.get_untracked(),
            about: about.get_untracked(),
            website: website.get_untracked(),
            artist: is_artist.then(|| ArtistProfile {
                stage_name: stage_name.get_untracked(),
                genres: genres.get_untracked(),
            }),
        };
        state.send(form.check(), save_profile(form), move |()| {
            toaster.say(t!(people.profile.saved));
            viewer.refetch();
        });
    };
    view! {
        {later(move || portrait_field(picture, name.clone()))}
        <Form state on_send=Callback::new(send)>
            <TextField state name="display_name" label=t!(accounts.your_name) value=display_name autocomplete="name" hint=t!(accounts.your_name_hint) most=32/>
            {is_artist
                .then(|| {
                    view! {
                        <TextField state name="stage_name" label=t!(accounts.stage_name) value=stage_name hint=t!(accounts.stage_name_hint) most=40/>
                        <GenrePicker state label=t!(accounts.genres) chosen=genres/>
                    }
                })}
            <TextArea state name="about" label=t!(people.profile.about) value=about hint=t!(people.profile.about_hint) most=800/>
            <TextField state name="website" label=t!(people.profile.website) value=website kind="url" autocomplete="url" hint=t!(people.profile.website_hint) exact=true/>
            <Submit state label=t!(people.profile.save)/>
        </Form>
        <Unsaved state/>
    }
    .into_any()
}
