//! One's own profile, as a part of the settings.

use bandstand_domain::{
    accounts::ArtistProfile,
    people::{Profile, ProfileForm},
};
use leptos::prelude::*;

use super::{api::save_profile, picture_field::PictureField};
use crate::{
    accounts::CurrentViewer,
    ui::{Form, FormState, GenrePicker, Submit, TextArea, TextField, Toaster},
};

/// What one says of oneself: picture, name, text, website; an artist's stage name and genres.
#[component]
pub fn ProfileSection(
    /// What it is so far.
    profile: Profile,
) -> impl IntoView {
    view! {
        <section class="panel" id="profile" aria-labelledby="profile-title">
            <h2 id="profile-title">"Profile"</h2>
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
            toaster.say("Saved. Everybody sees it now.");
            viewer.refetch();
        });
    };
    view! {
        <PictureField picture name/>
        <Form state on_send=Callback::new(send)>
            <TextField state name="display_name" label="Your name" value=display_name autocomplete="name" hint="As others see it in the crowd and the chat." most=32/>
            {is_artist
                .then(|| {
                    view! {
                        <TextField state name="stage_name" label="Stage name" value=stage_name hint="As it stands on your posters." most=40/>
                        <GenrePicker state label="What do you play?" chosen=genres/>
                    }
                })}
            <TextArea state name="about" label="About you" value=about hint="Links become links." most=800/>
            <TextField state name="website" label="Website" value=website kind="url" autocomplete="url" hint="It begins with https://" exact=true/>
            <Submit state label="Save the profile"/>
        </Form>
    }
    .into_any()
}
