//! Tag at the beginning of a file of MP3 (ID3v2.4, with chapters by its addendum of 2005).

/// The most chapters: their number has one byte.
const MAX_CHAPTERS: usize = 255;
/// Text in UTF-8 (§4 of the structure).
const UTF8: u8 = 3;
/// Offset of which nothing is told, only of a time.
const NO_OFFSET: [u8; 4] = [0xff; 4];
/// Flags of a table of contents that is the only one, and in order.
const TOP_LEVEL_ORDERED: u8 = 3;

/// Chapter of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id3Chapter {
    /// Beginning in milliseconds.
    pub from: u32,
    /// End in milliseconds.
    pub to: u32,
    /// Title.
    pub title: String,
}

/// Tag of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Id3Tag {
    /// Title.
    pub title: String,
    /// Artist.
    pub artist: String,
    /// Chapters, in their order. Of more than 255 the last are left out.
    pub chapters: Vec<Id3Chapter>,
}

impl Id3Tag {
    /// The tag as bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut frames = Vec::new();
        write_text(*b"TIT2", &self.title, &mut frames);
        write_text(*b"TPE1", &self.artist, &mut frames);
        let chapters = || self.chapters.iter().take(MAX_CHAPTERS).enumerate();
        if !self.chapters.is_empty() {
            let count = u8::try_from(chapters().count()).unwrap_or(u8::MAX);
            let mut contents = b"toc\0".to_vec();
            contents.extend([TOP_LEVEL_ORDERED, count]);
            chapters().for_each(|(number, _)| contents.extend(chapter_name(number)));
            write_frame(*b"CTOC", &contents, &mut frames);
        }
        for (number, Id3Chapter { from, to, title }) in chapters() {
            let mut chapter = chapter_name(number);
            chapter.extend(from.to_be_bytes());
            chapter.extend(to.to_be_bytes());
            chapter.extend(NO_OFFSET);
            chapter.extend(NO_OFFSET);
            write_text(*b"TIT2", title, &mut chapter);
            write_frame(*b"CHAP", &chapter, &mut frames);
        }
        let mut tag = b"ID3\x04\0\0".to_vec();
        tag.extend(syncsafe(frames.len()));
        tag.extend(frames);
        tag
    }
}

fn chapter_name(number: usize) -> Vec<u8> {
    format!("chp{number}\0").into_bytes()
}

fn write_text(name: [u8; 4], text: &str, out: &mut Vec<u8>) {
    // It would end the text, or begin another one.
    let text = text.replace('\0', "");
    let body = [&[UTF8], text.as_bytes()].concat();
    write_frame(name, &body, out);
}

/// Writes a frame, without flags.
fn write_frame(name: [u8; 4], body: &[u8], out: &mut Vec<u8>) {
    out.extend(name);
    out.extend(syncsafe(body.len()));
    out.extend([0, 0]);
    out.extend(body);
}

/// A size of four bytes whose highest bits are none.
fn syncsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_has_the_layout_of_the_standard() {
        let chapter = Id3Chapter { from: 1, to: 500, title: "Ä".into() };
        let tag = Id3Tag { title: "A\0B".into(), artist: String::new(), chapters: vec![chapter] };
        let expected = [
            &b"ID3\x04\0\0\0\0\0\x59"[..],
            b"TIT2\0\0\0\x03\0\0\x03AB",
            b"TPE1\0\0\0\x01\0\0\x03",
            b"CTOC\0\0\0\x0b\0\0toc\0\x03\x01chp0\0",
            b"CHAP\0\0\0\x22\0\0chp0\0\0\0\0\x01\0\0\x01\xf4",
            &[0xff; 8],
            b"TIT2\0\0\0\x03\0\0\x03\xc3\x84",
        ];
        assert_eq!(tag.write(), expected.concat());
        assert_eq!(syncsafe(257), [0, 0, 2, 1]);
    }
}
