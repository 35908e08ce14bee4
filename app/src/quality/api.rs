//! Server functions of quality.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageReason,
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Quality of the media of the viewer's own show.
#[server(endpoint = "live/stage_figures", input = Json, output = Json)]
pub async fn load_stage_figures(show: ShowId) -> Result<StageQuality, Failed<StageReason>> {
    answer(port::<dyn super::port::Quality>().of_stage(show)).await
}

/// Explanation of the viewer's own quality.
#[server(endpoint = "live/explain_picture", input = Json, output = Json)]
pub async fn explain_picture(
    show: ShowId,
    session: String,
    measured: Measured,
) -> Result<Explanation, Failed<StageReason>> {
    answer(port::<dyn super::port::Quality>().explain(show, session, measured)).await
}
