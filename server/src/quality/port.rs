//! Quality of media, for the person who makes the current request.

use std::sync::Arc;

use async_trait::async_trait;
use bandstand_app::quality::port::Quality;
use bandstand_domain::{
    Refusal, ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::StageError,
    texts::Catalogue,
};
use bandstand_sfu::SessionRole;

use super::{Monitor, advice, explain};
use crate::{
    caller::Caller,
    http::limits::{Limit, by_address},
    media::{registry::MediaSessions, source::stage_id},
    radio::mounts::Mounts,
    rights::Action,
    shows::access,
    stage::port::allowed,
};

/// The port of the quality of media.
#[derive(Debug)]
pub struct QualityPort {
    /// The caller.
    pub caller: Caller,
    /// Monitor of the quality of media.
    pub monitor: Monitor,
    /// The media sessions.
    pub media: Arc<MediaSessions>,
    /// Sound over HTTP.
    pub mounts: Arc<Mounts>,
}

#[async_trait]
impl Quality for QualityPort {
    async fn of_stage(&self, show: ShowId) -> Result<StageQuality, StageError> {
        of_stage(self, show).await
    }

    async fn explain(
        &self,
        show: ShowId,
        session: String,
        measured: Measured,
    ) -> Result<Explanation, StageError> {
        explain_picture(self, show, &session, &measured).await
    }
}

/// The most bytes of what a browser measured, each time.
const MAX_REPORT: usize = 16 * 1024;

/// Quality of media on the stage of the caller's own show.
///
/// # Errors
/// As everything that only the show's artist may.
async fn of_stage(port: &QualityPort, show: ShowId) -> Result<StageQuality, StageError> {
    let caller = &port.caller;
    caller.limited(Limit::Figures, by_address(caller.address))?;
    allowed(caller, show, Action::Change).await?;
    let sample = port.monitor.sample().await;
    let stage = stage_id(show);
    let listeners = port.mounts.listeners_of(show);
    let mut figures = StageQuality { listeners, ..StageQuality::default() };
    let catalogue = Catalogue::of(caller.request_language.current);
    for line in sample.lines.values().filter(|line| line.stage == stage && !line.waiting) {
        match line.role {
            SessionRole::Publisher => {
                figures.arriving = Some(line.flow);
                figures.layers = line.layers.clone();
                let told = line.advice.iter().copied().map(advice::words);
                figures.advice = told.map(|text| catalogue.say(&text)).collect();
            }
            SessionRole::Subscriber => {
                figures.viewers += 1;
                figures.in_trouble += u32::from(line.trouble);
            }
        }
    }
    Ok(figures)
}

/// Explains the quality of the caller's picture. Whoever may enter the show may ask; only a caller who
/// knows the name of the viewer's session is told of the line to them.
///
/// # Errors
/// As entering the show; `TooMany`; `NotFound` when what was measured can't be read.
async fn explain_picture(
    port: &QualityPort,
    show: ShowId,
    session: &str,
    measured: &Measured,
) -> Result<Explanation, StageError> {
    let caller = &port.caller;
    caller.limited(Limit::Figures, by_address(caller.address))?;
    access::enter(caller, show).await?;
    if measured.before.len().max(measured.now.len()) > MAX_REPORT {
        return Err(Refusal::NotFound);
    }
    let now = explain::Reports::read(&measured.now).ok_or(Refusal::NotFound)?;
    let before = explain::Reports::read(&measured.before);
    let sample = port.monitor.sample().await;
    let stage = stage_id(show);
    let lines = || sample.lines.iter().filter(|(_, line)| line.stage == stage && !line.waiting);
    let artist =
        lines().find(|(_, line)| line.role == SessionRole::Publisher).map(|(_, line)| line);
    let session = session.parse().ok();
    let own = session.and_then(|session| lines().find(|(name, _)| **name == session));
    let own = own.map(|(_, line)| line);
    let opened = session.and_then(|session| port.media.find(session));
    let known = explain::KnownQuality {
        artist: artist.map(|line| line.flow),
        layers: artist.map_or(&[], |line| &line.layers),
        line: own.map(|line| line.flow),
        bandwidth: own.and_then(|line| line.bandwidth),
        foreign: own.is_some_and(|line| line.foreign),
        room: opened.filter(|it| it.show == show).and_then(|it| it.max_height).map(u32::from),
    };
    Ok(explain::explain(before.as_ref(), &now, &known, caller.request_language.current))
}
