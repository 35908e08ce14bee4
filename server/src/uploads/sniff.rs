//! Types of files by their first bytes. What a client says of a type, or a name by its ending, is not asked.

/// Type of a file, as far as the venue knows how to treat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SniffedType {
    /// Picture that is read.
    Jpeg,
    /// Picture that is read.
    Png,
    /// Picture that is read.
    WebP,
    /// Picture that may tell a place, and that nothing here reads.
    ForeignPicture,
    /// MP4 or QuickTime, with picture.
    Mp4Video,
    /// MP4 with sound alone.
    Mp4Audio,
    /// WebM or Matroska.
    WebM,
    /// Ogg with video, which nothing here strips.
    OggVideo,
    /// RIFF with video, which nothing here strips.
    Avi,
    /// MPEG transport stream (ISO 13818-1), which nothing here strips.
    TransportStream,
    /// Ogg.
    OggAudio,
    /// MP3.
    Mp3,
    /// FLAC.
    Flac,
    /// RIFF WAVE.
    Wave,
    /// AAC in ADTS.
    Adts,
    /// Anything else.
    Unknown,
}

/// Brands of pictures in ISO files (ISO 23008-12, AV1 Image File Format).
const PICTURE_BRANDS: [&[u8; 4]; 14] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
    b"msf1", b"avif", b"avis", b"crx ",
];
/// Beginnings of TIFF and of the raw formats of cameras, of JPEG XL and JPEG 2000.
const FOREIGN_PICTURES: [&[u8]; 11] = [
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"IIRO",
    b"IIRS",
    b"IIU\0",
    b"FUJIFILMCCD-RAW",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\0\0\0\x0cjP  \r\n\x87\n",
];
/// Brands of sound alone.
const AUDIO_BRANDS: [&[u8; 4]; 3] = [b"M4A ", b"M4B ", b"M4P "];
/// Boxes with which QuickTime files begin that have no brand.
const QUICKTIME_BOXES: [&[u8; 4]; 5] = [b"moov", b"mdat", b"wide", b"skip", b"free"];

/// The type of a file with these bytes.
pub fn sniff(file: &[u8]) -> SniffedType {
    use SniffedType::{
        Adts, Avi, Flac, ForeignPicture, Jpeg, Mp3, OggAudio, OggVideo, Png, TransportStream,
        Unknown, Wave, WebM, WebP,
    };
    let begins = |magic: &[u8]| file.starts_with(magic);
    let at_eight = |magic: &[u8]| file.get(8..12) == Some(magic);
    if begins(b"\xff\xd8\xff") {
        Jpeg
    } else if begins(b"\x89PNG\r\n\x1a\n") {
        Png
    } else if begins(b"RIFF") && at_eight(b"WEBP") {
        WebP
    } else if begins(b"RIFF") && at_eight(b"WAVE") {
        Wave
    } else if begins(b"RIFF") && at_eight(b"AVI ") {
        Avi
    } else if FOREIGN_PICTURES.iter().any(|magic| begins(magic)) {
        ForeignPicture
    } else if begins(b"\x1a\x45\xdf\xa3") {
        WebM
    } else if begins(b"OggS") {
        let head = &file[..file.len().min(256)];
        let has = |magic: &[u8]| head.windows(magic.len()).any(|it| it == magic);
        if has(b"\x80theora") || has(b"\x01video") { OggVideo } else { OggAudio }
    } else if begins(b"fLaC") {
        Flac
    } else if begins(b"ID3") {
        Mp3
    } else if file.get(4..8) == Some(b"ftyp") {
        of_brands(file)
    } else if file.get(4..8).is_some_and(|it| QUICKTIME_BOXES.iter().any(|name| it == *name)) {
        SniffedType::Mp4Video
    } else if is_transport_stream(file) {
        TransportStream
    } else {
        match file.get(..2) {
            Some([0xff, second]) if second & 0xf6 == 0xf0 => Adts,
            // Layer III, no reserved version.
            Some([0xff, second]) if second & 0xe6 == 0xe2 && second & 0x18 != 0x08 => Mp3,
            _ => Unknown,
        }
    }
}

