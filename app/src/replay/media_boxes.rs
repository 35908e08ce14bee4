//! Media without the boxes around it, for browsers that take frames of MP3 as they are, and not in MP4.

/// Bytes of the head of a box: its size and its kind (ISO/IEC 14496-12 §4.2).
const HEAD: usize = 8;

/// Takes the media out of fragmented MP4 that comes piece by piece, of one track.
#[derive(Debug, Default)]
pub struct MediaBoxes {
    /// Head of the next box, as far as it has come.
    head: Vec<u8>,
    /// Bytes that are left of the box before.
    left: usize,
    is_media: bool,
}

impl MediaBoxes {
    /// Takes the next piece; returns the media in it.
    pub fn take(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut media = Vec::new();
        while !piece.is_empty() {
            if self.left == 0 {
                let (head, rest) = piece.split_at(piece.len().min(HEAD - self.head.len()));
                self.head.extend_from_slice(head);
                piece = rest;
                if let [a, b, c, d, kind @ ..] = &self.head[..]
                    && kind.len() == 4
                {
                    let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                    (self.left, self.is_media) = (size.saturating_sub(HEAD), kind == b"mdat");
                    self.head.clear();
                }
                continue;
            }
            let (bytes, rest) = piece.split_at(piece.len().min(self.left));
            if self.is_media {
                media.extend_from_slice(bytes);
            }
            self.left -= bytes.len();
            piece = rest;
        }
        media
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_is_found_in_pieces_of_any_length() {
        let mut file = Vec::new();
        for (kind, body) in [
            (b"ftyp", &b"iso5"[..]),
            (b"moof", b""),
            (b"mdat", b"one"),
            (b"moof", b"12345678"),
            (b"mdat", b"two"),
        ] {
            file.extend((body.len() as u32 + 8).to_be_bytes());
            file.extend(kind);
            file.extend(body);
        }
        for length in 1..=file.len() {
            let mut boxes = MediaBoxes::default();
            let media: Vec<_> = file.chunks(length).flat_map(|it| boxes.take(it)).collect();
            assert_eq!(media, b"onetwo", "{length}");
        }
    }
}
