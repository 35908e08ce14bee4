//! Server functions of happenings.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    RoomId,
    happenings::{HappeningAnswer, HappeningForm, HappeningId, HappeningList, HappeningReason},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer as answered, port};
use crate::{failure::Failed, json::Json};

/// Happenings of a room.
#[server(endpoint = "happenings/list", input = Json, output = Json)]
pub async fn load_happenings(room: RoomId) -> Result<HappeningList, Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().list(room)).await
}

/// The form of a happening.
#[server(endpoint = "happenings/draft", input = Json, output = Json)]
pub async fn load_happening_draft(
    happening: HappeningId,
) -> Result<HappeningForm, Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().draft(happening)).await
}

/// Plans a happening.
#[server(endpoint = "happenings/plan", input = Json, output = Json)]
pub async fn plan_happening(
    room: RoomId,
    plan: HappeningForm,
) -> Result<HappeningId, Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().plan(room, plan)).await
}

/// Changes a happening.
#[server(endpoint = "happenings/change", input = Json, output = Json)]
pub async fn change_happening(
    happening: HappeningId,
    plan: HappeningForm,
) -> Result<(), Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().change(happening, plan)).await
}

/// Calls a happening off.
#[server(endpoint = "happenings/cancel", input = Json, output = Json)]
pub async fn cancel_happening(happening: HappeningId) -> Result<(), Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().cancel(happening)).await
}

/// Says whether one comes to a happening.
#[server(endpoint = "happenings/answer", input = Json, output = Json)]
pub async fn answer_happening(
    happening: HappeningId,
    answer: HappeningAnswer,
) -> Result<(), Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().answer(happening, answer)).await
}

/// Names of who answered.
#[server(endpoint = "happenings/who", input = Json, output = Json)]
pub async fn load_who_comes(
    happening: HappeningId,
) -> Result<Vec<(HappeningAnswer, Vec<String>)>, Failed<HappeningReason>> {
    answered(port::<dyn super::port::Happenings>().who(happening)).await
}
