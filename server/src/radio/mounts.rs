//! Mounts: which source each show's sound comes from, and where it goes.
//!
//! **Invariant:** a show's stream is fed by the source that stands here as its current one alone. Another one
//! waits beside it and is heard by nobody until the stage hands over to it. Only where there is none, what comes
//! to the stage by WebRTC is relayed.

mod mount;
mod relayed;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bandstand_domain::{ShowId, stream_keys::StreamKeyId};
use bandstand_radio::{Framed, StreamTail, Title};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::mount::{KnownSource, Mount};
use super::{live_stream::LiveStream, radio_source::RadioSource};
use crate::{
    background::{
        bus::{BusListener, BusMessage},
        tasks::TaskGroup,
    },
    ids::AccountId,
    stage::{
        source::{SourceId, SourceState},
        titles::Titles,
    },
    stream_keys::Holder,
};

/// The longest time for which listeners wait for the next source.
const GRACE: Duration = Duration::from_secs(20);

/// Outcome of appending sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Its source waits, or is over.
    Unheard,
    /// It is heard.
    Heard,
    /// The stage was handed over to its source since the last time. It isn't heard: first comes what the stream
    /// needs to go on with this source.
    HandedOver,
}

/// The mounts of all shows.
#[derive(Debug, Default)]
pub struct Mounts {
    all: Mutex<State>,
    skips: Arc<AtomicU64>,
    titles: Titles,
    tasks: TaskGroup,
}

#[derive(Debug, Default)]
struct State {
    sources: HashMap<SourceId, KnownSource>,
    mounts: HashMap<ShowId, Mount>,
    /// Shows whose sound is bridged to the media core.
    bridged: HashSet<ShowId>,
}

impl Mounts {
    /// No sources yet. What plays is told by `titles`; who waits for the next source is among `tasks`.
    pub fn new(titles: Titles, tasks: TaskGroup) -> Self {
        Self { titles, tasks, ..Self::default() }
    }

    /// Opens a source of `account` for `show`; its sound is heard at once unless it `waits`.
    pub fn open(
        &self,
        show: ShowId,
        account: AccountId,
        key: StreamKeyId,
        waits: bool,
    ) -> Arc<RadioSource> {
        let id = SourceId(rand::random());
        let closed = CancellationToken::new();
        let source = Arc::new(RadioSource { id, show, account, key, closed });
        let state = SourceState { media: false, silent: false };
        let (info, title, handed_over) = (None, None, false);
        let known = KnownSource { source: source.clone(), state, info, title, handed_over };
        let mut all = self.state();
        all.sources.insert(id, known);
        if !waits {
            all.mounts.entry(show).or_default().source = Some(id);
        }
        source
    }

    /// Takes what a source sent, and where its stream is then.
    pub fn append(&self, source: &RadioSource, parts: &[Framed], tail: StreamTail) -> Appended {
        let mut all = self.state();
        let State { sources, mounts, .. } = &mut *all;
        let Some(known) = sources.get_mut(&source.id) else { return Appended::Unheard };
        let was_known = known.info.is_some();
        for part in parts {
            known.note(part);
        }
        let current = mounts.get_mut(&source.show).filter(|it| it.source == Some(source.id));
        let Some(mount) = current else { return Appended::Unheard };
        if known.handed_over {
            return Appended::HandedOver;
        }
        let Some(info) = known.info else { return Appended::Heard };
        if !was_known {
            mount.adopt(info, &self.skips);
            self.play(source.show, mount, known.title.as_ref());
        }
        mount.tail = tail;
        if parts.iter().any(|it| matches!(it, Framed::Title(_))) {
            self.tell(source.show, known.title.as_ref());
        }
        let stream = mount.stream.clone();
        // The place is taken under the lock, so that nothing of it comes after the next one's; all other
        // mounts don't wait until listeners have been woken.
        let writer = stream.as_ref().map(|it| it.writer());
        drop(all);
        if let Some(writer) = writer {
            writer.append(parts);
        }
        Appended::Heard
    }

    /// A source notices that the stage was handed over to it: where the stream is that it goes on with. None
    /// when it wasn't, or that was noticed already.
    pub fn take_up(&self, source: &RadioSource) -> Option<StreamTail> {
        let mut all = self.state();
        let known = all.sources.get_mut(&source.id)?;
        if !std::mem::take(&mut known.handed_over) {
            return None;
        }
        let mount = all.mounts.get(&source.show).filter(|it| it.source == Some(source.id))?;
        Some(mount.tail.clone())
    }

