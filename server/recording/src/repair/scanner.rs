//! A file, read from its beginning to its end, with places left out.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Reader of a file.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    reader: BufReader<R>,
    /// Offset of what is read next, and length of the file.
    pub(super) at: u64,
    pub(super) length: u64,
}

impl<R: Read + Seek> Scanner<R> {
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        Ok(Scanner { reader: BufReader::with_capacity(1 << 16, reader), at: 0, length })
    }

    /// Reads up to so many bytes: fewer at the end of the file.
    pub(super) fn read(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count.min(1 << 20));
        (&mut self.reader).take(count as u64).read_to_end(&mut bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes)
    }

    /// The same, without going on.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let bytes = self.read(count)?;
        self.go(self.at - bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Goes on at an offset.
    pub(super) fn go(&mut self, to: u64) -> io::Result<()> {
        match i64::try_from(i128::from(to) - i128::from(self.at)) {
            Ok(distance) => self.reader.seek_relative(distance)?,
            Err(_) => {
                self.reader.seek(SeekFrom::Start(to))?;
            }
        }
        self.at = to;
        Ok(())
    }
}
