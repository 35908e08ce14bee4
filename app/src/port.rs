//! Needs of every server function from the server that runs it.
//!
//! The server puts one `Arc<dyn Port>` per feature into the context of each request; it acts for the
//! person who made that request, so a port asks by itself who may.

use std::sync::Arc;

use bandstand_domain::{Refusal, refusal::Reason};
use leptos::prelude::use_context;

use crate::failure::Failed;

/// The answer that is being made to the current request.
pub trait Answer: Send + Sync {
    /// Sets the HTTP status, and `Retry-After` in seconds when it is known.
    fn refuse(&self, status: u16, retry_after: Option<u32>);
}

/// The port of a feature, from the context of the current request.
///
/// # Panics
/// When the server forgot to provide it, which the first request to any page would show.
pub fn port<T: ?Sized + Send + Sync + 'static>() -> Arc<T> {
    use_context::<Arc<T>>().expect("the server provides every port to every request")
}

/// Turns a refusal into the error of a server function and its HTTP status.
pub async fn answer<T, E: Reason>(
    result: impl Future<Output = Result<T, Refusal<E>>>,
) -> Result<T, Failed<E>> {
    let response = use_context::<Arc<dyn Answer>>();
    result.await.map_err(|mut refusal| {
        refusal.settle(crate::texts::catalogue());
        if let Some(response) = response {
            let retry_after = match &refusal {
                Refusal::TooMany { retry_after } => Some(*retry_after),
                _ => None,
            };
            response.refuse(refusal.status(), retry_after);
        }
        Failed(refusal)
    })
}
