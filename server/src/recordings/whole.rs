//! Recording with its files.

use bandstand_domain::{
    Refusal, ShowId,
    recordings::{Cut, Mp3State, RecordedFile, RecordedMp3, RecordingError, RecordingState},
};

use super::store::{self, FileRow, Mp3Failure, Mp3Row, RecordingRow};
use crate::{database::DatabaseError, services::Services, shows::ShowFacts};

/// Recording with its files.
pub(super) struct Whole {
    pub row: RecordingRow,
    pub files: Vec<FileRow>,
    pub mp3: Option<Mp3Row>,
}

impl Whole {
    pub async fn find(services: &Services, show: ShowId) -> Result<Self, RecordingError> {
        let row = store::recording(&services.database, show).await?.ok_or(Refusal::NotFound)?;
        Ok(Self::of(services, row).await?)
    }

    pub async fn of(services: &Services, row: RecordingRow) -> Result<Self, DatabaseError> {
        let files = store::files_of(&services.database, row.show).await?;
        let mp3 = store::mp3(&services.database, row.show).await?;
        Ok(Whole { row, files, mp3 })
    }

    pub fn duration(&self) -> u64 {
        self.files.iter().map(|it| it.file.offset + it.file.duration).max().unwrap_or_default()
    }

    pub fn cut(&self) -> Cut {
        let duration = self.duration();
        let to = self.row.cut_to.map_or(duration, |it| it.min(duration));
        Cut { from: self.row.cut_from.min(to), to }
    }

    pub fn bytes(&self) -> u64 {
        let files: u64 = self.files.iter().map(|it| it.file.bytes).sum();
        files + self.mp3_file().map_or(0, |it| it.bytes)
    }

    pub fn state(&self, facts: &ShowFacts) -> RecordingState {
        if facts.stage.is_on_air() {
            RecordingState::Running
        } else if self.files.iter().any(|it| !it.is_stored) {
            RecordingState::Storing
        } else if facts.replay {
            RecordingState::Published
        } else {
            RecordingState::Draft
        }
    }

    /// The MP3 that there is.
    pub fn mp3_file(&self) -> Option<RecordedMp3> {
        self.mp3.as_ref()?.file
    }

    /// True if the MP3 is there, or is being made.
    pub fn has_mp3(&self) -> bool {
        self.mp3.as_ref().is_some_and(|it| it.wanted.is_some() || it.file.is_some())
    }

    /// State of the MP3 of a recording that is published, at a venue that makes some, or doesn't.
    pub fn mp3_state(&self, makes_mp3: bool) -> Mp3State {
        match &self.mp3 {
            Some(Mp3Row { wanted: None, file: Some(file), .. }) => Mp3State::Ready(*file),
            Some(Mp3Row { wanted: None, failure: Some(why), .. }) => match why {
                Mp3Failure::Room => Mp3State::Full,
                Mp3Failure::Silent => Mp3State::Silent,
                Mp3Failure::Failed => Mp3State::Failed,
            },
            _ if makes_mp3 => Mp3State::Making,
            _ => Mp3State::Impossible,
        }
    }

    /// True if nothing was recorded, and why isn't to be said.
    pub fn is_nothing(&self, facts: &ShowFacts) -> bool {
        self.files.is_empty() && self.row.stopped.is_none() && !facts.stage.is_on_air()
    }

    pub fn into_files(self) -> Vec<RecordedFile> {
        self.files.into_iter().map(|it| it.file).collect()
    }
}
