//! A stream that is live: the ring of its latest seconds, and those who listen to it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bandstand_radio::{
    AudioFormat, AudioInfo, AudioRing, Framed, IcyWriter, MP3_KBITS, RingCursor, RingLimits,
    RingPiece, RingRead, SharedDecoder, Title,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// A stream that is live. Sources may follow each other in it while the sound stays what it is.
#[derive(Debug)]
pub struct LiveStream {
    info: AudioInfo,
    began: Instant,
    ring: Mutex<AudioRing>,
    news: watch::Sender<()>,
    /// Cancelled when those who listen now are to be cut; another one stands here then.
    admitted: Mutex<CancellationToken>,
    listeners: AtomicUsize,
    /// Those among them who are viewers besides, and counted as such.
    viewers: AtomicUsize,
    /// Viewers hear it by WebRTC.
    is_bridged: AtomicBool,
    /// Decoder for all that is made of it.
    decoder: Arc<SharedDecoder>,
    /// The MP3 that is made of it, while somebody listens to that.
    made: Mutex<Option<Arc<Self>>>,
    /// Number of times that nothing could be made of it.
    failures: AtomicUsize,
    /// Number of times that a listener was skipped ahead, in all streams of the venue.
    skips: Arc<AtomicU64>,
}

impl LiveStream {
    /// Nothing yet.
    pub fn new(info: AudioInfo, skips: Arc<AtomicU64>) -> Self {
        let ring = Mutex::new(AudioRing::new(info, RingLimits::default()));
        let (listeners, viewers) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let failures = AtomicUsize::new(0);
        let (news, admitted, made) = (watch::Sender::new(()), Mutex::default(), Mutex::default());
        let (is_bridged, decoder) = (AtomicBool::new(false), Arc::default());
        Self {
            info,
            began: Instant::now(),
            ring,
            news,
            admitted,
            listeners,
            viewers,
            is_bridged,
            decoder,
            made,
            failures,
            skips,
        }
    }

    /// An empty stream of what is made of this one.
    pub fn transcoded(&self, info: AudioInfo) -> Self {
        Self::new(info, self.skips.clone())
    }

    /// The MP3 that is made of this stream, if any is.
    pub fn made(&self) -> MutexGuard<'_, Option<Arc<Self>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decoder for all that is made of this stream.
    pub fn decoder(&self) -> Arc<SharedDecoder> {
        self.decoder.clone()
    }

    /// Notes that what was made of this stream has failed.
    pub fn note_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Number of times that what was made of this stream has failed.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }

    /// Notes whether viewers hear it by WebRTC.
    pub fn set_bridged(&self, is_bridged: bool) {
        self.is_bridged.store(is_bridged, Ordering::Relaxed);
    }

    /// Tells whether viewers hear it by WebRTC.
    pub fn is_bridged(&self) -> bool {
        self.is_bridged.load(Ordering::Relaxed)
    }

    /// Tells whether somebody listens, to this or to what is made of it.
    pub fn is_listened_to(&self) -> bool {
        self.listeners() > 0 || self.made().is_some()
    }

    /// Format of the sound.
    pub fn info(&self) -> AudioInfo {
        self.info
    }

    /// Time since its beginning.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Appends parts of the stream.
    pub fn append(&self, parts: &[Framed]) {
        self.writer().append(parts);
    }

    /// The place after all that has come: who has it appends next, whatever else is going on.
    pub fn writer(&self) -> StreamWriter<'_> {
        StreamWriter { stream: self, ring: self.ring() }
    }

    /// Gives the sound from here on this title.
    pub fn set_title(&self, title: Title) {
        if self.ring().set_title(title) {
            self.news.send_replace(());
        }
    }

    /// Ends the stream: listeners hear the rest.
    pub fn end(&self) {
        self.ring().end();
        self.news.send_replace(());
    }

    /// Cuts those who listen now, to this and to what is made of it, but for those whose right ends otherwise
    /// ([`StreamListener::until`]).
    pub fn cut(&self) {
        if let Some(made) = &*self.made() {
            made.cut();
        }
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *admitted).cancel();
    }

    /// Bits a second, of what is in the ring.
    pub fn bits_per_second(&self) -> u64 {
        self.ring().bits_per_second()
    }

    /// Bytes between places for titles. What is about to be made has no rate of its own yet.
    pub fn icy_interval(&self) -> usize {
        let bits = match self.bits_per_second() {
            0 if self.info.format == AudioFormat::Mp3 => u64::from(MP3_KBITS) * 1_000,
            bits => bits,
        };
        IcyWriter::interval_for(bits)
    }

    /// Number of listeners, but for those of what is made of it.
    pub fn listeners(&self) -> usize {
        self.listeners.load(Ordering::Relaxed)
    }

    /// Number of listeners, also of what is made of it, without those who are viewers besides.
    pub fn all_listeners(&self) -> usize {
        let alone = |it: &Self| it.listeners().saturating_sub(it.viewers.load(Ordering::Relaxed));
        alone(self) + self.made().as_deref().map_or(0, alone)
    }

    fn ring(&self) -> MutexGuard<'_, AudioRing> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place at the end of a stream.
