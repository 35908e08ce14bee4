//! Timeouts of an HTTP connection, by what it is doing.
//!
//! A request's head has a deadline from its first byte on, so that nobody holds a place by sending it
//! drop by drop. Between requests a connection may be idle for longer than proxies keep theirs in a pool:
//! what is closed first there is the proxy's end, and no request meets a connection that the venue is
//! just closing (RFC 9112 section 9.5; proxies don't repeat a POST). hyper's own timeout for heads runs
//! between requests, too, and so can't tell the two apart. What is written has to make progress.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use crate::config::Timeouts;

/// Phase of a connection.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A head is coming in since then.
    Head(Instant),
    /// A request is being answered.
    Answering,
    /// Nothing since then.
    Idle(Instant),
    /// It speaks another protocol, which has timeouts of its own.
    Upgraded,
}

/// The phase of a connection, shared by its stream and the service that answers its requests.
#[derive(Clone, Debug)]
pub struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Reads for as long as a request is being answered. It waits for bytes alone then, and has to be told
    /// that it waits for the end of patience, too, once the request is answered.
    reader: Option<Waker>,
}

impl Default for Activity {
    /// Of a connection that was just opened.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { phase: Phase::Head(Instant::now()), reader: None })))
    }
}

impl Activity {
    /// A head is there; until the guard is dropped, its request is being answered.
    pub fn answering(&self) -> Answering {
        self.state().phase = Phase::Answering;
        Answering(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Answering(Activity);

impl Answering {
    /// The connection speaks another protocol from now on.
    pub fn upgraded(&self) {
        self.0.state().phase = Phase::Upgraded;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if matches!(state.phase, Phase::Answering) {
            state.phase = Phase::Idle(Instant::now());
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

/// The body of an answer; once it is gone, the request is answered.
#[derive(Debug)]
pub struct AnswerBody {
    /// The body.
    pub body: Body,
    /// The request that it answers.
    pub answering: Answering,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that gives up where its connection takes too long.
#[derive(Debug)]
pub struct TimedStream<S> {
    stream: S,
    /// `None` once it speaks another protocol.
    reading: Option<(Activity, Timeouts)>,
    write: Duration,
    read_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    /// A stream with `timeouts`, of a connection whose service tells of it in `activity`.
    pub fn new(stream: S, timeouts: Timeouts, activity: Activity) -> Self {
        Self {
            stream,
            reading: Some((activity, timeouts)),
            write: timeouts.write,
            read_timer: None,
            write_timer: None,
        }
    }

    /// Bytes came in.
    fn heard(&self) -> io::Result<()> {
        let Some((activity, timeouts)) = &self.reading else { return Ok(()) };
        let mut state = activity.state();
        match state.phase {
            Phase::Idle(_) => state.phase = Phase::Head(Instant::now()),
            Phase::Head(since) if since.elapsed() >= timeouts.head => return Err(too_long()),
            _ => {}
        }
        Ok(())
    }

    /// Nothing came in yet; ready once the connection is to end: in peace where it was idle.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some((activity, timeouts)) = &self.reading else { return Poll::Pending };
        let mut state = activity.state();
        let (deadline, end) = match state.phase {
            Phase::Head(since) => (since + timeouts.head, Err(too_long())),
            Phase::Idle(since) => (since + timeouts.idle, Ok(())),
            Phase::Answering => {
                state.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            Phase::Upgraded => {
                drop(state);
                (self.reading, self.read_timer) = (None, None);
                return Poll::Pending;
            }
        };
        drop(state);
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(end)
    }

    /// The outcome of a write, or that it takes too long.
    fn timed(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let deadline = || Box::pin(sleep_until(Instant::now() + self.write));
        let timer = self.write_timer.get_or_insert_with(deadline);
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(too_long()))
    }
}

fn too_long() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => Poll::Ready(this.heard()),
            Poll::Ready(ended) => Poll::Ready(ended),
            Poll::Pending => this.poll_patience(context),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.timed(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.timed(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
