//! The file that is being written.

use std::collections::VecDeque;

use crate::{
    FileSummary, RecordedCodec, RecorderOutput, RecordingContainer, RecordingFile, SeekIndex,
    SeekPoint,
    container::{ContainerWriter, FileFormat, mp4::VIDEO_TIMESCALE},
    format::VideoFormat,
    packet::{Micros, duration, from_ticks, millis, ticks},
    queue::{Fragment, TrackQueue},
    sound::{self, SoundPiece, SoundPlace},
    sound_format::SoundFormat,
};

/// Media time of a fragment, at most. With the time for which a frame is kept back, and what the disk takes,
/// less than a second is lost with the program.
const MAX_FRAGMENT: Micros = 700_000;
/// The same of sound alone: from source clients it comes in pieces of a quarter of a second.
const MAX_SOUND_FRAGMENT: Micros = 500_000;
/// Least media time of a fragment that ends before a keyframe.
const MIN_FRAGMENT: Micros = 150_000;
/// Time for which one track waits for the other: that for repairs, and a little.
const MAX_LAG: Micros = 1_100_000;
/// Bytes that wait to be written, at most: then they are, however far the other track is.
const MAX_BYTES: usize = 32 << 20;
/// Sound that is kept back where there is no picture: a keyframe may come, with which another file begins.
const KEPT_SOUND: Micros = 150_000;
/// Sound that is kept back where none can come: a frame, which may last longer.
const KEPT_FRAME: Micros = 30_000;
/// Time between seek points of sound.
pub(crate) const SOUND_POINTS: u64 = 2_000;
/// Duration of a last frame about which nothing is known.
const LAST_FRAME: Micros = 33_000;

/// A file and what waits to be written to it.
#[derive(Debug)]
pub(crate) struct OpenFile {
    number: u32,
    /// Time of the recording at which it begins.
    base: Micros,
    format: FileFormat,
    /// None before the first fragment: until then it is open whether there is sound.
    writer: Option<ContainerWriter>,
    video: Option<TrackQueue>,
    sound: Option<TrackQueue>,
    /// Packet that stands for sound that is missing.
    filler: [u8; 1],
    /// Media time up to which all is written.
    written: Micros,
    length: u64,
    index: SeekIndex,
}

impl OpenFile {
    /// A file with a picture, and sound if it comes in time.
    pub(crate) fn with_video(number: u32, base: Micros, video: VideoFormat) -> Self {
        let container = match video.codec() {
            RecordedCodec::Vp8 => RecordingContainer::WebM,
            _ => RecordingContainer::Mp4,
        };
        let format = FileFormat { container, video: Some(video), sound: Some(SoundFormat::OPUS) };
        Self::new(number, base, format)
    }

    /// A file of sound alone.
    pub(crate) fn of_sound(number: u32, container: RecordingContainer, first: &SoundPiece) -> Self {
        let container = match (first.format.codec, container) {
            (RecordedCodec::Mp3, RecordingContainer::Ogg | RecordingContainer::WebM) => {
                RecordingContainer::Mp3
            }
            (RecordedCodec::Aac, _) => RecordingContainer::Mp4,
            _ => container,
        };
        let format = FileFormat { container, video: None, sound: Some(first.format) };
        Self::new(number, first.time.max(0), format)
    }

    fn new(number: u32, base: Micros, format: FileFormat) -> Self {
        OpenFile {
            number,
            base,
            video: format.video.is_some().then(|| TrackQueue::new(VIDEO_TIMESCALE)),
            sound: format.sound.map(|it| TrackQueue::new(it.rate)),
            format,
            writer: None,
            filler: sound::FIRST_FILLER,
            written: 0,
            length: 0,
            index: SeekIndex::default(),
        }
    }

    /// Time of the recording at which it begins.
    pub(crate) fn base(&self) -> Micros {
        self.base
    }

    pub(crate) fn has_video(&self) -> bool {
        self.video.is_some()
    }

    pub(crate) fn has_sound(&self) -> bool {
        self.sound.is_some()
    }

    /// True if a picture of this format goes on in this file.
    pub(crate) fn takes(&self, format: &VideoFormat) -> bool {
        self.format.video.as_ref() == Some(format)
    }

    /// Takes a frame.
    pub(crate) fn push_frame(&mut self, time: Micros, key: bool, data: &[u8]) {
        if let Some(video) = &mut self.video {
            video.append_at(time - self.base, key, data);
        }
    }

