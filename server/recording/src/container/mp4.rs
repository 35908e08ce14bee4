//! Fragmented MP4 (ISO/IEC 14496-12 §8.8): H.264 (14496-15), VP9 (VP codec binding), AV1 (AV1 binding), Opus, and
//! AAC and MP3 (14496-14) in it.

use std::{num::NonZeroU32, time::Duration};

use shiguredo_mp4::{
    Either, Encode, FixedPointNumber, LanguageCode, Mp4FileTime, SampleFlags,
    boxes::{
        Brand, DinfBox, FtypBox, HdlrBox, MdhdBox, MdiaBox, MediaHeader, MehdBox, MfhdBox, MfraBox,
        MfroBox, MinfBox, MoofBox, MoovBox, MvexBox, MvhdBox, SampleEntry, SmhdBox, StblBox,
        StcoBox, StscBox, StsdBox, StszBox, SttsBox, TfdtBox, TfhdBox, TfraBox, TfraEntry, TkhdBox,
        TrafBox, TrakBox, TrexBox, TrunBox, TrunSample, VmhdBox,
    },
};

use super::{FileFormat, FilePatch, FileTail};
use crate::{
    SeekIndex,
    queue::{Fragment, TrackPart},
};

/// Ticks a second of the movie, and of pictures.
const MOVIE_TIMESCALE: u32 = 1_000;
pub(crate) const VIDEO_TIMESCALE: u32 = 90_000;
/// Bytes before the duration in its box (§8.8.2): size, type, version and flags.
const DURATION_BOX: &[u8; DURATION_AT] = b"\0\0\0\x10mehd\0\0\0\0";
const DURATION_AT: usize = 12;
/// Bytes before the contents of a box.
const BOX_HEADER: usize = 8;

/// Flags of samples that depend on none, and on others (§8.8.3.1).
const KEY: SampleFlags = SampleFlags::from_fields(0, 2, 0, 0, 0, false, 0);
const OTHER: SampleFlags = SampleFlags::from_fields(0, 1, 0, 0, 0, true, 0);

/// Writer of one file.
#[derive(Debug)]
pub(crate) struct Mp4Writer {
    pub(crate) layout: Mp4Layout,
    has_video: bool,
    sequence: u32,
}

/// State of a file that is needed at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mp4Layout {
    /// Offset of the duration, in four bytes.
    pub(crate) duration: u64,
    /// Ticks a second of the first track.
    pub(crate) timescale: u32,
}

impl Mp4Layout {
    /// Finds the duration in the header of a file.
    pub(crate) fn find(header: &[u8], timescale: u32) -> Option<Self> {
        let at = header.windows(DURATION_AT).position(|it| it == DURATION_BOX)?;
        Some(Mp4Layout { duration: (at + DURATION_AT) as u64, timescale })
    }

    /// End of a file: the duration, and a list of the fragments that can be begun at (§8.8.9).
    pub(crate) fn tail(self, duration: Duration, index: &SeekIndex) -> FileTail {
        let millis = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
        let patch = FilePatch { offset: self.duration, bytes: millis.to_be_bytes().to_vec() };
        let entry = |point: &crate::SeekPoint| TfraEntry {
            time: point.time.saturating_mul(self.timescale.into()) / 1_000,
            moof_offset: point.offset,
            traf_number: 1,
            trun_number: 1,
            sample_number: 1,
        };
        let table = TfraBox {
            version: 1,
            track_id: 1,
            length_size_of_traf_num: 0,
            length_size_of_trun_num: 0,
            length_size_of_sample_num: 0,
            entries: index.points().iter().map(entry).collect(),
        };
        let mut list = MfraBox { tfra_boxes: vec![table], mfro_box: MfroBox { size: 0 } };
        let length = list.encode_to_vec().ok().and_then(|it| u32::try_from(it.len()).ok());
        list.mfro_box.size = length.unwrap_or_default();
        FileTail { bytes: list.encode_to_vec().unwrap_or_default(), patches: vec![patch] }
    }
}