    /// Notes whether sound has come from a source, and whether it has stopped since.
    pub fn note(&self, source: SourceId, state: SourceState) {
        if let Some(known) = self.state().sources.get_mut(&source) {
            known.state = state;
        }
    }

    /// A source tells the title beside the sound.
    pub fn set_title(&self, source: SourceId, title: Title) {
        let mut all = self.state();
        let State { sources, mounts, .. } = &mut *all;
        let Some(known) = sources.get_mut(&source) else { return };
        known.title = Some(title.clone());
        let mount = mounts.get(&known.source.show).filter(|it| it.source == Some(source));
        if let Some(mount) = mount {
            self.play(known.source.show, mount, Some(&title));
        }
    }

    /// The artist tells the title of what plays at `show`, whatever sends it.
    pub fn set_stage_title(&self, show: ShowId, title: Title) {
        let mut all = self.state();
        let State { sources, mounts, .. } = &mut *all;
        let Some(mount) = mounts.get(&show) else { return self.tell(show, Some(&title)) };
        if let Some(known) = mount.source.and_then(|it| sources.get_mut(&it)) {
            known.title = Some(title.clone());
        }
        self.play(show, mount, Some(&title));
    }

    /// Present end of the stream of `show`, for a source that goes on with it.
    pub fn tail(&self, show: ShowId) -> StreamTail {
        self.state().mounts.get(&show).map(|it| it.tail.clone()).unwrap_or_default()
    }

    /// The source of the `holder`'s artist that is heard, at `show` when one is named: of several the one that came
    /// by this key, and then one whose sound has come.
    pub fn source_of(&self, holder: &Holder, show: Option<ShowId>) -> Option<SourceId> {
        let all = self.state();
        let theirs = all.sources.values().filter(|it| {
            let is_heard = all.mounts.get(&it.source.show).and_then(|it| it.source);
            it.source.account == holder.account
                && show.is_none_or(|show| show == it.source.show)
                && is_heard == Some(it.source.id)
        });
        let nearest = |it: &&KnownSource| (it.source.key == holder.key, it.state.media);
        theirs.max_by_key(nearest).map(|it| it.source.id)
    }

    /// Tells whether a source's sound is the one that is heard.
    pub fn is_heard(&self, source: &RadioSource) -> bool {
        self.state().mounts.get(&source.show).is_some_and(|it| it.source == Some(source.id))
    }

    /// Tells whether sound comes from the source of `show`.
    pub fn is_sounding(&self, show: ShowId) -> bool {
        let all = self.state();
        let source = all.mounts.get(&show).and_then(|it| all.sources.get(&it.source?));
        source.is_some_and(|it| it.state.media && !it.state.silent)
    }

    /// A source is over, whatever came of it. Those who listen wait a while for the next one.
    pub fn ended(self: &Arc<Self>, source: &RadioSource) {
        if !self.end_source(source) {
            return;
        }
        let (mounts, show, ended) = (self.clone(), source.show, source.id);
        self.tasks.spawn(async move {
            sleep(GRACE).await;
            mounts.forget(show, ended);
        });
    }

    /// Takes a source out; returns whether there is a stream that waits for the next one.
    fn end_source(&self, source: &RadioSource) -> bool {
        let mut all = self.state();
        all.sources.remove(&source.id);
        let mount = all.mounts.get_mut(&source.show).filter(|it| it.source == Some(source.id));
        let Some(mount) = mount else { return false };
        (mount.source, mount.ended) = (None, Some(source.id));
        self.tell(source.show, None);
        let waits = mount.stream.is_some();
        if !waits {
            all.mounts.remove(&source.show);
        }
        waits
    }

    /// Ends the stream of `show`, unless a source has come since this one `ended`. One that has ended since
    /// then has a grace of its own.
    fn forget(&self, show: ShowId, ended: SourceId) {
        let mut all = self.state();
        if all.mounts.get(&show).is_some_and(|it| it.source.is_none() && it.ended == Some(ended)) {
            end_stream(all.mounts.remove(&show));
        }
    }