    /// Takes sound; false if it can't follow what is there, for it is another, or far away.
    pub(crate) fn push_sound(&mut self, piece: &SoundPiece) -> bool {
        let Some(queue) = &mut self.sound else { return false };
        if self.format.sound != Some(piece.format) {
            return false;
        }
        let expected = ticks(piece.time - self.base, queue.timescale);
        let gap = expected - i64::try_from(queue.reached).unwrap_or(i64::MAX);
        let mut samples = piece.samples;
        match sound::place(piece, gap, self.format.container.has_times()) {
            SoundPlace::After(fillers) => {
                if let Some(filler) = piece.filler() {
                    self.filler = filler;
                }
                for _ in 0..fillers {
                    queue.append(sound::FILLER_SAMPLES, &self.filler);
                }
            }
            SoundPlace::Late(longer) => queue.extend(longer),
            SoundPlace::Early => samples = samples.saturating_sub(1).max(1),
            SoundPlace::Nowhere => return true,
            SoundPlace::FarAway => return false,
        }
        queue.append(samples, &piece.data);
        true
    }

    /// Begins so much earlier; returns whether it was told when.
    pub(crate) fn move_ahead(&mut self, by: Micros) -> bool {
        self.base -= by;
        self.writer.is_some()
    }

    /// Time of the recording at which it ends so far.
    pub(crate) fn end(&self) -> Micros {
        self.base + self.most_reached()
    }

    /// Writes what is complete. Where one track stays behind for too long, the other goes on without it, and
    /// sound that is missing is filled.
    pub(crate) fn advance(&mut self, out: &mut VecDeque<RecorderOutput>) {
        if let (Some(video), Some(sound)) = (&self.video, &mut self.sound)
            && (self.writer.is_some() || sound.reached > 0)
        {
            let until = video.reached_time() - (MAX_LAG - 100_000);
            if video.reached_time() - sound.reached_time() > MAX_LAG {
                let missing = ticks(until - sound.reached_time(), sound.timescale);
                for _ in 0..missing / i64::from(sound::FILLER_SAMPLES) {
                    sound.append(sound::FILLER_SAMPLES, &self.filler);
                }
            }
        }
        while let Some(end) = self.boundary() {
            self.write(end, out);
        }
    }

    /// End of the next fragment, if it is complete.
    fn boundary(&self) -> Option<Micros> {
        let reached = self.reached();
        let video = self.video.as_ref();
        let key = video.and_then(|video| {
            let far = |time: &Micros| time - self.written >= MIN_FRAGMENT;
            video.samples.iter().filter(|it| it.key).map(|it| video.time(it)).find(far)
        });
        if let Some(key) = key.filter(|key| *key <= reached) {
            return Some(key);
        }
        let most = if self.has_video() { MAX_FRAGMENT } else { MAX_SOUND_FRAGMENT };
        if reached - self.written >= most {
            return Some(reached);
        }
        let bytes: usize = self.video.iter().chain(&self.sound).map(|it| it.data.len()).sum();
        let most = self.most_reached();
        (bytes > MAX_BYTES && most > self.written).then_some(most)
    }

    /// Media time that both tracks have reached, or that nobody waits for any longer.
    fn reached(&self) -> Micros {
        let sound = self.sound.as_ref().map(TrackQueue::reached_time);
        match (self.video.as_ref().map(TrackQueue::reached_time), sound) {
            // Until there is any, it may be that there is no sound.
            (Some(video), Some(0)) if self.writer.is_none() => video,
            (Some(video), Some(sound)) => video.min(sound).max(video.max(sound) - MAX_LAG),
            (Some(video), None) => video,
            (None, sound) => {
                let is_whole = self.format.sound.is_some_and(|it| !it.codec.has_fillers());
                sound.unwrap_or_default() - if is_whole { KEPT_FRAME } else { KEPT_SOUND }
            }
        }
    }

    fn most_reached(&self) -> Micros {
        self.video.iter().chain(&self.sound).map(TrackQueue::reached_time).max().unwrap_or_default()
    }

    /// Writes all but the last frame, whose duration isn't known.
    pub(crate) fn flush(&mut self, out: &mut VecDeque<RecorderOutput>) {
        let most = self.most_reached();
        if most > self.written {
            self.write(most, out);
        }
    }

    /// Takes out the sound from a time of the recording on, for the file that begins then.
    pub(crate) fn split_sound(&mut self, from: Micros) -> Vec<SoundPiece> {
        let Some(queue) = &mut self.sound else { return Vec::new() };
        let Some(format) = self.format.sound else { return Vec::new() };
        let (from, rate) = (from - self.base, format.rate);
        let kept = queue.samples.partition_point(|it| {
            from_ticks(i64::try_from(it.start).unwrap_or(i64::MAX), rate) < from
        });
        let mut at: usize = queue.samples.iter().take(kept).map(|it| it.size as usize).sum();
        let kept_bytes = at;
        let mut pieces = Vec::new();
        for sample in queue.samples.split_off(kept) {
            let end = at + sample.size as usize;
            pieces.push(SoundPiece {
                format,
                time: self.base + queue.time(&sample),
                samples: sample.duration,
                data: queue.data.get(at..end).unwrap_or_default().into(),
            });
            at = end;
            queue.reached = queue.reached.min(sample.start);
        }
        queue.data.truncate(kept_bytes);
        pieces
    }