impl Mp4Writer {
    /// Writes the header; [`None`] for what can't be in MP4.
    pub(crate) fn new(format: &FileFormat, out: &mut Vec<u8>) -> Option<Self> {
        let mut tracks = Vec::new();
        if let Some(video) = &format.video {
            tracks.push((video.sample_entry()?, VIDEO_TIMESCALE));
        }
        if let Some(sound) = format.sound {
            tracks.push((sound.sample_entry()?, sound.rate));
        }
        let timescale = tracks.first()?.1;
        let brand = match tracks.first().map(|it| &it.0) {
            Some(SampleEntry::Av01(_)) => Some(Brand::AV01),
            Some(SampleEntry::Avc1(_)) => Some(Brand::AVC1),
            _ => None,
        };
        let brands = [Brand::ISO5, Brand::ISO6, Brand::MP41].into_iter().chain(brand);
        let file_type = FtypBox {
            major_brand: Brand::ISO5,
            minor_version: 0,
            compatible_brands: brands.collect(),
        };
        let movie = movie(tracks)?;
        out.extend(file_type.encode_to_vec().ok()?);
        out.extend(movie.encode_to_vec().ok()?);
        let layout = Mp4Layout::find(out, timescale)?;
        Some(Mp4Writer { layout, has_video: format.video.is_some(), sequence: 0 })
    }

    /// Writes a fragment.
    pub(crate) fn write(&mut self, fragment: Fragment<'_>, out: &mut Vec<u8>) -> Option<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let begin = out.len();
        let length = self.moof(fragment, 0)?.len();
        let moof = self.moof(fragment, length + BOX_HEADER)?;
        out.extend(moof);
        let size: usize = fragment.tracks(self.has_video).map(|it| it.1.data.len()).sum();
        out.extend(u32::try_from(size + BOX_HEADER).ok()?.to_be_bytes());
        out.extend(b"mdat");
        for (_, part) in fragment.tracks(self.has_video) {
            out.extend_from_slice(part.data);
        }
        (out.len() == begin + length + BOX_HEADER + size).then_some(())
    }

    /// The fragment's head, with its data so many bytes after its beginning.
    fn moof(&self, fragment: Fragment<'_>, mut data: usize) -> Option<Vec<u8>> {
        let mut parts = Vec::new();
        for (track, part) in fragment.tracks(self.has_video) {
            parts.push(track_part(track.into(), part, i32::try_from(data).ok()?));
            data += part.data.len();
        }
        let head = MoofBox {
            mfhd_box: MfhdBox { sequence_number: self.sequence },
            traf_boxes: parts,
            unknown_boxes: Vec::new(),
        };
        head.encode_to_vec().ok()
    }
}

fn track_part(track_id: u32, part: TrackPart<'_>, data: i32) -> TrafBox {
    let all_keys = part.samples.iter().all(|it| it.key);
    let sample = |it: &crate::queue::QueuedSample| TrunSample {
        duration: Some(it.duration),
        size: Some(it.size),
        flags: (!all_keys).then_some(if it.key { KEY } else { OTHER }),
        composition_time_offset: None,
    };
    TrafBox {
        tfhd_box: TfhdBox {
            track_id,
            base_data_offset: None,
            sample_description_index: None,
            default_sample_duration: None,
            default_sample_size: None,
            default_sample_flags: Some(KEY),
            duration_is_empty: false,
            default_base_is_moof: true,
        },
        tfdt_box: Some(TfdtBox {
            version: 1,
            base_media_decode_time: part.samples.first().map_or(0, |it| it.start),
        }),
        trun_boxes: vec![TrunBox {
            data_offset: Some(data),
            first_sample_flags: None,
            samples: part.samples.iter().map(sample).collect(),
        }],
        unknown_boxes: Vec::new(),
    }
}

