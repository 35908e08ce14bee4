//! The recorder: from packets to files.

use std::{collections::VecDeque, time::Duration};

use crate::{
    RecorderOutput, RecorderPacket, RecordingContainer,
    assembler::{FrameAssembler, WholeFrame},
    depacketize::Depacketizer,
    file::OpenFile,
    input::TrackInput,
    packet::{Micros, duration, micros},
    reorder::InOrder,
    sound::SoundPiece,
};

/// Time without packets after which a track is over; what comes later is in another file.
const STALL: Micros = 4_000_000;
/// Time without any packets after which all is written that waits.
const IDLE: Micros = 400_000;
/// Time for which sound waits for a picture to begin with: where packets of one come, and where none do.
const PICTURE_WAIT: Micros = 2_000_000;
const SOUND_WAIT: Micros = 1_000_000;
/// Packets of sound that wait for a file, at most; the oldest give way.
const MAX_PENDING: usize = 1_024;
/// Sound that begins less than this before a file belongs to it.
const EARLY_SOUND: Micros = 10_000;
/// Least time between requests for a keyframe.
const REQUEST_INTERVAL: Micros = 1_000_000;

/// Options of a recording.
#[derive(Clone, Copy, Debug)]
pub struct RecorderOptions {
    /// Container of Opus without a picture: [`RecordingContainer::Ogg`], which most programs play, or
    /// [`RecordingContainer::Mp4`] or [`RecordingContainer::WebM`], which Media Source Extensions take.
    pub sound_container: RecordingContainer,
    /// Time after which a keyframe is asked for, so that players can begin there; none for never.
    pub keyframe_interval: Option<Duration>,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        let keyframe_interval = Some(Duration::from_secs(10));
        RecorderOptions { sound_container: RecordingContainer::Ogg, keyframe_interval }
    }
}

/// Makes files of the packets of one show.
///
/// It is told the time with each call: since the recording's beginning, as [`RecorderPacket::captured`] is.
/// After each, [`Recorder::next_output`] is to be called until there is nothing more.
///
/// Memory is bounded: 4,096 packets and 16 MiB for each track that wait for a missing one, 32 MiB and a frame of
/// at most 8 MiB that wait to be written, and 16 bytes for each seek point of the open file.
#[derive(Debug)]
pub struct Recorder {
    options: RecorderOptions,
    session: Option<u64>,
    /// The session before, of which packets may still come.
    previous: Option<u64>,
    video: Option<VideoInput>,
    sound: Option<TrackInput>,
    file: Option<OpenFile>,
    /// Sound for the next file.
    pending: VecDeque<SoundPiece>,
    /// The next keyframe begins another file.
    cut: bool,
    numbers: u32,
    /// Time at which the files before the open one end.
    ended: Micros,
    /// Times at which a keyframe last came, and was asked for.
    keyframe: Micros,
    asked: Option<Micros>,
    outputs: VecDeque<RecorderOutput>,
}

#[derive(Debug)]
struct VideoInput {
    input: TrackInput,
    assembler: FrameAssembler,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new(RecorderOptions::default())
    }
}

impl Recorder {
    /// A recording that begins now: at the time 0.
    pub fn new(options: RecorderOptions) -> Self {
        Recorder {
            options,
            session: None,
            previous: None,
            video: None,
            sound: None,
            file: None,
            pending: VecDeque::new(),
            cut: false,
            numbers: 0,
            ended: 0,
            keyframe: 0,
            asked: None,
            outputs: VecDeque::new(),
        }
    }

    /// The next step, if there is one.
    pub fn next_output(&mut self) -> Option<RecorderOutput> {
        self.outputs.pop_front()
    }

    /// Takes a packet that came at `now`.
    pub fn push(&mut self, now: Duration, packet: RecorderPacket) {
        let now = micros(now);
        if self.previous == Some(packet.session) {
            return;
        }
        if self.session != Some(packet.session) {
            self.end_session();
            self.session = Some(packet.session);
        }
        if packet.codec.is_video() {
            self.push_video(now, packet);
        } else {
            self.push_sound(now, packet);
        }
        self.settle(now);
    }