/// Returns whether the first packets of an MPEG transport stream lie in the file. Two are enough, but as many as there
/// are of four have their byte: a G stands in two of these places in many a text.
fn is_transport_stream(file: &[u8]) -> bool {
    const PACKET: usize = 188;
    // Those of discs and cameras have four bytes of time before each.
    [0_usize, 4].into_iter().any(|before| {
        let mut syncs = (0..4_usize).map_while(|it| file.get(before + it * (before + PACKET)));
        file.len() > 2 * before + PACKET && syncs.all(|byte| *byte == 0x47)
    })
}

/// The type of an ISO file by its brands (ISO 14496-12 section 4.3).
fn of_brands(file: &[u8]) -> SniffedType {
    let length = u32::from_be_bytes([file[0], file[1], file[2], file[3]]) as usize;
    let end = length.clamp(16, 1_024).min(file.len());
    let Some(major) = file.get(8..12) else { return SniffedType::Unknown };
    let mut brands =
        std::iter::once(major).chain(file[..end].get(16..).unwrap_or_default().chunks(4));
    if brands.any(|it| PICTURE_BRANDS.iter().any(|name| it == *name)) {
        SniffedType::ForeignPicture
    } else if AUDIO_BRANDS.iter().any(|name| major == *name) {
        SniffedType::Mp4Audio
    } else {
        SniffedType::Mp4Video
    }
}

impl SniffedType {
    /// Media type as which a file is sent that browsers play in place; none for what is a download.
    pub fn played_as(self) -> Option<&'static str> {
        Some(match self {
            Self::Mp4Video => "video/mp4",
            Self::Mp4Audio => "audio/mp4",
            Self::WebM => "video/webm",
            Self::OggAudio => "audio/ogg",
            Self::Mp3 => "audio/mpeg",
            Self::Flac => "audio/flac",
            Self::Wave => "audio/wav",
            Self::Adts => "audio/aac",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transport_stream_is_told_by_its_packets() {
        let stream = |before: usize| {
            let mut packet = vec![0; before + 188];
            packet[before] = 0x47;
            packet.repeat(5)
        };
        assert_eq!(sniff(&stream(0)), SniffedType::TransportStream);
        assert_eq!(sniff(&stream(4)), SniffedType::TransportStream);
        assert_eq!(sniff(&stream(4)[..400]), SniffedType::TransportStream);
        assert_eq!(sniff(&stream(0)[..188]), SniffedType::Unknown, "one packet is anything");
        assert_eq!(sniff(&stream(1)), SniffedType::Unknown);
    }

    #[test]
    fn type_is_told_by_content() {
        use SniffedType::{Avi, ForeignPicture, Mp3, Mp4Audio, Mp4Video, OggVideo, Unknown};
        for (file, sniffed) in [
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), ForeignPicture),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", ForeignPicture),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", Mp4Video),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Mp4Video),
            (b"\0\0\0\x14ftypM4A \0\0\0\0M4A ", Mp4Audio),
            (b"ID3\x04", Mp3),
            (b"\xff\xfb\x90", Mp3),
            (b"II*\0\x08", ForeignPicture),
            (b"RIFF\0\0\0\0AVI LIST", Avi),
            (b"OggS\0\x02 and \x80theora", OggVideo),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Unknown),
            (b"<!doctype html>", Unknown),
            (b"%PDF-1.4", Unknown),
            (b"GIF89a", Unknown),
            (b"\0\0\0\x18ftyp", Unknown),
            (b"\xff", Unknown),
            (b"", Unknown),
        ] {
            assert_eq!(sniff(file), sniffed, "{file:?}");
        }
    }
}