/// The head of a movie without samples: those are in fragments.
fn movie(tracks: Vec<(SampleEntry, u32)>) -> Option<MoovBox> {
    let epoch = Mp4FileTime::from_unix_time(Duration::ZERO);
    let extends = |track_id| TrexBox {
        track_id,
        default_sample_description_index: 1,
        default_sample_duration: 0,
        default_sample_size: 0,
        default_sample_flags: SampleFlags::empty(),
    };
    let count = u32::try_from(tracks.len()).ok()?;
    let mut trak_boxes = Vec::new();
    for ((entry, timescale), track_id) in tracks.into_iter().zip(1..) {
        trak_boxes.push(track(entry, timescale, track_id, epoch)?);
    }
    Some(MoovBox {
        mvhd_box: MvhdBox {
            creation_time: epoch,
            modification_time: epoch,
            timescale: NonZeroU32::new(MOVIE_TIMESCALE)?,
            duration: 0,
            rate: MvhdBox::DEFAULT_RATE,
            volume: MvhdBox::DEFAULT_VOLUME,
            matrix: MvhdBox::DEFAULT_MATRIX,
            next_track_id: count + 1,
        },
        trak_boxes,
        mvex_box: Some(MvexBox {
            mehd_box: Some(MehdBox { fragment_duration: 0 }),
            trex_boxes: (1..=count).map(extends).collect(),
            unknown_boxes: Vec::new(),
        }),
        unknown_boxes: Vec::new(),
    })
}

fn track(entry: SampleEntry, timescale: u32, track_id: u32, epoch: Mp4FileTime) -> Option<TrakBox> {
    let size = entry.video_resolution();
    let (width, height) = size.unwrap_or_default();
    let (handler_type, header, volume) = match size {
        Some(_) => (
            HdlrBox::HANDLER_TYPE_VIDE,
            MediaHeader::Vmhd(VmhdBox::default()),
            TkhdBox::DEFAULT_VIDEO_VOLUME,
        ),
        None => (
            HdlrBox::HANDLER_TYPE_SOUN,
            MediaHeader::Smhd(SmhdBox::default()),
            TkhdBox::DEFAULT_AUDIO_VOLUME,
        ),
    };
    let sample_table = StblBox {
        stsd_box: StsdBox { entries: vec![entry] },
        stts_box: SttsBox { entries: Vec::new() },
        ctts_box: None,
        cslg_box: None,
        stsc_box: StscBox { entries: Vec::new() },
        stsz_box: StszBox::Variable { entry_sizes: Vec::new() },
        stco_or_co64_box: Either::A(StcoBox { chunk_offsets: Vec::new() }),
        stss_box: None,
        sdtp_box: None,
        unknown_boxes: Vec::new(),
    };
    Some(TrakBox {
        tkhd_box: TkhdBox {
            flag_track_enabled: true,
            flag_track_in_movie: true,
            flag_track_in_preview: false,
            flag_track_size_is_aspect_ratio: false,
            creation_time: epoch,
            modification_time: epoch,
            track_id,
            duration: 0,
            layer: TkhdBox::DEFAULT_LAYER,
            alternate_group: TkhdBox::DEFAULT_ALTERNATE_GROUP,
            volume,
            matrix: TkhdBox::DEFAULT_MATRIX,
            width: FixedPointNumber::new(i16::try_from(width).ok()?, 0),
            height: FixedPointNumber::new(i16::try_from(height).ok()?, 0),
        },
        edts_box: None,
        mdia_box: MdiaBox {
            mdhd_box: MdhdBox {
                creation_time: epoch,
                modification_time: epoch,
                timescale: NonZeroU32::new(timescale)?,
                duration: 0,
                language: LanguageCode::UNDEFINED,
            },
            hdlr_box: HdlrBox { handler_type, name: vec![0] },
            minf_box: MinfBox {
                media_header: Some(header),
                dinf_box: DinfBox::LOCAL_FILE,
                stbl_box: sample_table,
                unknown_boxes: Vec::new(),
            },
            unknown_boxes: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    })
}
