//! Reader of what source clients send to a show, as it comes, for its recording.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bandstand_domain::ShowId;
use bandstand_radio::{AudioFormat, FrameStream, RingRead, SourceClock, StreamFrame};

use super::{
    live_stream::{LiveStream, StreamListener},
    mounts::Mounts,
};

/// Age up to which a stream is read from its beginning: of an older one, what came before isn't asked for.
const YOUNG: Duration = Duration::from_secs(2);

/// Sound of a source client.
#[derive(Clone, Debug)]
pub struct SentFrame {
    /// Number of the stream among those that the reader has read.
    pub stream: u64,
    /// Format of the stream.
    pub format: AudioFormat,
    /// Samples a second and channel.
    pub rate: u32,
    /// Number of the frame in the stream.
    pub number: u64,
    /// The frame.
    pub frame: StreamFrame,
    /// Time at which it is heard.
    pub heard: Duration,
}

/// Step of what is read, in order.
#[derive(Clone, Debug)]
pub enum MountStep {
    /// All sound so far is heard so much earlier than it was said.
    Ahead(Duration),
    /// Sound.
    Frame(SentFrame),
}

/// Reader of a show's mount, whatever source follows another there. It gives out what is heard: of what a source has
/// sent ahead nothing is left once another one takes over. That is bounded by the lead that sources may have.
#[derive(Debug)]
pub struct MountReader {
    mounts: Arc<Mounts>,
    show: ShowId,
    following: Option<Following>,
    streams: u64,
    /// Frames that are heard later.
    ahead: VecDeque<SentFrame>,
}

/// Stream that is read.
#[derive(Debug)]
struct Following {
    stream: Arc<LiveStream>,
    listener: StreamListener,
    frames: FrameStream,
    clock: SourceClock,
    number: u64,
    next: u64,
    has_failed: bool,
}

impl MountReader {
    /// Reader of the mount of `show`, which has read nothing yet.
    pub fn new(mounts: Arc<Mounts>, show: ShowId) -> Self {
        Self { mounts, show, following: None, streams: 0, ahead: VecDeque::new() }
    }

    /// Takes what is heard until `now`, by a clock of the caller's.
    pub fn take(&mut self, now: Duration, steps: &mut Vec<MountStep>) {
        let stream = self.mounts.sent(self.show);
        let stream = stream.filter(|it| FrameStream::takes(it.info().format));
        // Of one in whose place another one stands, nothing comes after this.
        if let Some(following) = &mut self.following {
            following.read(now, &mut self.ahead, steps);
        }
        let same = |it: &Following| stream.as_ref().is_some_and(|new| Arc::ptr_eq(new, &it.stream));
        if !self.following.as_ref().is_some_and(same) {
            self.following = stream.map(|stream| {
                self.streams += 1;
                self.ahead.clear();
                let mut following = Following::new(stream, self.streams);
                following.read(now, &mut self.ahead, steps);
                following
            });
        }
        while let Some(frame) = self.ahead.pop_front_if(|it| it.heard <= now) {
            steps.push(MountStep::Frame(frame));
        }
    }
}

impl Following {
    fn new(stream: Arc<LiveStream>, number: u64) -> Self {
        let burst = if stream.age() < YOUNG { Duration::MAX } else { Duration::ZERO };
        let listener = StreamListener::follow(stream.clone(), burst);
        let (frames, clock) = (FrameStream::new(stream.info()), SourceClock::default());
        Self { stream, listener, frames, clock, number, next: 0, has_failed: false }
    }

    fn read(&mut self, now: Duration, ahead: &mut VecDeque<SentFrame>, steps: &mut Vec<MountStep>) {
        let info = self.stream.info();
        let mut frames = Vec::new();
        while let RingRead::Piece(piece) = self.listener.read() {
            if self.has_failed {
                continue;
            }
            if let Some(by) = self.clock.note(now, self.frames.time(piece.start)) {
                ahead.iter_mut().for_each(|it| it.heard = it.heard.saturating_sub(by));
                steps.push(MountStep::Ahead(by));
            }
            if let Err(error) = self.frames.push(&piece, &mut frames) {
                tracing::info!(%error, "a stream is not recorded any more");
                self.has_failed = true;
            }
            for frame in frames.drain(..) {
                let heard = self.clock.heard(self.frames.time(frame.start));
                let (format, rate, number) = (info.format, info.rate, self.next);
                self.next += 1;
                let stream = self.number;
                ahead.push_back(SentFrame { stream, format, rate, number, frame, heard });
            }
        }
    }
}