pub struct StreamWriter<'a> {
    stream: &'a LiveStream,
    ring: MutexGuard<'a, AudioRing>,
}

impl StreamWriter<'_> {
    /// Appends parts of the stream, and wakes those who wait for them once the place is free again.
    pub fn append(mut self, parts: &[Framed]) {
        let news = parts.iter().fold(false, |news, part| self.ring.append(part) | news);
        drop(self.ring);
        if news {
            self.stream.news.send_replace(());
        }
    }
}

/// Somebody who listens, or makes something of it; dropped, they don't any more.
#[derive(Debug)]
pub struct StreamListener {
    stream: Arc<LiveStream>,
    cursor: RingCursor,
    news: watch::Receiver<()>,
    cut: CancellationToken,
    is_counted: bool,
    is_viewer: bool,
}

impl StreamListener {
    /// Joins a stream with its newest `burst`.
    pub fn join(stream: Arc<LiveStream>, burst: Duration) -> Self {
        stream.listeners.fetch_add(1, Ordering::Relaxed);
        let mut listener = Self::follow(stream, burst);
        let stream = &listener.stream;
        listener.cut = stream.admitted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listener.is_counted = true;
        listener
    }

    /// As [`Self::join`], for who makes something of the stream: they aren't counted among those who listen, and
    /// aren't cut with them.
    pub fn follow(stream: Arc<LiveStream>, burst: Duration) -> Self {
        // Before the place is taken, so that no news is missed.
        let news = stream.news.subscribe();
        let cursor = stream.ring().join(burst);
        let cut = CancellationToken::new();
        Self { stream, cursor, news, cut, is_counted: false, is_viewer: false }
    }

    /// Notes that the listener is a viewer besides, and counted as such.
    pub fn note_viewer(&mut self) {
        if !std::mem::replace(&mut self.is_viewer, true) {
            self.stream.viewers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The same, who isn't cut with all others, but once `ended` is cancelled.
    pub fn until(mut self, ended: CancellationToken) -> Self {
        self.cut = ended;
        self
    }

    /// The stream that is listened to.
    pub fn stream(&self) -> &LiveStream {
        &self.stream
    }

    /// Reads the next piece, if it is there.
    pub fn read(&mut self) -> RingRead {
        if self.cut.is_cancelled() {
            return RingRead::Ended;
        }
        self.news.borrow_and_update();
        let before = self.cursor.skips();
        let read = self.stream.ring().read(&mut self.cursor);
        let skips = u64::from(self.cursor.skips() - before);
        if skips > 0 {
            // Of the whole venue: written by all who listen.
            self.stream.skips.fetch_add(skips, Ordering::Relaxed);
        }
        read
    }

    /// Waits for the next piece; none when there is no more.
    pub async fn next(&mut self) -> Option<RingPiece> {
        loop {
            match self.read() {
                RingRead::Piece(piece) => return Some(piece),
                RingRead::Ended => return None,
                RingRead::Pending => tokio::select! {
                    // The sender lives as long as the stream.
                    _ = self.news.changed() => {}
                    () = self.cut.cancelled() => return None,
                },
            }
        }
    }
}

impl Drop for StreamListener {
    fn drop(&mut self) {
        if self.is_counted {
            self.stream.listeners.fetch_sub(1, Ordering::Relaxed);
        }
        if self.is_viewer {
            self.stream.viewers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
