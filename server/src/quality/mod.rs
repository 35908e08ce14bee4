//! How well media flows: rates out of the media core's totals, for the artist, for a viewer who asks
//! why their picture is bad, and for the operator's metrics.

mod advice;
mod explain;
mod monitor;

use bandstand_domain::{
    Refusal, ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageError,
};
use bandstand_sfu::SessionRole;

pub use monitor::{Monitor, Sample};

use crate::{
    caller::Caller,
    http::limits::{Limit, by_address},
    rights::Action,
    stage::{access, performers::stage_id, port::allowed},
};

/// The most bytes of what a browser measured, each time.
const LARGEST_REPORT: usize = 16 * 1024;

/// How the media of the caller's own show flows.
///
/// # Errors
/// As everything that only the show's artist may.
pub async fn of_stage(caller: &Caller, show: ShowId) -> Result<StageQuality, StageError> {
    caller.limited(Limit::Figures, by_address(caller.address))?;
    allowed(caller, show, Action::Change).await?;
    let sample = caller.venue.live.monitor().sample().await;
    let stage = stage_id(show);
    let mut figures = StageQuality::default();
    for line in sample.lines.values().filter(|line| line.stage == stage && !line.waiting) {
        match line.role {
            SessionRole::Publisher => {
                figures.arriving = Some(line.flow);
                figures.layers = line.layers.clone();
                figures.advice = line.advice.iter().copied().map(advice::words).collect();
            }
            SessionRole::Subscriber => {
                figures.viewers += 1;
                figures.in_trouble += u32::from(line.trouble);
            }
        }
    }
    Ok(figures)
}

/// Why the caller's picture is as it is. Whoever may enter the show may ask; what is said of the line
/// to the viewer is said to who knows the name of its session.
///
/// # Errors
/// As entering the show; `TooMany`; `NotFound` when what was measured can't be read.
pub async fn explain(
    caller: &Caller,
    show: ShowId,
    session: &str,
    measured: &Measured,
) -> Result<Explanation, StageError> {
    caller.limited(Limit::Figures, by_address(caller.address))?;
    access::enter(caller, show).await?;
    if measured.before.len().max(measured.now.len()) > LARGEST_REPORT {
        return Err(Refusal::NotFound);
    }
    let now = explain::Reports::read(&measured.now).ok_or(Refusal::NotFound)?;
    let before = explain::Reports::read(&measured.before);
    let sample = caller.venue.live.monitor().sample().await;
    let stage = stage_id(show);
    let lines = || sample.lines.iter().filter(|(_, line)| line.stage == stage && !line.waiting);
    let artist =
        lines().find(|(_, line)| line.role == SessionRole::Publisher).map(|(_, line)| line);
    let session = session.parse().ok();
    let own = session.and_then(|session| lines().find(|(name, _)| **name == session));
    let own = own.map(|(_, line)| line);
    let opened = session.and_then(|session| caller.venue.live.media().find(session));
    let known = explain::Known {
        artist: artist.map(|line| line.flow),
        layers: artist.map_or(&[], |line| &line.layers),
        line: own.map(|line| line.flow),
        bandwidth: own.and_then(|line| line.bandwidth),
        foreign: own.is_some_and(|line| line.foreign),
        room: opened.filter(|it| it.show == show).and_then(|it| it.most_lines).map(u32::from),
    };
    Ok(explain::explain(before.as_ref(), &now, &known))
}
