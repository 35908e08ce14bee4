//! Server functions of the crowd.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{ShowId, crowd::CrowdReason};
use leptos::{prelude::*, server_fn::codec::Json};

use crate::failure::Failed;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};

/// Likes a show; answers all likes so far.
#[server(endpoint = "crowd/like", input = Json)]
pub async fn like_show(show: ShowId) -> Result<u64, Failed<CrowdReason>> {
    answer(port::<dyn super::port::Crowd>().like(show)).await
}