    /// The stream of `show`, when there is one.
    pub fn stream(&self, show: ShowId) -> Option<Arc<LiveStream>> {
        self.state().mounts.get(&show)?.stream.clone()
    }

    /// Number of times that listeners were skipped ahead because they lagged.
    pub fn skips(&self) -> u64 {
        self.skips.load(Ordering::Relaxed)
    }

    /// Lets a source be heard in place of the one that is; none when it is no source of these, false when
    /// it can't be heard.
    pub fn hand_over(&self, source: SourceId) -> Option<bool> {
        let mut all = self.state();
        let State { sources, mounts, .. } = &mut *all;
        let known = sources.get_mut(&source)?;
        let Some(info) = known.info.filter(|_| !known.source.closed.is_cancelled()) else {
            return Some(false);
        };
        let mount = mounts.entry(known.source.show).or_default();
        let before = mount.source.replace(source).filter(|it| *it != source);
        known.handed_over = true;
        mount.adopt(info, &self.skips);
        self.play(known.source.show, mount, known.title.as_ref());
        if let Some(before) = before.and_then(|it| sources.get(&it)) {
            before.source.closed.cancel();
        }
        Some(true)
    }

    /// Tells whether it is one of these.
    pub fn knows(&self, source: SourceId) -> bool {
        self.state().sources.contains_key(&source)
    }

    /// Ends a source.
    pub fn close(&self, source: SourceId) {
        if let Some(known) = self.state().sources.get(&source) {
            known.source.closed.cancel();
        }
    }

    /// Ends all sources of `show`, and its stream.
    pub fn close_show(&self, show: ShowId) {
        let mut all = self.state();
        all.close_sources(show);
        end_stream(all.mounts.remove(&show));
        self.tell(show, None);
    }

    /// Somebody is on the stage of `show` by WebRTC: as [`Self::close_show`], but for a stream of whoever is
    /// there so.
    pub fn give_way(&self, show: ShowId) {
        let mut all = self.state();
        all.close_sources(show);
        if all.mounts.get(&show).is_some_and(|it| !it.is_relayed()) {
            end_stream(all.mounts.remove(&show));
        }
        self.tell(show, None);
    }

    /// Gives what comes from here on a title, for listeners and pages.
    fn play(&self, show: ShowId, mount: &Mount, title: Option<&Title>) {
        if let Some(stream) = &mount.stream {
            stream.set_title(title.cloned().unwrap_or_default());
        }
        self.tell(show, title);
    }

    fn tell(&self, show: ShowId, title: Option<&Title>) {
        self.titles.tell(show, title.map_or("", Title::as_str));
    }

    /// The number of players of each show, without those of viewers who are counted already.
    pub fn listeners(&self) -> Vec<(ShowId, usize)> {
        let all = self.state();
        let count = |(show, mount): (&ShowId, &Mount)| {
            Some((*show, mount.stream.as_ref()?.all_listeners()))
        };
        all.mounts.iter().filter_map(count).collect()
    }

    /// The number of players of `show`, counted as by [`Self::listeners`].
    pub fn listeners_of(&self, show: ShowId) -> u32 {
        let stream = self.state().mounts.get(&show).and_then(|it| it.stream.clone());
        let listeners = stream.map_or(0, |it| it.all_listeners());
        u32::try_from(listeners).unwrap_or(u32::MAX)
    }

    /// Number of sources.
    pub fn count(&self) -> usize {
        self.state().sources.len()
    }

    /// All sources that there are.
    pub fn states(&self) -> HashMap<SourceId, SourceState> {
        self.state().sources.iter().map(|(id, known)| (*id, known.state)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close_sources(&self, show: ShowId) {
        for known in self.sources.values().filter(|it| it.source.show == show) {
            known.source.closed.cancel();
        }
    }
}

fn end_stream(mount: Option<Mount>) {
    if let Some(stream) = mount.and_then(|it| it.stream) {
        stream.end();
    }
}

#[async_trait]
impl BusListener for Mounts {
    async fn receive(&self, message: &BusMessage) {
        // Who hears it as a member goes on.
        if let BusMessage::ShowClosedToGuests(show) = message
            && let Some(stream) = self.stream(*show)
        {
            stream.cut();
        }
    }
}

#[cfg(test)]
mod tests;
