//! Presence of a media session at the venue.

use std::{future::Future, pin::pin};

use futures::future::{Either, select};

use crate::{channel::Channel, webrtc::signalling::MediaResource};

/// Waits for the end of `playing`, or until the venue knows nothing of the session any more; tells whether it
/// was that.
pub async fn ends_forgotten(
    resource: &MediaResource,
    channel: Channel,
    playing: impl Future<Output = ()>,
) -> bool {
    let (playing, forgotten) = (pin!(playing), pin!(forgotten(resource, channel)));
    matches!(select(playing, forgotten).await, Either::Right(_))
}

/// Waits until the venue knows nothing of the session any more. It is asked each time that the channel has
/// come back: after a restart all sessions are gone, which their silence would tell seconds later.
async fn forgotten(resource: &MediaResource, channel: Channel) {
    let mut seen = channel.returns();
    loop {
        channel.returned(seen).await;
        seen = channel.returns();
        if resource.is_gone().await {
            return;
        }
    }
}
