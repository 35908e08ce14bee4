//! Recorder of a show: a thread that reads its stage and writes its files. Nobody else waits for its disk.

use std::{
    fs::File,
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use bandstand_domain::{
    Millis, ShowId,
    recordings::{RecordingFileId, RecordingStop},
};
use bandstand_recording::{
    BestLayer, FileSummary, Recorder, RecorderOptions, RecorderOutput, RecordingContainer,
    RecordingFile,
};
use tokio::{runtime::Handle, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    closing::{GoneFile, close_cut, note_closed},
    disk, folder, local_path,
    show_input::{InputStep, ShowInput},
    store,
};
use crate::{database::DatabaseError, ids::AccountId, services::Services, storage::FileOwner};

/// Time between two looks for packets: with each of them, waking would cost more than recording.
const TICK: Duration = Duration::from_millis(50);
/// Time between two looks at the room that there is, and notes of how long the open file is.
const LOOK: Duration = Duration::from_secs(5);
/// Time between two requests for a keyframe of a better layer.
const ASK: Duration = Duration::from_secs(1);

/// Recorder of a show.
pub(super) struct ShowRecorder {
    services: Arc<Services>,
    runtime: Handle,
    show: ShowId,
    artist: AccountId,
    input: ShowInput,
    /// Cancelled when the show isn't to be recorded any more, or the venue closes.
    stop: CancellationToken,
    /// Time at which it began, by both clocks.
    began: Instant,
    began_at: Millis,
    recorder: Recorder,
    best: BestLayer,
    file: Option<OpenFile>,
    looked: Option<Instant>,
    asked: Option<Instant>,
}

/// File that is being written.
struct OpenFile {
    id: RecordingFileId,
    file: File,
    /// Length and media time of its whole fragments.
    length: u64,
    duration: Duration,
}

/// Reason why a recorder ends.
enum RecorderEnd {
    /// It is told to.
    Told,
    /// It can't go on.
    Stopped(RecordingStop),
    /// Its recording was deleted.
    Deleted,
}

impl From<DatabaseError> for RecorderEnd {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "a recording can't be noted in the database");
        Self::Stopped(RecordingStop::Failed)
    }
}

impl From<std::io::Error> for RecorderEnd {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a recording can't be written");
        Self::Stopped(disk::stop_of(&error))
    }
}

impl ShowRecorder {
    /// Begins to record a show, as a part of the recording that there may be.
    pub fn new(
        services: Arc<Services>,
        (show, artist): (ShowId, AccountId),
        input: ShowInput,
        stop: CancellationToken,
        (began, began_at): (Instant, Millis),
    ) -> Self {
        // Media Source Extensions take no Ogg.
        let sound_container = RecordingContainer::Mp4;
        let options = RecorderOptions { sound_container, ..RecorderOptions::default() };
        ShowRecorder {
            services,
            runtime: Handle::current(),
            show,
            artist,
            input,
            stop,
            began,
            began_at,
            recorder: Recorder::new(options),
            best: BestLayer::default(),
            file: None,
            looked: None,
            asked: None,
        }
    }

    /// Records until told to end; returns why it ended before, if it did.
    pub fn run(mut self) -> Option<RecordingStop> {
        let mut ended = loop {
            match self.step() {
                Ok(()) => {}
                Err(end) => break end,
            }
        };
        if matches!(ended, RecorderEnd::Told) {
            self.recorder.finish();
            if let Err(end) = self.write_outputs() {
                ended = end;
            }
        }
        if let Some(file) = self.file.take() {
            self.close_cut(file);
        }
        match ended {
            RecorderEnd::Stopped(why) => Some(why),
            RecorderEnd::Told | RecorderEnd::Deleted => None,
        }
    }

