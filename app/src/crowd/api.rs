//! Server functions of the crowd.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    crowd::{ChosenLook, CrowdReason, Figure},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Likes a show; answers all likes so far.
#[server(endpoint = "crowd/like", input = Json, output = Json)]
pub async fn like_show(show: ShowId) -> Result<u64, Failed<CrowdReason>> {
    answer(port::<dyn super::port::Crowd>().like(show)).await
}

/// One's own figure.
#[server(endpoint = "crowd/figure", input = Json, output = Json)]
pub async fn load_figure() -> Result<Figure, Failed<CrowdReason>> {
    answer(port::<dyn super::port::Crowd>().figure()).await
}

/// Gives one's own figure a look, or takes it back.
#[server(endpoint = "crowd/wear", input = Json, output = Json)]
pub async fn wear(look: Option<ChosenLook>) -> Result<(), Failed<CrowdReason>> {
    answer(port::<dyn super::port::Crowd>().wear(look)).await
}
