//! Header packets of Opus (RFC 7845 §5) and Vorbis (Vorbis I §4.2, §5.2).

use crate::{AudioError, AudioFormat, AudioInfo, ForeignFormat, Title};

/// The most comments that are looked at.
const MAX_COMMENTS: usize = 1_000;
/// With which comment headers of Opus and of Vorbis begin.
const WORDS: [&[u8]; 2] = [b"OpusTags", b"\x03vorbis"];
/// The program that wrote the comments that go out.
const VENDOR: &[u8] = b"Bandstand";

/// Kind of a logical stream, by its first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// Sound that is taken, with the number of its header packets.
    Sound(AudioInfo, usize),
    /// An index of the others (Skeleton), which nobody needs.
    Skeleton,
}

/// Reads the first packet of a logical stream.
///
/// # Errors
/// [`AudioError`] for what isn't taken.
pub fn first_packet(packet: &[u8]) -> Result<StreamKind, AudioError> {
    let begins = |word: &[u8]| packet.starts_with(word);
    if begins(b"OpusHead") {
        opus(packet)
    } else if begins(b"\x01vorbis") {
        vorbis(packet)
    } else if begins(b"fishead\0") {
        Ok(StreamKind::Skeleton)
    } else if begins(b"\x7fFLAC") {
        Err(AudioError::Foreign(ForeignFormat::Flac))
    } else if begins(b"\x80theora") || begins(b"OVP80") || begins(b"BBCD") {
        Err(AudioError::Foreign(ForeignFormat::Video))
    } else {
        Err(AudioError::Foreign(ForeignFormat::OtherOgg))
    }
}

/// The identification header of Opus (RFC 7845 §5.1).
fn opus(packet: &[u8]) -> Result<StreamKind, AudioError> {
    let (Some(version), Some(channels), Some(family)) =
        (packet.get(8), packet.get(9), packet.get(18))
    else {
        return Err(AudioError::Headers);
    };
    if version >> 4 != 0 {
        return Err(AudioError::Headers);
    }
    if !matches!(channels, 1 | 2) || *family > 1 {
        return Err(AudioError::Channels);
    }
    if *family == 1 {
        // Streams, coupled ones among them, and the place of each channel (§5.1.1): packets go on as they are,
        // without this table, so it has to say what a header without one does.
        let plain: &[u8] = if *channels == 1 { &[1, 0, 0] } else { &[1, 1, 0, 1] };
        let table = packet.get(19..19 + plain.len()).ok_or(AudioError::Headers)?;
        if table != plain {
            return Err(AudioError::Channels);
        }
    }
    let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: *channels };
    Ok(StreamKind::Sound(info, 2))
}

/// The identification header of Vorbis (Vorbis I §4.2.2).
fn vorbis(packet: &[u8]) -> Result<StreamKind, AudioError> {
    let (Some([0, 0, 0, 0, channels]), Some(rate)) = (packet.get(7..12), packet.get(12..16)) else {
        return Err(AudioError::Headers);
    };
    let rate = rate.try_into().map(u32::from_le_bytes).unwrap_or_default();
    if !(1_000..=200_000).contains(&rate) {
        return Err(AudioError::Headers);
    }
    if !matches!(channels, 1 | 2) {
        return Err(AudioError::Channels);
    }
    let info = AudioInfo { format: AudioFormat::OggVorbis, rate, channels: *channels };
    Ok(StreamKind::Sound(info, 3))
}

/// The title in a comment header (Vorbis I §5.2.1, RFC 7845 §5.2): `ARTIST` and `TITLE`, the first of each;
/// empty when there is none.
pub fn comment_title(packet: &[u8]) -> Title {
    let [artist, title] = artist_and_title(packet);
    Title::joined(&artist, &title)
}

/// The comment header with artist and title alone: everybody who listens gets it, and programs put pictures
/// there.
pub fn plain_comments(packet: &[u8]) -> Vec<u8> {
    let [artist, title] = artist_and_title(packet);
    let mut comments = vec![("ARTIST", artist), ("TITLE", title)];
    comments.retain(|it| !it.1.is_empty());
    let is_vorbis = packet.starts_with(WORDS[1]);
    let mut plain = WORDS[usize::from(is_vorbis)].to_vec();
    let mut put = |text: &[u8], number: usize| {
        plain.extend(u32::try_from(number).unwrap_or_default().to_le_bytes());
        plain.extend(text);
    };
    put(VENDOR, VENDOR.len());
    put(b"", comments.len());
    for (name, value) in &comments {
        let comment = format!("{name}={value}");
        put(comment.as_bytes(), comment.len());
    }
    if is_vorbis {
        // The framing bit.
        plain.push(1);
    }
    plain
}

