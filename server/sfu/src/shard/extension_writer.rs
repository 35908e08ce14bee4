//! Writer of RTP header extensions (RFC 8285).

use super::send_track::MAX_HEADER;

/// Header extensions behind the fixed part of a header.
pub(super) struct ExtensionWriter<'h> {
    pub(super) header: &'h mut [u8; MAX_HEADER],
    /// Bytes written so far, the fixed part among them.
    pub(super) length: usize,
    /// In the two-byte form (RFC 8285 §4.3).
    pub(super) long: bool,
}

impl ExtensionWriter<'_> {
    /// Adds one, if it has an id and there is room; returns its value where it stands.
    pub(super) fn add(&mut self, id: Option<u8>, value: &[u8]) -> Option<&mut [u8]> {
        let id = id?;
        let (one_byte, two_byte) = ([id << 4 | (value.len() - 1) as u8], [id, value.len() as u8]);
        let head: &[u8] = if self.long { &two_byte } else { &one_byte };
        let space = self.header.get_mut(self.length..self.length + head.len() + value.len())?;
        self.length += space.len();
        let (first, rest) = space.split_at_mut(head.len());
        first.copy_from_slice(head);
        rest.copy_from_slice(value);
        Some(rest)
    }
}