    /// Takes note of the time; to be called ten times a second, or so.
    pub fn advance(&mut self, now: Duration) {
        let now = micros(now);
        if let Some(video) = &mut self.video {
            video.input.advance(now);
        }
        if let Some(sound) = &mut self.sound {
            sound.advance(now);
        }
        self.take_video(now);
        self.take_sound();
        self.check_stalls(now);
        self.settle(now);
    }

    /// The sound that comes is heard so much earlier than was said of what came before. Without a picture, its file
    /// begins as much earlier, as far as there is room after the one before; returns by how much.
    pub fn begin_earlier(&mut self, by: Duration) -> Duration {
        let sound = self.sound.as_mut().filter(|_| self.video.is_none());
        let waits = self.pending.front().map(|it| it.time);
        let Some((sound, first)) = sound.zip(self.file.as_ref().map(OpenFile::base).or(waits))
        else {
            return Duration::ZERO;
        };
        let by = micros(by).min(first - self.ended).max(0);
        sound.line.move_ahead(by);
        self.pending.iter_mut().for_each(|it| it.time -= by);
        if let Some(file) = &mut self.file
            && file.move_ahead(by)
        {
            self.outputs.push_back(RecorderOutput::Moved(duration(file.base())));
        }
        duration(by)
    }

    /// Ends the recording with what is there.
    pub fn finish(&mut self) {
        self.end_session();
    }

    fn push_video(&mut self, now: Micros, packet: RecorderPacket) {
        if self.video.as_ref().is_none_or(|it| !it.input.is_of(&packet)) {
            self.finish_video();
            self.video = Depacketizer::new(packet.codec).map(|depacketizer| VideoInput {
                input: TrackInput::new(&packet, now),
                assembler: FrameAssembler::new(depacketizer),
            });
        }
        if let Some(video) = &mut self.video {
            video.input.push(now, packet);
        }
        self.take_video(now);
    }

    fn push_sound(&mut self, now: Micros, packet: RecorderPacket) {
        if self.sound.as_ref().is_none_or(|it| !it.is_of(&packet)) {
            self.finish_sound();
        }
        self.sound.get_or_insert_with(|| TrackInput::new(&packet, now)).push(now, packet);
        self.take_sound();
    }

    /// Takes the frames that are whole.
    fn take_video(&mut self, now: Micros) {
        let Some(mut video) = self.video.take() else { return };
        let VideoInput { input, assembler } = &mut video;
        while let Some(next) = input.next() {
            match next {
                InOrder::Packet(packet) => assembler.push(&packet, &mut |frame| {
                    self.take_frame(now, input.line.time(frame.timestamp), frame);
                }),
                InOrder::Lost => assembler.lose(),
            }
        }
        self.video = Some(video);
    }

    fn take_frame(&mut self, now: Micros, time: Micros, frame: WholeFrame<'_>) {
        let is_key = frame.key.is_some();
        if let Some(format) = frame.key {
            self.keyframe = now;
            let fits = self.file.as_ref().is_some_and(|it| it.takes(&format));
            if !fits || self.cut {
                let base = time.max(0);
                self.close_at(base);
                let file = OpenFile::with_video(self.number(), base, format);
                self.open(file);
            }
        }
        if let Some(file) = &mut self.file {
            file.push_frame(time, is_key, frame.data);
        }
    }

    /// Takes the sound that is in order.
    fn take_sound(&mut self) {
        while let Some(next) = self.sound.as_mut().and_then(TrackInput::next) {
            let InOrder::Packet(packet) = next else { continue };
            let time = self.sound.as_ref().map_or(0, |it| it.line.time(packet.timestamp));
            if let Some(piece) = SoundPiece::of(&packet, time) {
                self.take_piece(piece);
            }
        }
    }

    fn take_piece(&mut self, piece: SoundPiece) {
        match &mut self.file {
            Some(file) if file.has_sound() => {
                if file.push_sound(&piece) {
                    return;
                }
                if let Some(file) = self.file.take() {
                    self.close(file);
                }
            }
            // Sound begins amid a picture.
            Some(_) => self.cut = true,
            None => {}
        }
        if self.pending.len() >= MAX_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(piece);
    }

