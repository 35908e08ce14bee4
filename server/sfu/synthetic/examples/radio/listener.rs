//! Listeners: they read what comes, and note how much, with which gaps, and how long after the source sent it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;
use crate::source::Source;

/// Of so many listeners one looks at each byte.
const SAMPLED: usize = 20;
/// Bytes by which a place in the stream is found.
const NEEDLE: usize = 256;
/// Bytes that are read at once.
const READ: usize = 16 * 1024;

/// Everybody who listens.
pub(crate) struct House {
    pub(crate) source: Source,
    /// Bytes and gaps are counted now.
    pub(crate) counts: Cell<bool>,
    pub(crate) noted: RefCell<Vec<Noted>>,
}

/// Notes about a listener.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) bytes: u64,
    pub(crate) last: Option<Instant>,
    pub(crate) longest_gap: Duration,
    /// From when each frame was sent until it was read.
    pub(crate) delays: Vec<Duration>,
    /// The same of the first byte, which is a burst old.
    pub(crate) behind: Option<Duration>,
    /// Cause of its end.
    pub(crate) ended: Option<String>,
}

/// Listens to `path` for as long as there is sound.
pub(crate) async fn listen(house: Rc<House>, number: usize, address: SocketAddr, path: Rc<str>) {
    let ended = try_listen(&house, number, address, &path).await;
    let why = ended.map_or_else(|error| error.to_string(), |()| "the end".into());
    house.noted.borrow_mut()[number].ended = Some(why);
}

/// Asks for `path`, as any player, and reads nothing.
pub(crate) async fn stall(address: SocketAddr, path: Rc<str>) -> Result<TcpStream> {
    ask(address, &path).await
}

async fn ask(address: SocketAddr, path: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: bench\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

async fn try_listen(house: &House, number: usize, address: SocketAddr, path: &str) -> Result<()> {
    let mut stream = ask(address, path).await?;
    let (mut buffer, mut head) = (vec![0; READ], Vec::new());
    let rest = loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err("no answer".into());
        }
        head.extend_from_slice(&buffer[..count]);
        if let Some(at) = head.windows(4).position(|it| it == b"\r\n\r\n") {
            break head.split_off(at + 4);
        }
    };
    let head = String::from_utf8_lossy(&head).to_lowercase();
    if head.split(' ').nth(1) != Some("200") {
        return Err(head.lines().next().unwrap_or_default().into());
    }
    let mut place = number.is_multiple_of(SAMPLED).then(|| Place {
        chunked: head.contains("transfer-encoding: chunked"),
        ..Place::default()
    });
    house.note(number, &rest, &mut place)?;
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        house.note(number, &buffer[..count], &mut place)?;
    }
}

impl House {
    fn note(&self, number: usize, bytes: &[u8], place: &mut Option<Place>) -> Result<()> {
        let now = Instant::now();
        let noted = &mut self.noted.borrow_mut()[number];
        if let Some(last) = noted.last.replace(now)
            && self.counts.get()
        {
            noted.bytes += bytes.len() as u64;
            noted.longest_gap = noted.longest_gap.max(now - last);
        }
        match place {
            Some(place) => place.follow(bytes, now, self, noted),
            None => Ok(()),
        }
    }
}

/// Place of a listener in what the source sends.
#[derive(Default)]
struct Place {
    chunked: bool,
    /// Bytes left of a chunk, and of the line before the next one what there is.
    left: usize,
    line: Vec<u8>,
    at: Option<usize>,
    /// Sound that has come.
    sound: Vec<u8>,
}

impl Place {
    fn follow(
        &mut self,
        bytes: &[u8],
        now: Instant,
        house: &House,
        noted: &mut Noted,
    ) -> Result<()> {
        self.take(bytes)?;
        let (recording, sent) = (&house.source.recording, house.source.sent());
        let at = match self.at {
            Some(at) => at,
            None if self.sound.len() < NEEDLE => return Ok(()),
            None => {
                let needle = &self.sound[..NEEDLE];
                let found = recording.bytes.windows(NEEDLE).position(|it| it == needle);
                let at = found.ok_or("something else than what the source sends")?;
                noted.behind = sent.get(recording.frame_at(at)).map(|sent| now - *sent);
                at
            }
        };
        let end = at + self.sound.len();
        if recording.bytes.get(at..end) != Some(&self.sound) {
            return Err(format!("not what the source sends at {at}").into());
        }
        if house.counts.get() {
            let read = recording.ends_in(at..end);
            noted.delays.extend(sent.get(read).unwrap_or_default().iter().map(|it| now - *it));
        }
        self.at = Some(end);
        self.sound.clear();
        Ok(())
    }

    /// Takes the sound out of chunks (RFC 9112 §7.1).
    fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        if !self.chunked {
            self.sound.extend_from_slice(bytes);
            return Ok(());
        }
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let (sound, rest) = bytes.split_at(bytes.len().min(self.left));
                self.sound.extend_from_slice(sound);
                self.left -= sound.len();
                bytes = rest;
                continue;
            }
            bytes = rest;
            if *first != b'\n' {
                self.line.push(*first);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = str::from_utf8(&line)?.trim();
            // Nothing stands between a chunk and the line end after it.
            if !line.is_empty() {
                self.left = usize::from_str_radix(line, 16)?;
            }
        }
        Ok(())
    }
}