    /// Time of the recording up to which all sound is written.
    pub(crate) fn written_sound(&self) -> Micros {
        let queue = self.sound.as_ref();
        let first = queue.and_then(|it| it.samples.first().map(|first| it.time(first)));
        self.base + first.or(queue.map(TrackQueue::reached_time)).unwrap_or_default()
    }

    /// Writes the rest, and the end.
    pub(crate) fn close(mut self, out: &mut VecDeque<RecorderOutput>) {
        let sound = self.sound.as_ref().map(TrackQueue::reached_time);
        if let Some(video) = &mut self.video {
            let count = video.samples.len();
            let before = count.checked_sub(2).and_then(|at| video.samples.get(at));
            let least = before.map_or(ticks(LAST_FRAME, VIDEO_TIMESCALE).unsigned_abs(), |it| {
                u64::from(it.duration).min(u64::from(VIDEO_TIMESCALE / 4))
            });
            video.close(sound.unwrap_or_default(), least);
        }
        self.write(Micros::MAX, out);
        let length = duration(self.most_reached());
        let Some(writer) = self.writer else { return };
        let tail = writer.tail(self.length, length, &self.index);
        self.length += tail.bytes.len() as u64;
        if !tail.bytes.is_empty() {
            out.push_back(RecorderOutput::Bytes(tail.bytes));
        }
        out.push_back(RecorderOutput::End(FileSummary {
            number: self.number,
            length: self.length,
            duration: length,
            index: self.index,
            patches: tail.patches,
        }));
    }

    /// Writes what begins before `end` as a fragment.
    fn write(&mut self, end: Micros, out: &mut VecDeque<RecorderOutput>) {
        let mut bytes = Vec::new();
        if self.begin(end, &mut bytes, out).is_none() {
            self.written = end;
            return;
        }
        let parts = [&self.video, &self.sound].map(|it| it.as_ref().map(|it| it.before(end)));
        let [video, sound] = parts.map(|it| it.filter(|it| !it.samples.is_empty()));
        let offset = self.length + bytes.len() as u64;
        if let Some(writer) = &mut self.writer {
            // What can't be written was refused with its format, so this is never the case.
            let _ = writer.write(Fragment { video, sound }, &mut bytes);
        }
        let point = match (self.video.is_some(), video, sound) {
            (true, Some(video), _) => video.samples.first().filter(|it| it.key),
            (false, _, Some(sound)) => sound.samples.first(),
            _ => None,
        };
        let timescale = video.or(sound).map_or(1, |it| it.timescale);
        if let Some(point) = point {
            let time = millis(point.start, timescale);
            let last = self.index.points().last().map(|it| it.time);
            let near = |last: u64| self.video.is_none() && time < last + SOUND_POINTS;
            if !last.is_some_and(near) {
                self.index.push(SeekPoint { time, offset });
            }
        }
        let counts =
            [video, sound].map(|it| it.map_or((0, 0), |it| (it.samples.len(), it.data.len())));
        for (queue, (samples, data)) in [&mut self.video, &mut self.sound].into_iter().zip(counts) {
            if let Some(queue) = queue {
                queue.drop_first(samples, data);
            }
        }
        self.written = end.min(self.most_reached());
        self.length += bytes.len() as u64;
        out.push_back(RecorderOutput::Bytes(bytes));
        let (length, duration) = (self.length, duration(self.written));
        out.push_back(RecorderOutput::FragmentEnd { length, duration });
    }

    /// Begins the file with its first fragment; [`None`] if there is nothing to be written.
    fn begin(
        &mut self,
        end: Micros,
        bytes: &mut Vec<u8>,
        out: &mut VecDeque<RecorderOutput>,
    ) -> Option<()> {
        let has = |it: &Option<TrackQueue>| {
            it.as_ref().is_some_and(|it| !it.before(end).samples.is_empty())
        };
        if !has(&self.video) && !has(&self.sound) {
            return None;
        }
        if self.writer.is_some() {
            return Some(());
        }
        if self.sound.as_ref().is_some_and(|it| it.reached == 0) {
            (self.sound, self.format.sound) = (None, None);
        }
        self.writer = Some(ContainerWriter::new(&self.format, self.number, bytes)?);
        let video = self.format.video.as_ref();
        // The media type of MP3 says all.
        let sound = self.format.sound.filter(|_| self.format.container.has_times());
        let codecs = video.map(VideoFormat::codecs).into_iter();
        let codecs: Vec<_> = codecs.chain(sound.map(|it| it.codecs().to_owned())).collect();
        out.push_back(RecorderOutput::Begin(RecordingFile {
            number: self.number,
            offset: duration(self.base),
            container: self.format.container,
            codecs: codecs.join(","),
            size: video.map(|it| (it.width, it.height)),
            has_sound: self.sound.is_some(),
        }));
        Some(())
    }
}