    /// Opens a file, and gives it the sound that waits for one.
    fn open(&mut self, mut file: OpenFile) {
        let base = file.base();
        for piece in std::mem::take(&mut self.pending) {
            if piece.time >= base - EARLY_SOUND {
                file.push_sound(&piece);
            }
        }
        self.file = Some(file);
        self.cut = false;
    }

    fn number(&mut self) -> u32 {
        let number = self.numbers;
        self.numbers += 1;
        number
    }

    /// Closes the file that is open; its sound from `time` on waits for the next one.
    fn close_at(&mut self, time: Micros) {
        if let Some(mut file) = self.file.take() {
            let sound = file.split_sound(time);
            self.close(file);
            for piece in sound.into_iter().rev() {
                self.pending.push_front(piece);
            }
        }
    }

    fn close(&mut self, file: OpenFile) {
        self.ended = self.ended.max(file.end());
        file.close(&mut self.outputs);
    }

    /// Closes the file where tracks have stalled: with the picture, sound goes on alone.
    fn check_stalls(&mut self, now: Micros) {
        let heard = |it: Option<Micros>| it.filter(|heard| now - heard < STALL);
        let video = heard(self.video.as_ref().map(|it| it.input.heard));
        let sound = heard(self.sound.as_ref().map(|it| it.heard));
        let Some(file) = &mut self.file else { return };
        match (video, sound) {
            (None, None) => self.close_at(Micros::MAX),
            (None, Some(_)) if file.has_video() => {
                let written = file.written_sound();
                self.close_at(written);
                self.open_for_sound();
            }
            _ if video.max(sound).is_some_and(|heard| now - heard >= IDLE) => {
                file.flush(&mut self.outputs);
            }
            _ => {}
        }
    }

    /// Opens a file for the sound that waits, if there is any.
    fn open_for_sound(&mut self) {
        if let Some(first) = self.pending.front() {
            let number = self.numbers;
            let file = OpenFile::of_sound(number, self.options.sound_container, first);
            self.numbers += 1;
            self.open(file);
        }
    }

    /// Begins a file of sound where no picture comes, writes what is complete, and asks for keyframes.
    fn settle(&mut self, now: Micros) {
        let video = self.video.as_ref().filter(|it| now - it.input.heard < PICTURE_WAIT);
        let has_video = video.is_some();
        let wanted = video.is_some_and(|it| it.assembler.wants_keyframe());
        let comes = video.is_some_and(|it| it.assembler.has_begun_key());
        if self.file.is_none()
            && let (Some(first), Some(last)) = (self.pending.front(), self.pending.back())
        {
            let wait = if has_video { PICTURE_WAIT } else { SOUND_WAIT };
            let waited = last.end() - first.time;
            if waited >= wait
                || self.pending.len() >= MAX_PENDING
                || !first.format.codec.has_fillers()
            {
                self.open_for_sound();
            }
        }
        if let Some(file) = &mut self.file {
            file.advance(&mut self.outputs);
        }
        let due = self.options.keyframe_interval.map(micros);
        let due = due.is_some_and(|interval| now - self.keyframe >= interval);
        let fits = self.file.as_ref().is_some_and(OpenFile::has_video) && !self.cut;
        let recently = self.asked.is_some_and(|asked| now - asked < REQUEST_INTERVAL);
        if has_video && (wanted || due || !fits) && !comes && !recently {
            self.asked = Some(now);
            self.outputs.push_back(RecorderOutput::WantsKeyframe);
        }
    }

    /// Takes what is left of a stream of pictures that is over.
    fn finish_video(&mut self) {
        if let Some(video) = &mut self.video {
            video.input.finish();
            let heard = video.input.heard;
            self.take_video(heard);
            self.video = None;
        }
    }

    fn finish_sound(&mut self) {
        if let Some(sound) = &mut self.sound {
            sound.finish();
            self.take_sound();
            self.sound = None;
        }
    }

    fn end_session(&mut self) {
        self.finish_video();
        self.finish_sound();
        if self.file.is_none() {
            self.open_for_sound();
        }
        self.close_at(Micros::MAX);
        self.pending.clear();
        self.cut = false;
        self.asked = None;
        self.previous = self.session.take();
    }
}
