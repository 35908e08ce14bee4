//! The source client: sends a recording in real time, frame by frame, and knows when it sent what.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::Result;
use crate::recording::Recording;

/// Time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A source that is on air; it goes on as long as there is something to send.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) recording: Arc<Recording>,
    /// Time at which each frame was sent.
    sent: Arc<Mutex<Vec<Instant>>>,
}

impl Source {
    /// Goes on air as any older source client does: by `SOURCE`, with a body that has no framing.
    pub(crate) fn start(
        address: SocketAddr,
        mount: &str,
        password: &str,
        recording: Recording,
    ) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let credentials = BASE64_STANDARD.encode(format!("source:{password}"));
        write!(
            stream,
            "SOURCE {mount} HTTP/1.0\r\nauthorization: Basic {credentials}\r\n\
             content-type: audio/mpeg\r\nice-public: 0\r\n\r\n"
        )?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head);
        if head.split(' ').nth(1) != Some("200") {
            return Err(format!("the source is refused: {head}").into());
        }
        let source = Self { recording: Arc::new(recording), sent: Arc::default() };
        let sending = source.clone();
        thread::spawn(move || sending.send(stream));
        Ok(source)
    }

    fn send(&self, mut stream: TcpStream) {
        let begun = Instant::now();
        for frame in 0..self.recording.frames() {
            let due = begun + self.recording.frame.mul_f64(frame as f64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.sent().push(Instant::now());
            if stream.write_all(self.recording.bytes_of(frame)).is_err() {
                return;
            }
        }
    }

    /// Times at which frames were sent, as far as they were.
    pub(crate) fn sent(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
