//! MP3 of a stream, made while somebody listens to it by one encoder a show, on a thread of its own. Opus for the
//! media core ([`super::bridge`]) has its places here, too; both share the stream's decoder.

use std::{sync::Arc, time::Duration};

use bandstand_radio::{AudioFormat, Framed, PacketStream, SoundLibraries, Transcoder};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    error::RadioError,
    live_stream::{LiveStream, StreamListener},
};

/// The most streams that are transcoded at once, in all and for each processor, of which each takes some
/// hundredths: what carries media comes first. Who wants another one is refused.
const MAX_TRANSCODINGS: usize = 32;
const MAX_FOR_PROCESSOR: usize = 8;
/// Newest sound that is transcoded at once for the first listener.
const BURST: Duration = Duration::from_secs(5);
/// Time between two looks for listeners; who has come back by the next finds it going on.
const LOOK: Duration = Duration::from_secs(10);
/// The most times that transcoding a stream may fail; who asks for more is refused. Players come back at once,
/// and what fails fails again.
const MAX_FAILURES: usize = 3;
/// The most bits a second of MP3 that is given out as it came.
const SMALL_ENOUGH: u64 = 160_000;

/// Makes MP3, and Opus. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Transcoding {
    libraries: SoundLibraries,
    places: Arc<Semaphore>,
    most: usize,
    closing: CancellationToken,
}

impl Transcoding {
    /// Loads what it takes; says so where that isn't there. All ends once `closing` is cancelled.
    pub fn load(closing: CancellationToken) -> Self {
        let libraries = SoundLibraries::load();
        if let Some(why) = libraries.without_mp3() {
            tracing::info!(%why, "sound is given out as it is sent, and no MP3 made of it");
        }
        if let Some(why) = libraries.without_opus() {
            tracing::info!(%why, "pages play what source clients send by HTTP, unless it is Opus");
        }
        let processors = std::thread::available_parallelism().map_or(1, |it| it.get());
        let most = (processors * MAX_FOR_PROCESSOR).min(MAX_TRANSCODINGS);
        Self { libraries, places: Arc::new(Semaphore::new(most)), most, closing }
    }

    /// Decoders and encoders.
    pub fn libraries(&self) -> &SoundLibraries {
        &self.libraries
    }

    /// Tells whether MP3 can be made.
    pub fn is_possible(&self) -> bool {
        self.libraries.without_mp3().is_none()
    }

    /// Number of streams that are transcoded.
    pub fn count(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// Makes packets of Opus of a stream, or finds them there; with the place that making them takes. None where that can't be done, or as many streams are transcoded as can be.
    pub fn packets(
        &self,
        stream: &LiveStream,
    ) -> Option<(PacketStream, Option<OwnedSemaphorePermit>)> {
        let packets = PacketStream::new(self.libraries.clone(), stream.info(), stream.decoder());
        if PacketStream::finds(stream.info().format) {
            return Some((packets, None));
        }
        if self.libraries.without_opus().is_some() {
            return None;
        }
        let place = self.places.clone().try_acquire_owned().ok()?;
        Some((packets, Some(place)))
    }

    /// Joins the MP3 of a stream: the stream itself where it is that, and small enough.
    ///
    /// # Errors
    /// [`RadioError::NoTranscoding`], [`RadioError::Busy`].
    pub fn join(
        &self,
        stream: &Arc<LiveStream>,
        burst: Duration,
    ) -> Result<StreamListener, RadioError> {
        let is_mp3 = stream.info().format == AudioFormat::Mp3;
        // Of what has just begun the rate isn't known.
        if is_mp3 && (1..=SMALL_ENOUGH).contains(&stream.bits_per_second()) {
            return Ok(StreamListener::join(stream.clone(), burst));
        }
        // Held until the place is taken, so that it isn't ended in between.
        let mut made = stream.made();
        if let Some(made) = &*made {
            return Ok(StreamListener::join(made.clone(), burst));
        }
        if !self.is_possible() || stream.failures() >= MAX_FAILURES {
            return Err(RadioError::NoTranscoding);
        }
        let place = self.places.clone().try_acquire_owned().map_err(|_| RadioError::Busy)?;
        let target = Arc::new(stream.transcoded(Transcoder::info_for(stream.info())));
        *made = Some(target.clone());
        let listener = StreamListener::join(target.clone(), burst);
        let (stream, closing) = (stream.clone(), self.closing.clone());
        let transcoder = Transcoder::new(self.libraries.clone(), stream.info(), stream.decoder());
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || {
            let made = Made { stream, target, has_failed: true };
            handle.block_on(transcode(transcoder, made, closing));
            drop(place);
        });
        Ok(listener)
    }
}

/// Stream that is made of another one; dropped, also by a panic of a decoder, it ends, and who comes next has
/// it made anew.
struct Made {
    stream: Arc<LiveStream>,
    target: Arc<LiveStream>,
    /// Unless it is said that it hasn't.
    has_failed: bool,
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.has_failed {
            self.stream.note_failure();
        }
        self.target.end();
        let mut made = self.stream.made();
        if made.as_ref().is_some_and(|it| Arc::ptr_eq(it, &self.target)) {
            *made = None;
        }
    }
}

/// Transcodes a stream until it ends, or nobody listens.
async fn transcode(mut transcoder: Transcoder, mut made: Made, closing: CancellationToken) {
    let (stream, target) = (made.stream.clone(), made.target.clone());
    let mut source = StreamListener::follow(stream.clone(), BURST);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is at once.
    look.tick().await;
    let mut out: Vec<Framed> = Vec::new();
    loop {
        let piece = tokio::select! {
            piece = source.next() => piece,
            _ = look.tick() => {
                let mut current = stream.made();
                if target.listeners() > 0 {
                    continue;
                }
                *current = None;
                None
            }
            () = closing.cancelled() => None,
        };
        let Some(piece) = piece else {
            made.has_failed = false;
            break;
        };
        out.clear();
        let done = transcoder.push(&piece, &mut out);
        target.append(&out);
        if let Err(error) = done {
            tracing::info!(%error, "a stream is transcoded no more");
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use bandstand_radio::AudioInfo;

    use super::*;

    #[tokio::test]
    async fn a_panic_of_a_decoder_ends_what_is_made() {
        let info = AudioInfo { format: AudioFormat::OggVorbis, rate: 44_100, channels: 2 };
        let stream = Arc::new(LiveStream::new(info, Arc::default()));
        let target = Arc::new(stream.transcoded(Transcoder::info_for(info)));
        *stream.made() = Some(target.clone());
        let mut listener = StreamListener::join(target.clone(), BURST);
        let made = Made { stream: stream.clone(), target, has_failed: true };
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let _made = made;
            panic!("a decoder");
        }));
        assert!(panicked.is_err());
        assert_eq!(listener.next().await, None);
        assert!(stream.made().is_none());
        assert_eq!(stream.failures(), 1);
    }
}
