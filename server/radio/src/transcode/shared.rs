//! Decoding of a stream, once for all who make something of it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use super::{SoundLibraries, TranscodeError, decoder::SoundDecoder, lame::tame};
use crate::{Framed, Framer, RingPiece};

/// The most sound of a piece, in seconds: a page has less.
const MAX_PIECE_SECONDS: usize = 30;
/// Pieces whose samples are kept for those who come to them next: two seconds.
const KEPT_PIECES: usize = 8;
/// The most samples that are kept, but for those of the latest piece.
const KEPT_SAMPLES: usize = 4 * 96_000;

/// Samples between -1 and 1, those of all channels after each other.
pub(super) type Samples = Arc<[f32]>;

/// Decoder of a stream, which all who make something of it share: each piece is decoded for the first of them.
#[derive(Default)]
pub struct SharedDecoder(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    decoder: PieceDecoder,
    /// Number of the first piece that wasn't decoded.
    next: u64,
    recent: VecDeque<(u64, Samples)>,
}

impl fmt::Debug for SharedDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedDecoder").finish_non_exhaustive()
    }
}

impl Shared {
    fn keep(&mut self, number: u64, samples: Samples) {
        self.recent.push_back((number, samples));
        let mut kept: usize = self.recent.iter().map(|it| it.1.len()).sum();
        while self.recent.len() > 1 && (self.recent.len() > KEPT_PIECES || kept > KEPT_SAMPLES) {
            kept -= self.recent.pop_front().map_or(0, |it| it.1.len());
        }
    }
}

/// Reader of the samples of a stream, piece by piece.
pub(super) struct SampleReader {
    libraries: SoundLibraries,
    shared: Arc<SharedDecoder>,
    /// Those of the link whose pieces come.
    headers: Bytes,
    /// Decoder of one's own, while one is behind the others.
    own: Option<PieceDecoder>,
}

impl SampleReader {
    pub(super) fn new(libraries: SoundLibraries, shared: Arc<SharedDecoder>) -> Self {
        Self { libraries, shared, headers: Bytes::new(), own: None }
    }

    /// The samples of a piece, and of frames whose end wasn't known before; what is broken is left out.
    ///
    /// # Errors
    /// [`TranscodeError`]; the stream can't be decoded then.
    pub(super) fn read(&mut self, piece: &RingPiece) -> Result<Samples, TranscodeError> {
        if !piece.headers.is_empty() {
            self.headers = piece.headers.clone();
        }
        if let Some(samples) = self.read_shared(piece)? {
            self.own = None;
            return Ok(samples);
        }
        let own = self.own.get_or_insert_default();
        own.decode(&self.libraries, &self.headers, piece)
    }

    /// The samples of a piece, unless others are far ahead of it.
    fn read_shared(&self, piece: &RingPiece) -> Result<Option<Samples>, TranscodeError> {
        // The other one waits for the samples here, which it needs next.
        let mut shared = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, samples)) = shared.recent.iter().find(|it| it.0 == piece.number) {
            return Ok(Some(samples.clone()));
        }
        if piece.number < shared.next {
            return Ok(None);
        }
        shared.next = piece.number + 1;
        // Where it fails, or panics, another one begins.
        let mut decoder = std::mem::take(&mut shared.decoder);
        let samples = decoder.decode(&self.libraries, &self.headers, piece)?;
        shared.decoder = decoder;
        shared.keep(piece.number, samples.clone());
        Ok(Some(samples))
    }
}

/// Decoder of pieces one after the other.
#[derive(Default)]
struct PieceDecoder {
    /// Finds the frames again in what a listener is given.
    incoming: Framer,
    decoder: Option<SoundDecoder>,
    link: Option<u64>,
    samples: Vec<f32>,
}

impl PieceDecoder {
    fn decode(
        &mut self,
        libraries: &SoundLibraries,
        headers: &[u8],
        piece: &RingPiece,
    ) -> Result<Samples, TranscodeError> {
        let broken = |error: crate::AudioError| TranscodeError::Codec(error.to_string());
        let mut framed = Vec::new();
        if self.link.replace(piece.link) != Some(piece.link) {
            self.incoming.push(headers, &mut framed).map_err(broken)?;
        }
        self.incoming.push(&piece.bytes, &mut framed).map_err(broken)?;
        self.samples.clear();
        for part in &framed {
            match (part, &mut self.decoder) {
                (Framed::Began(info), _) => {
                    self.decoder = Some(SoundDecoder::new(*info, libraries)?);
                }
                (Framed::Headers(headers), Some(decoder)) => decoder.take_headers(headers)?,
                (Framed::Sound(frame), Some(decoder)) => {
                    decode(decoder, &frame.bytes, &mut self.samples)?;
                }
                // Titles are told by the piece.
                (Framed::Title(_), _) | (_, None) => {}
            }
        }
        // What is no number would stay in filters.
        Ok(self.samples.iter().map(|it| tame(*it)).collect())
    }
}

/// Decodes a frame or a page; what is one piece with what was decoded before is bounded.
fn decode(
    decoder: &mut SoundDecoder,
    bytes: &Bytes,
    samples: &mut Vec<f32>,
) -> Result<(), TranscodeError> {
    let most = MAX_PIECE_SECONDS * decoder.samples_a_second();
    for packet in decoder.packets(bytes) {
        decoder.decode(&packet, samples);
        if samples.len() > most {
            return Err(TranscodeError::Codec("too much sound in a piece".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::pieces_of, *};

    #[test]
    fn who_reads_the_same_is_given_the_same_and_who_is_behind_decodes_alone() {
        let (_, pieces) = pieces_of(include_bytes!("../../fixtures/one.ogg"));
        assert!(pieces.len() > 1);
        let shared = Arc::new(SharedDecoder::default());
        let reader = || SampleReader::new(SoundLibraries::load(), shared.clone());
        let (mut first, mut second) = (reader(), reader());
        let mut alone = Vec::new();
        for piece in &pieces {
            let samples = first.read(piece).unwrap();
            assert!(Arc::ptr_eq(&samples, &second.read(piece).unwrap()));
            alone.extend_from_slice(&samples);
        }
        assert!(alone.len() > 10_000);
        // Nothing is kept any more of what they have read.
        shared.0.lock().unwrap().recent.clear();
        let (mut late, mut again) = (reader(), Vec::new());
        pieces.iter().for_each(|piece| again.extend_from_slice(&late.read(piece).unwrap()));
        assert_eq!(again, alone);
        assert!(late.own.is_some());
    }

    #[test]
    fn little_is_kept_for_who_comes_next() {
        let mut shared = Shared::default();
        for number in 0..20 {
            shared.keep(number, vec![0.0; 100].into());
        }
        assert_eq!(shared.recent.len(), KEPT_PIECES);
        shared.keep(20, vec![0.0; KEPT_SAMPLES + 1].into());
        assert_eq!(shared.recent.len(), 1);
    }
}