    fn step(&mut self) -> Result<(), RecorderEnd> {
        let stop = &self.stop;
        let goes_on = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.cancelled() => false,
                () = sleep(TICK) => true,
            }
        });
        let now = self.began.elapsed();
        let mut steps = Vec::new();
        let is_open = self.input.take(&self.runtime, (self.began, now), &mut steps);
        for step in steps {
            self.take(now, step);
        }
        if !goes_on || !is_open {
            return Err(RecorderEnd::Told);
        }
        self.recorder.advance(self.began.elapsed());
        self.write_outputs()?;
        if self.best.waits() && self.asked.is_none_or(|it| it.elapsed() >= ASK) {
            self.ask();
        }
        if self.looked.is_none_or(|it| it.elapsed() >= LOOK) {
            self.looked = Some(Instant::now());
            self.look()?;
        }
        Ok(())
    }

    fn take(&mut self, now: Duration, step: InputStep) {
        match step {
            InputStep::Ahead(by) => {
                let moved = self.recorder.begin_earlier(by);
                tracing::debug!(show = %self.show, ?by, ?moved, "a source is ahead");
            }
            InputStep::Packet(packet, begins_key) => {
                let layer = u8::try_from(packet.stream).unwrap_or(u8::MAX);
                let size = packet.payload.len();
                if !packet.codec.is_video()
                    || self.best.takes(now, packet.session, (layer, size), begins_key)
                {
                    self.recorder.push(now, packet);
                }
            }
        }
    }

    fn ask(&mut self) {
        self.asked = Some(Instant::now());
        self.input.request_keyframe(self.best.wanted().unwrap_or_default());
    }

    fn write_outputs(&mut self) -> Result<(), RecorderEnd> {
        while let Some(output) = self.recorder.next_output() {
            match output {
                RecorderOutput::Begin(file) => self.begin(file)?,
                RecorderOutput::Bytes(bytes) => {
                    if let Some(open) = &mut self.file {
                        open.file.write_all(&bytes)?;
                    }
                }
                RecorderOutput::FragmentEnd { length, duration } => {
                    if let Some(open) = &mut self.file {
                        open.file.sync_data()?;
                        (open.length, open.duration) = (length, duration);
                    }
                }
                RecorderOutput::Moved(offset) => self.note_moved(offset)?,
                RecorderOutput::End(summary) => self.end(summary)?,
                RecorderOutput::WantsKeyframe => self.ask(),
            }
        }
        Ok(())
    }

    fn begin(&mut self, file: RecordingFile) -> Result<(), RecorderEnd> {
        let id = RecordingFileId(Uuid::new_v4());
        let row = store::NewFileRow {
            id,
            show: self.show,
            began_at: self.wall_clock(file.offset),
            media_type: file.media_type(),
            size: file.size,
            has_sound: file.has_sound,
        };
        // Its row is there before the file, so that no file is forgotten.
        if !self.runtime.block_on(store::add_file(&self.services.database, &row))? {
            return Err(RecorderEnd::Deleted);
        }
        let made = disk::create(&local_path(&self.services.config, id));
        if made.is_err() {
            self.runtime.block_on(store::delete_file(&self.services.database, id))?;
        }
        let file = made?;
        self.file = Some(OpenFile { id, file, length: 0, duration: Duration::ZERO });
        Ok(())
    }

    /// Wall-clock time of a time of the recorder's.
    fn wall_clock(&self, time: Duration) -> Millis {
        self.began_at.plus(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    /// Notes that the open file begins earlier than was noted.
    fn note_moved(&self, offset: Duration) -> Result<(), RecorderEnd> {
        let Some(open) = &self.file else { return Ok(()) };
        let began_at = self.wall_clock(offset);
        let moved = store::move_file(&self.services.database, open.id, began_at);
        Ok(self.runtime.block_on(moved)?)
    }

    fn end(&mut self, summary: FileSummary) -> Result<(), RecorderEnd> {
        let Some(mut open) = self.file.take() else { return Ok(()) };
        let FileSummary { length, duration, index, patches, .. } = summary;
        if let Err(error) = disk::finish(&mut open.file, &patches) {
            self.close_cut(open);
            return Err(error.into());
        }
        let closed = note_closed(&self.services, open.id, (duration, length), &index);
        Ok(self.runtime.block_on(closed)?)
    }

    /// Closes a file that couldn't be written to its end.
    fn close_cut(&self, open: OpenFile) {
        let OpenFile { id, file, .. } = open;
        drop(file);
        let closed = close_cut(&self.services, id, GoneFile::Forget);
        if let Err(error) = self.runtime.block_on(closed) {
            // It is tried again.
            tracing::error!(%error, "the file of a recording can't be noted in the database");
        }
    }

    /// Looks whether there is room, and notes how long the open file is.
    fn look(&mut self) -> Result<(), RecorderEnd> {
        let (services, artist) = (&self.services, &self.artist);
        // What can't be told now may be by the next look.
        let free = disk::free_bytes(&folder(&services.config));
        if free.is_ok_and(|it| it < services.config.recordings.min_free_bytes) {
            return Err(RecorderEnd::Stopped(RecordingStop::Disk));
        }
        let open = self.file.as_ref().map(|it| (it.id, it.duration, it.length));
        let has_room = self.runtime.block_on(async {
            let database = &services.database;
            if let Some((id, duration, length)) = open {
                store::grow_file(database, id, millis(duration), length).await?;
            }
            let room = services.files.room(&FileOwner::recordings(artist)).await?;
            let Some(room) = room else { return Ok(true) };
            Ok::<_, DatabaseError>(store::unstored_bytes(database, artist).await? < room)
        });
        let has_room = has_room.unwrap_or_else(|error| {
            tracing::warn!(%error, "it can't be told how much room a recording has");
            true
        });
        if has_room { Ok(()) } else { Err(RecorderEnd::Stopped(RecordingStop::Quota)) }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
