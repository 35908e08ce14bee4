//! Server functions of shows.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    people::PeopleReason,
    shows::{Section, ShowDraft, ShowFigures, ShowList, ShowPage, ShowReason, WhatsOn},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Lists of the first page.
#[server(endpoint = "shows/whats_on", input = Json, output = Json)]
pub async fn load_whats_on() -> Result<WhatsOn, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().whats_on()).await
}

/// A further page of upcoming or past shows.
#[server(endpoint = "shows/more", input = Json, output = Json)]
pub async fn load_more_shows(
    section: Section,
    next: String,
) -> Result<ShowList, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().more(section, next)).await
}

/// A show for its page.
#[server(endpoint = "shows/show", input = Json, output = Json)]
pub async fn load_show(id: ShowId) -> Result<ShowPage, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().show(id)).await
}

/// The artist's own shows.
#[server(endpoint = "shows/mine", input = Json, output = Json)]
pub async fn load_my_shows() -> Result<ShowList, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().mine()).await
}

/// A show of one's own as the form that made it.
#[server(endpoint = "shows/draft", input = Json, output = Json)]
pub async fn load_draft(id: ShowId) -> Result<ShowDraft, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().draft(id)).await
}

/// The form of a new show as it begins, after the artist's last one.
#[server(endpoint = "shows/next_draft", input = Json, output = Json)]
pub async fn load_next_draft() -> Result<ShowDraft, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().next_draft()).await
}

/// Announces a show.
#[server(endpoint = "shows/create", input = Json, output = Json)]
pub async fn create_show(draft: ShowDraft) -> Result<ShowId, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().create(draft)).await
}

/// Changes a show of one's own.
#[server(endpoint = "shows/update", input = Json, output = Json)]
pub async fn update_show(id: ShowId, draft: ShowDraft) -> Result<(), Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().update(id, draft)).await
}

/// Deletes a show of one's own.
#[server(endpoint = "shows/delete", input = Json, output = Json)]
pub async fn delete_show(id: ShowId) -> Result<(), Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().delete(id)).await
}

/// Lets a show of one's own that is on last fifteen minutes longer.
#[server(endpoint = "shows/extend", input = Json, output = Json)]
pub async fn extend_show(id: ShowId) -> Result<(), Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().extend(id)).await
}

/// The figures of a show of one's own.
#[server(endpoint = "shows/figures", input = Json, output = Json)]
pub async fn load_figures(id: ShowId) -> Result<ShowFigures, Failed<ShowReason>> {
    answer(port::<dyn super::port::Shows>().figures(id)).await
}

/// Takes the artwork of a show of one's own away.
#[server(endpoint = "shows/remove_artwork", input = Json, output = Json)]
pub async fn remove_artwork(id: ShowId) -> Result<(), Failed<PeopleReason>> {
    answer(port::<dyn super::port::Shows>().remove_artwork(id)).await
}
