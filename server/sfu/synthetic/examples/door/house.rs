//! A show with its artist on stage and its audience, by HTTP and WebRTC as anybody would.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bandstand_synthetic::Content;
use bandstand_synthetic::audience::{Audience, Direction, Manner, Seen};

use crate::Result;
use crate::venue::{Person, Venue};

/// Time for all to connect.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a show: its artist sends this content, and so many viewers watch, of whom the first `full` do all that
/// a browser does. Both play on as long as they are kept; the audience is the second.
pub(crate) fn open(
    venue: &Venue,
    artist: &Person<'_>,
    show: &str,
    content: Content,
    (viewers, full): (usize, usize),
) -> Result<(Audience, Audience)> {
    let (stage, crowd) = (Audience::start()?, Audience::start()?);
    let (publisher, offer) = stage.offer(manner(Direction::Publish, true))?;
    stage.accept(publisher, artist.publish(show, &offer)?)?;
    stage.until("the artist to be connected", PATIENCE, all_connected)?;
    stage.film(publisher, content, None)?;
    for number in 0..viewers {
        let (viewer, offer) = crowd.offer(manner(Direction::Subscribe, number < full))?;
        crowd.accept(viewer, venue.watch(show, number, &offer)?)?;
    }
    crowd.until("the audience to be connected", PATIENCE, all_connected)?;
    let flows = |seen: &[Seen]| seen.iter().all(|it| it.video.packets > 100);
    crowd.until("the picture to flow", PATIENCE, flows)?;
    Ok((stage, crowd))
}

fn all_connected(seen: &[Seen]) -> bool {
    seen.iter().all(|it| it.connected)
}

fn manner(direction: Direction, full: bool) -> Manner {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Manner { direction, full, glances: false, timestamped: true, address, away: Duration::ZERO }
}
