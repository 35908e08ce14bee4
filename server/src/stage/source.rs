//! Sources: what sends sound and picture to a stage, however it comes.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use bandstand_domain::ShowId;

use super::notices::Cause;

/// A source, by the number that whoever brings it gave it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceId(pub u128);

impl fmt::Debug for SourceId {
    /// The first digits alone: knowing all of them may be the right to end it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceId({:08x}…)", self.0 >> 96)
    }
}

/// A source that was opened for a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedSource {
    /// Identity of the source.
    pub source: SourceId,
    /// Somebody else is on stage; it waits beside it.
    pub waits: bool,
}

/// Event in the life of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceEvent {
    /// Its connection is there.
    Connected,
    /// Its first sound or picture has come.
    Media,
    /// It waits beside the stage, and could be shown now.
    Waiting,
    /// Nothing has come from it for a while.
    Silent,
    /// Something comes again.
    Back,
    /// It has ended; with what its artist is to be told, when that is seen nowhere else.
    Ended(Option<Cause>),
}

/// Media state of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Sound or picture has come.
    pub media: bool,
    /// Nothing has come for a while.
    pub silent: bool,
}

/// Operations of a stage on its sources.
#[async_trait]
pub trait Sources: fmt::Debug + Send + Sync {
    /// Tells whether `source` sends past the media core, which may take its stage for a free one then.
    fn is_apart(&self, source: SourceId) -> bool;

    /// Shows the audience of `show` this source in place of the one on stage, in one step; false when it
    /// can't be shown, or no longer.
    async fn hand_over(&self, show: ShowId, source: SourceId) -> bool;

    /// Ends a source.
    async fn close(&self, source: SourceId);

    /// Ends all sources of `show`, and takes its picture from the audience.
    async fn close_stage(&self, show: ShowId);

    /// Gives what plays at `show` from now on a title, for its audience wherever it listens; empty when nothing
    /// is known.
    fn set_title(&self, show: ShowId, title: &str);

    /// All sources that there are.
    async fn states(&self) -> HashMap<SourceId, SourceState>;
}
