//! Tracklists: titles that stay for a while are noted, and told to who is at the show.

use bandstand_domain::{
    ShowId,
    channel::{Event, Topic},
    shows::{ShowEvent, Track},
};

use super::store;
use crate::{channel::event_log, clock, database::DatabaseError, services::Services};

/// Notes a track in the tracklist of `show`.
///
/// # Errors
/// Returns an error when the database fails; nothing is noted then.
pub async fn note_track(
    services: &Services,
    show: ShowId,
    track: Track,
) -> Result<(), DatabaseError> {
    let mut write = services.database.begin().await?;
    if !store::append_track(&mut write, show, &track).await? {
        return Ok(());
    }
    let played = Event::Show(ShowEvent::Played { show, track });
    event_log::append(&mut write, Topic::Show(show), &played, clock::now()).await?;
    write.commit().await?;
    services.announce([Topic::Show(show)]).await;
    Ok(())
}
