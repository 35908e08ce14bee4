//! Samples of one track that wait to be written, in order.

use crate::packet::{Micros, from_ticks, ticks};

/// Sample of a track. Its bytes follow those of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueuedSample {
    /// Ticks since the beginning of the file.
    pub(crate) start: u64,
    /// Ticks up to the next one; 0 while there is none.
    pub(crate) duration: u32,
    pub(crate) size: u32,
    /// It can be decoded without those before.
    pub(crate) key: bool,
}

/// Samples of one track that aren't written yet.
#[derive(Debug)]
pub(crate) struct TrackQueue {
    /// Ticks a second.
    pub(crate) timescale: u32,
    pub(crate) samples: Vec<QueuedSample>,
    pub(crate) data: Vec<u8>,
    /// End of the last sample, or its beginning where its duration isn't known.
    pub(crate) reached: u64,
}

impl TrackQueue {
    pub(crate) fn new(timescale: u32) -> Self {
        TrackQueue { timescale, samples: Vec::new(), data: Vec::new(), reached: 0 }
    }

    /// Appends a sample that begins where the last one ends.
    pub(crate) fn append(&mut self, duration: u32, data: &[u8]) {
        self.put(QueuedSample { start: self.reached, duration, size: 0, key: true }, data);
        self.reached += u64::from(duration);
    }

    /// Appends a sample at a time, up to which the last one lasts. It begins a tick after that one, at least.
    pub(crate) fn append_at(&mut self, time: Micros, key: bool, data: &[u8]) {
        let mut start = u64::try_from(ticks(time, self.timescale)).unwrap_or_default();
        start = start.max(self.reached);
        if let Some(last) = self.samples.last_mut().filter(|it| it.duration == 0) {
            start = start.max(last.start + 1);
            last.duration = u32::try_from(start - last.start).unwrap_or(u32::MAX);
            start = last.start + u64::from(last.duration);
        }
        self.put(QueuedSample { start, duration: 0, size: 0, key }, data);
        self.reached = start;
    }

    /// Moves the end by so many ticks: the last sample lasts as much longer, if it isn't written yet.
    pub(crate) fn extend(&mut self, ticks: u32) {
        if let Some(last) = self.samples.last_mut() {
            last.duration = last.duration.saturating_add(ticks);
        }
        self.reached += u64::from(ticks);
    }

    fn put(&mut self, sample: QueuedSample, data: &[u8]) {
        let size = u32::try_from(data.len()).unwrap_or_default();
        self.samples.push(QueuedSample { size, ..sample });
        self.data.extend_from_slice(data);
    }

    /// Gives the last sample a duration up to `end`, and at least `least` ticks.
    pub(crate) fn close(&mut self, end: Micros, least: u64) {
        if let Some(last) = self.samples.last_mut().filter(|it| it.duration == 0) {
            let end = u64::try_from(ticks(end, self.timescale)).unwrap_or_default();
            let duration = end.max(last.start + least.max(1)) - last.start;
            last.duration = u32::try_from(duration).unwrap_or(u32::MAX);
            self.reached = last.start + u64::from(last.duration);
        }
    }

    /// Time that the track has reached; see [`TrackQueue::reached`].
    pub(crate) fn reached_time(&self) -> Micros {
        from_ticks(i64::try_from(self.reached).unwrap_or(i64::MAX), self.timescale)
    }

    /// Time at which a sample begins.
    pub(crate) fn time(&self, sample: &QueuedSample) -> Micros {
        from_ticks(i64::try_from(sample.start).unwrap_or(i64::MAX), self.timescale)
    }

    /// The samples that begin before a time, and are whole, with their bytes.
    pub(crate) fn before(&self, end: Micros) -> TrackPart<'_> {
        let count =
            self.samples.iter().take_while(|it| it.duration > 0 && self.time(it) < end).count();
        let samples = self.samples.get(..count).unwrap_or_default();
        let bytes = samples.iter().map(|it| it.size as usize).sum();
        let data = self.data.get(..bytes).unwrap_or_default();
        TrackPart { timescale: self.timescale, samples, data }
    }

    /// Drops so many samples with their bytes: they are written.
    pub(crate) fn drop_first(&mut self, samples: usize, bytes: usize) {
        self.samples.drain(..samples.min(self.samples.len()));
        self.data.drain(..bytes.min(self.data.len()));
    }
}

/// Samples of one track for a fragment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackPart<'q> {
    pub(crate) timescale: u32,
    pub(crate) samples: &'q [QueuedSample],
    pub(crate) data: &'q [u8],
}

impl<'q> TrackPart<'q> {
    /// Each sample with its bytes.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'q QueuedSample, &'q [u8])> {
        let mut rest = self.data;
        self.samples.iter().filter_map(move |sample| {
            let (data, after) = rest.split_at_checked(sample.size as usize)?;
            rest = after;
            Some((sample, data))
        })
    }
}

/// Samples of a file that are written together: a cluster of WebM, a fragment of MP4, pages of Ogg.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment<'q> {
    pub(crate) video: Option<TrackPart<'q>>,
    pub(crate) sound: Option<TrackPart<'q>>,
}

impl<'q> Fragment<'q> {
    /// The tracks that have samples, with their numbers: a picture is the first, if the file has one.
    pub(crate) fn tracks(self, has_video: bool) -> impl Iterator<Item = (u8, TrackPart<'q>)> {
        let sound = if has_video { 2 } else { 1 };
        let video = self.video.map(|it| (1, it)).into_iter();
        video.chain(self.sound.map(|it| (sound, it)))
    }
}