/// The first of each.
fn artist_and_title(packet: &[u8]) -> [Title; 2] {
    let (mut artist, mut title) = (None, None);
    let mut rest = WORDS.iter().find_map(|it| packet.strip_prefix(*it)).unwrap_or_default();
    // The vendor, and how many comments there are.
    if text(&mut rest).is_some() && number(&mut rest).is_some() {
        for _ in 0..MAX_COMMENTS {
            let Some(comment) = text(&mut rest) else { break };
            let Some(equals) = comment.iter().position(|it| *it == b'=') else { continue };
            let value = || Title::decode(&comment[equals + 1..], None);
            if comment[..equals].eq_ignore_ascii_case(b"ARTIST") {
                artist.get_or_insert_with(value);
            } else if comment[..equals].eq_ignore_ascii_case(b"TITLE") {
                title.get_or_insert_with(value);
            }
        }
    }
    [artist.unwrap_or_default(), title.unwrap_or_default()]
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(text)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A comment header of Opus.
    pub fn comments(comments: &[&str]) -> Vec<u8> {
        let mut packet = b"OpusTags".to_vec();
        let mut put = |text: &str| {
            packet.extend((text.len() as u32).to_le_bytes());
            packet.extend(text.as_bytes());
        };
        put("vendor");
        let mut list = Vec::new();
        std::mem::swap(&mut list, &mut packet);
        list.extend((comments.len() as u32).to_le_bytes());
        for text in comments {
            list.extend((text.len() as u32).to_le_bytes());
            list.extend(text.as_bytes());
        }
        list
    }

    #[test]
    fn titles_are_read_from_comments() {
        let title = |list: &[&str]| comment_title(&comments(list)).to_string();
        assert_eq!(title(&["ENCODER=x", "Title=Song", "artist=Ada", "title=Other"]), "Ada - Song");
        assert_eq!(title(&["TITLE=Bj\u{f6}rk"]), "Björk");
        assert_eq!(title(&["no equals", "ALBUM=x"]), "");
        assert_eq!(title(&[&format!("TITLE={}", "x".repeat(1_000_000))]).len(), crate::MAX_TITLE);
        let whole = comments(&["TITLE=Song", "ARTIST=Ada"]);
        for length in 0..whole.len() {
            assert!("Ada - Song".contains(comment_title(&whole[..length]).as_str()));
        }
        let mut endless = whole[..8 + 4 + 6].to_vec();
        endless.extend(u32::MAX.to_le_bytes());
        assert!(comment_title(&endless).is_empty());
    }

    #[test]
    fn comments_go_out_without_pictures() {
        let picture = format!("METADATA_BLOCK_PICTURE={}", "x".repeat(1_000_000));
        let packet = comments(&["artist=Ada", &picture, "TITLE=Song"]);
        let plain = plain_comments(&packet);
        assert!(plain.len() < 100 && plain.starts_with(b"OpusTags"));
        assert_eq!(comment_title(&plain).as_str(), "Ada - Song");
        let vorbis = [b"\x03vorbis", &packet[8..], &[1]].concat();
        let plain = plain_comments(&vorbis);
        assert!(plain.starts_with(b"\x03vorbis") && plain.ends_with(b"Song\x01"));
        assert_eq!(comment_title(&plain_comments(b"OpusTags")).as_str(), "");
    }

    #[test]
    fn first_packets_say_what_comes() {
        let opus = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };
        assert_eq!(first_packet(opus), Ok(StreamKind::Sound(info, 2)));
        let mut surround = *opus;
        surround[9] = 6;
        assert_eq!(first_packet(&surround), Err(AudioError::Channels));
        let mapped = |channels: u8, table: &[u8]| {
            let mut packet = opus.to_vec();
            (packet[9], packet[18]) = (channels, 1);
            packet.extend(table);
            first_packet(&packet)
        };
        assert_eq!(mapped(2, &[1, 1, 0, 1]), Ok(StreamKind::Sound(info, 2)));
        assert!(mapped(1, &[1, 0, 0]).is_ok());
        // Two streams of one channel each; the left channel of two; left and right exchanged.
        for (channels, table) in [(2, [2, 0, 0, 1].as_slice()), (1, &[1, 1, 0]), (2, &[1, 1, 1, 0])]
        {
            assert_eq!(mapped(channels, table), Err(AudioError::Channels), "{table:?}");
        }
        assert_eq!(mapped(2, &[1, 1, 0]), Err(AudioError::Headers));
        let vorbis = b"\x01vorbis\0\0\0\0\x01\x44\xac\0\0";
        let info = AudioInfo { format: AudioFormat::OggVorbis, rate: 44_100, channels: 1 };
        assert_eq!(first_packet(vorbis), Ok(StreamKind::Sound(info, 3)));
        for length in 8..opus.len() {
            assert_eq!(first_packet(&opus[..length]), Err(AudioError::Headers));
        }
        let foreign = |packet| first_packet(packet).unwrap_err().to_string();
        assert!(foreign(b"\x7fFLAC\x01\0".as_slice()).contains("is FLAC"));
        assert!(foreign(b"\x80theora".as_slice()).contains("is video"));
        assert!(foreign(b"Speex   ".as_slice()).contains("another codec in Ogg"));
        assert_eq!(first_packet(b"fishead\0\x03"), Ok(StreamKind::Skeleton));
    }
}
