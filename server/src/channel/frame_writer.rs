//! The writing half of a live channel: frames that wait, written together.
//!
//! Frames are written as they are, without a copy for each connection. tungstenite, which reads, writes
//! through here as well: the pongs and close frames by which it answers.
//!
//! **Invariant:** what one caller wrote is a number of whole frames, and nothing comes between its bytes.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::encoded_frame::EncodedFrame;

/// The most frames in one system call.
const MAX_SLICES: usize = 64;
/// Room for frames that a connection keeps when none waits.
const KEPT_CAPACITY: usize = 4;

/// A stream with the frames that wait to be written to it.
#[derive(Debug)]
pub struct FrameWriter<S> {
    stream: S,
    /// Bounded by who queues: a connection flushes before it takes more from its queue.
    waiting: VecDeque<Bytes>,
    /// Bytes of the first one that are written.
    written: usize,
}

impl<S> FrameWriter<S> {
    /// Nothing waits for `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, waiting: VecDeque::new(), written: 0 }
    }

    /// Adds a frame, to be written by the next flush.
    pub fn queue(&mut self, frame: &EncodedFrame) {
        self.waiting.push_back(frame.bytes().clone());
    }

    /// Takes off what was written.
    fn advance(&mut self, mut written: usize) {
        written += self.written;
        while let Some(first) = self.waiting.front()
            && first.len() <= written
        {
            written -= first.len();
            self.waiting.pop_front();
        }
        self.written = written;
        if self.waiting.is_empty() {
            self.waiting.shrink_to(KEPT_CAPACITY);
        }
    }
}

impl<S: AsyncWrite + Unpin> FrameWriter<S> {
    /// Writes all that waits.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(first) = self.waiting.front() {
            let stream = Pin::new(&mut self.stream);
            let written = if self.waiting.len() == 1 {
                ready!(stream.poll_write(context, &first[self.written..]))?
            } else {
                let mut slices = [IoSlice::new(&[]); MAX_SLICES];
                let mut skipped = self.written;
                for (slice, frame) in slices.iter_mut().zip(&self.waiting) {
                    *slice = IoSlice::new(&frame[skipped..]);
                    skipped = 0;
                }
                let count = self.waiting.len().min(MAX_SLICES);
                ready!(stream.poll_write_vectored(context, &slices[..count]))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameWriter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameWriter<S> {
    /// Takes `bytes` whole, after what waits. While the stream takes nothing, nothing is taken here
    /// either: whoever pings and doesn't read makes nothing grow.
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes))?;
        if written < bytes.len() {
            this.waiting.push_back(Bytes::copy_from_slice(&bytes[written..]));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use bandstand_domain::channel::ServerFrame;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Takes so many bytes in each call, and counts the calls.
    #[derive(Default)]
    struct Line {
        taken: Vec<u8>,
        room: VecDeque<usize>,
        calls: usize,
    }

    impl AsyncWrite for Line {
        fn poll_write(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(context, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let this = self.get_mut();
            let Some(mut room) = this.room.pop_front() else { return Poll::Pending };
            this.calls += 1;
            let before = this.taken.len();
            for slice in slices {
                let part = &slice[..slice.len().min(room)];
                room -= part.len();
                this.taken.extend(part);
            }
            Poll::Ready(Ok(this.taken.len() - before))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn frame(again: bool) -> EncodedFrame {
        EncodedFrame::text(&ServerFrame::Bye { again })
    }

    #[tokio::test]
    async fn what_waits_is_written_at_once_and_keeps_little() {
        let mut writer = FrameWriter::new(Line { room: [1 << 20].into(), ..Line::default() });
        for _ in 0..MAX_SLICES {
            writer.queue(&frame(true));
        }
        writer.flush().await.unwrap();
        assert_eq!(writer.stream.calls, 1);
        assert_eq!(writer.stream.taken, frame(true).bytes().repeat(MAX_SLICES));
        assert!(writer.waiting.capacity() <= KEPT_CAPACITY);
    }

    #[tokio::test]
    async fn frames_of_others_do_not_come_between_the_bytes_of_one() {
        let pong = [0x8a, 3, b'a', b'b', b'c'];
        for first in 1..60 {
            // The line takes some, then nothing for once, then a few bytes at a time.
            let line = Line { room: [first].into(), ..Line::default() };
            let mut writer = FrameWriter::new(line);
            let mut context = Context::from_waker(Waker::noop());
            writer.queue(&frame(true));
            writer.queue(&frame(false));
            let flushed = Pin::new(&mut writer).poll_flush(&mut context).is_ready();
            // Both are 24 and 25 bytes long: 49.
            assert_eq!(flushed, first >= 49);
            writer.stream.room = [7, 7, 7, 7, 3].into();
            let taken = Pin::new(&mut writer).poll_write(&mut context, &pong);
            let taken = matches!(taken, Poll::Ready(Ok(5)));
            // All of it or nothing.
            assert_eq!(taken, first >= 21);
            writer.queue(&frame(true));
            writer.stream.room = [2; 64].into();
            writer.flush().await.unwrap();
            let mut expected =
                [frame(true).bytes(), frame(false).bytes()].map(|it| it.to_vec()).concat();
            if taken {
                expected.extend(pong);
            }
            expected.extend(frame(true).bytes());
            assert_eq!(writer.stream.taken, expected, "{first}");
        }
    }
}
