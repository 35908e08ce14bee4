//! Server functions of people. A picture comes in by `POST /pictures`, as it is too large for these.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::people::{ArtistPage, Following, PeopleReason, Profile, ProfileForm};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// An artist's page.
#[server(endpoint = "people/artist", input = Json, output = Json)]
pub async fn load_artist(handle: String) -> Result<ArtistPage, Failed<PeopleReason>> {
    answer(port::<dyn super::port::People>().artist(handle)).await
}

/// Follows an artist, or no longer.
#[server(endpoint = "people/follow", input = Json, output = Json)]
pub async fn follow_artist(
    handle: String,
    follow: bool,
) -> Result<Following, Failed<PeopleReason>> {
    answer(port::<dyn super::port::People>().follow(handle, follow)).await
}

/// One's own profile.
#[server(endpoint = "people/profile", input = Json, output = Json)]
pub async fn load_profile() -> Result<Profile, Failed<PeopleReason>> {
    answer(port::<dyn super::port::People>().profile()).await
}

/// Changes one's own profile.
#[server(endpoint = "people/save_profile", input = Json, output = Json)]
pub async fn save_profile(form: ProfileForm) -> Result<(), Failed<PeopleReason>> {
    answer(port::<dyn super::port::People>().save_profile(form)).await
}

/// Takes one's own picture away.
#[server(endpoint = "people/remove_picture", input = Json, output = Json)]
pub async fn remove_picture() -> Result<(), Failed<PeopleReason>> {
    answer(port::<dyn super::port::People>().remove_picture()).await
}
