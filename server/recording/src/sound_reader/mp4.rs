//! Sound in fragmented MP4.

use std::{
    collections::VecDeque,
    io::{self, Read},
    time::Duration,
};

use shiguredo_mp4::{
    Decode,
    boxes::{MoofBox, MoovBox, SampleEntry, TrafBox, TrakBox},
};

use super::{FileSound, FileSoundPacket, Input, MAX_PACKET};
use crate::packet::{duration, from_ticks};

/// Longest box that is read whole: the head of a file, or of a fragment.
const MAX_BOX: u64 = 4 << 20;
/// Bytes before the contents of a box, and of one whose size needs eight bytes.
const BOX_HEADER: u64 = 8;
/// Codecs of `mp4a` by their object types: MP3 of MPEG-1 and of MPEG-2, and AAC.
const MP3: [u8; 2] = [0x6b, 0x69];
const AAC: u8 = 0x40;

/// State of a file that is read.
#[derive(Debug, Default)]
pub(super) struct Mp4Sound {
    track: Option<SoundTrack>,
    /// Packets of the fragment whose head was read, in the order of their offsets.
    waiting: VecDeque<Waiting>,
    /// End of the fragment's data, while that is read.
    data_end: Option<u64>,
}

/// Track of sound.
#[derive(Clone, Copy, Debug)]
struct SoundTrack {
    id: u32,
    timescale: u32,
    sound: FileSound,
    /// Duration and size of samples of which none is told.
    defaults: (u32, u32),
}

/// Packet that comes.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    offset: u64,
    size: u64,
    time: Duration,
}

impl Mp4Sound {
    pub(super) fn next<R: Read>(
        &mut self,
        input: &mut Input<R>,
    ) -> io::Result<Option<FileSoundPacket>> {
        loop {
            if let Some(end) = self.data_end {
                if let (Some(packet), Some(track)) = (self.waiting.pop_front(), self.track) {
                    let Waiting { offset, size, time } = packet;
                    if offset < input.at || offset.saturating_add(size) > end {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                    input.skip(offset - input.at)?;
                    let data = input.read(size)?;
                    return Ok(data.map(|data| FileSoundPacket { sound: track.sound, time, data }));
                }
                self.data_end = None;
                input.skip(end - input.at)?;
            }
            if !self.read_box(input)? {
                return Ok(None);
            }
        }
    }

    /// Reads a box, or the head of data; false at the end.
    fn read_box<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<bool> {
        let begin = input.at;
        let Some(mut bytes) = input.read(BOX_HEADER)? else { return Ok(false) };
        let size = match bytes[..4] {
            [0, 0, 0, 1] => {
                let Some(size) = input.read(8)? else { return Ok(false) };
                size.iter().fold(0, |size, byte| size << 8 | u64::from(*byte))
            }
            [a, b, c, d] => u32::from_be_bytes([a, b, c, d]).into(),
            _ => 0,
        };
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        let end = begin.checked_add(size).filter(|it| *it >= input.at).ok_or_else(invalid)?;
        let rest = end - input.at;
        match &bytes[4..] {
            b"moov" | b"moof" if size <= MAX_BOX => {
                let is_movie = bytes[4..] == *b"moov";
                let Some(body) = input.read(rest)? else { return Ok(false) };
                bytes.extend(body);
                if is_movie {
                    let (movie, _) = MoovBox::decode(&bytes).map_err(|_| invalid())?;
                    self.track = sound_track(&movie);
                } else {
                    let (head, _) = MoofBox::decode(&bytes).map_err(|_| invalid())?;
                    self.waiting = self.packets(&head, begin).ok_or_else(invalid)?;
                }
            }
            b"mdat" => self.data_end = Some(end),
            _ => input.skip(rest)?,
        }
        Ok(true)
    }

    /// Packets of sound in a fragment whose head begins at an offset.
    fn packets(&self, head: &MoofBox, begin: u64) -> Option<VecDeque<Waiting>> {
        let mut packets = Vec::new();
        let Some(track) = self.track else { return Some(VecDeque::new()) };
        for part in head.traf_boxes.iter().filter(|it| it.tfhd_box.track_id == track.id) {
            track.packets(part, begin, &mut packets)?;
        }
        packets.sort_by_key(|it| it.offset);
        Some(packets.into())
    }
}

impl SoundTrack {
    /// Appends the packets of a part of a fragment.
    fn packets(&self, part: &TrafBox, begin: u64, out: &mut Vec<Waiting>) -> Option<()> {
        let head = &part.tfhd_box;
        let usual_duration = head.default_sample_duration.unwrap_or(self.defaults.0);
        let usual_size = head.default_sample_size.unwrap_or(self.defaults.1);
        let mut ticks = part.tfdt_box.as_ref()?.base_media_decode_time;
        for run in &part.trun_boxes {
            let mut offset = begin.checked_add_signed(run.data_offset?.into())?;
            for sample in &run.samples {
                let size = u64::from(sample.size.unwrap_or(usual_size));
                let time = duration(from_ticks(i64::try_from(ticks).ok()?, self.timescale));
                if size > MAX_PACKET {
                    return None;
                }
                out.push(Waiting { offset, size, time });
                offset = offset.checked_add(size)?;
                ticks = ticks.checked_add(sample.duration.unwrap_or(usual_duration).into())?;
            }
        }
        Some(())
    }
}

/// The first track whose sound is of a codec that is known.
fn sound_track(movie: &MoovBox) -> Option<SoundTrack> {
    let track = |track: &TrakBox| {
        let (id, media) = (track.tkhd_box.track_id, &track.mdia_box);
        let sound = sound_of(media.minf_box.stbl_box.stsd_box.entries.first()?)?;
        let extends = movie.mvex_box.iter().flat_map(|it| &it.trex_boxes);
        let usual = extends.filter(|it| it.track_id == id);
        let usual = usual.map(|it| (it.default_sample_duration, it.default_sample_size)).next();
        let timescale = media.mdhd_box.timescale.get();
        Some(SoundTrack { id, timescale, sound, defaults: usual.unwrap_or_default() })
    };
    movie.trak_boxes.iter().find_map(track)
}

fn sound_of(entry: &SampleEntry) -> Option<FileSound> {
    match entry {
        SampleEntry::Opus(_) => Some(FileSound::Opus),
        SampleEntry::Mp4a(entry) => {
            let rate = entry.audio.samplerate.integer.into();
            let channels = u8::try_from(entry.audio.channelcount).ok()?;
            let known = rate > 0 && (1..=2).contains(&channels);
            match entry.esds_box.es.dec_config_descr.object_type_indication {
                kind if known && MP3.contains(&kind) => Some(FileSound::Mp3 { rate, channels }),
                AAC if known => Some(FileSound::Aac { rate, channels }),
                _ => None,
            }
        }
        _ => None,
    }
}
