//! Presence of a media session at the venue.

use crate::{channel::Channel, webrtc::signalling::MediaResource};

/// Waits until the venue knows nothing of the session any more. It is asked each time that the channel has
/// come back: after a restart all sessions are gone, which their silence would tell seconds later.
pub async fn forgotten(resource: &MediaResource, channel: Channel) {
    let mut seen = channel.returns();
    loop {
        channel.returned(seen).await;
        seen = channel.returns();
        if resource.is_gone().await {
            return;
        }
    }
}
