//! Frames as containers want them, out of RTP payloads.

mod av1;
mod h264;
mod vp8;
mod vp9;

use crate::{RecordedCodec, format::VideoFormat};

/// Largest frame, in bytes. What comes with a larger one is dropped up to the next keyframe.
pub(crate) const MAX_FRAME: usize = 8 << 20;

/// Temporal layer of a frame, where the payload tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TemporalLayer {
    /// The layer; frames of layer 0 need no others.
    pub(crate) id: u8,
    /// TL0PICIDX: the count of frames of layer 0, up to this one.
    pub(crate) base: u8,
    /// It needs frames of layer 0 alone.
    pub(crate) sync: bool,
}

/// Facts of a whole frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FrameDescription {
    /// Format from here on, of a keyframe.
    pub(crate) key: Option<VideoFormat>,
    /// Its temporal layer, if it is told.
    pub(crate) temporal: Option<TemporalLayer>,
}

/// Payloads of one codec, put together.
#[derive(Debug)]
pub(crate) enum Depacketizer {
    Vp8(vp8::Vp8Frames),
    Vp9(vp9::Vp9Frames),
    H264(h264::H264Frames),
    Av1(av1::Av1Frames),
}

impl Depacketizer {
    /// A depacketizer of a codec of pictures; none of sound.
    pub(crate) fn new(codec: RecordedCodec) -> Option<Self> {
        match codec {
            RecordedCodec::Vp8 => Some(Self::Vp8(vp8::Vp8Frames::default())),
            RecordedCodec::Vp9 => Some(Self::Vp9(vp9::Vp9Frames::default())),
            RecordedCodec::H264 => Some(Self::H264(h264::H264Frames::default())),
            RecordedCodec::Av1 => Some(Self::Av1(av1::Av1Frames::default())),
            RecordedCodec::Opus | RecordedCodec::Mp3 | RecordedCodec::Aac => None,
        }
    }

    /// True if a frame certainly begins with this payload; a keyframe may always be found by it.
    pub(crate) fn begins(&self, payload: &[u8]) -> bool {
        match self {
            Self::Vp8(_) => vp8::begins(payload),
            Self::Vp9(_) => vp9::begins(payload),
            Self::H264(_) => h264::begins(payload),
            Self::Av1(_) => av1::begins(payload),
        }
    }

    /// Appends a payload's share to a frame. [`None`] if it doesn't fit what came before, or is broken: then
    /// the frame is.
    pub(crate) fn push(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Vp8(it) => it.push(payload, frame),
            Self::Vp9(it) => it.push(payload, frame),
            Self::H264(it) => it.push(payload, frame),
            Self::Av1(it) => it.push(payload, frame),
        }?;
        (frame.len() <= MAX_FRAME).then_some(())
    }

    /// True if the frame that comes in seems to be a keyframe.
    pub(crate) fn has_begun_key(&self, frame: &[u8]) -> bool {
        match self {
            Self::Vp8(_) => frame.first().is_some_and(|it| it & 1 == 0),
            Self::Vp9(it) => it.has_begun_key(),
            Self::H264(it) => it.has_begun_key(),
            Self::Av1(it) => it.has_begun_key(),
        }
    }

    /// Completes a frame; [`None`] if it isn't whole. The next payload begins another one.
    pub(crate) fn finish(&mut self, frame: &mut Vec<u8>) -> Option<FrameDescription> {
        match self {
            Self::Vp8(it) => it.finish(frame),
            Self::Vp9(it) => it.finish(frame),
            Self::H264(it) => it.finish(frame),
            Self::Av1(it) => it.finish(frame),
        }
    }

    /// Forgets a frame that isn't whole.
    pub(crate) fn reset(&mut self) {
        match self {
            Self::Vp8(it) => *it = vp8::Vp8Frames::default(),
            Self::Vp9(it) => it.reset(),
            Self::H264(it) => it.reset(),
            Self::Av1(it) => it.reset(),
        }
    }
}
