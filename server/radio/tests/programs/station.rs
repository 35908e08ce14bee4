//! A station for one test, on a port of its own: sockets and a clock around what the crate does without.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use bandstand_radio::{
    AudioInfo, AudioRing, Framed, Framer, IcyWriter, RingLimits, RingRead,
    source::{BodyReader, RequestHead, TitleUpdate},
};
use bytes::Bytes;

/// The password of sources.
pub const KEY: &str = "bandstand_test";
/// The longest time for which a test waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// A station.
pub struct Station {
    /// Address and port.
    pub address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ring: Option<AudioRing>,
    headers: usize,
    titles: Vec<String>,
    heads: Vec<RequestHead>,
    has_ended: bool,
}

/// Sound of a source, as a player that was there from the beginning got it.
pub struct Heard {
    pub info: AudioInfo,
    pub length: Duration,
    pub bytes: Vec<u8>,
    pub titles: Vec<String>,
    /// Number of times that headers came.
    pub headers: usize,
}

impl Station {
    /// Opens one.
    pub fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let station = Self { address, shared: shared.clone() };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                thread::spawn(move || shared.serve(stream));
            }
        });
        station
    }

    /// Waits until sound comes.
    pub fn begins(&self) {
        drop(self.shared.until(|it| it.ring.as_ref().is_some_and(|it| !it.length().is_zero())));
    }

    /// All that came, once the source has ended.
    pub fn heard(&self) -> Heard {
        let state = self.shared.until(|it| it.has_ended);
        let ring = state.ring.as_ref().unwrap();
        let mut cursor = ring.join(PATIENCE);
        let mut bytes = Vec::new();
        while let RingRead::Piece(piece) = ring.read(&mut cursor) {
            bytes.extend_from_slice(&piece.headers);
            bytes.extend_from_slice(&piece.bytes);
        }
        let (info, length, titles) = (ring.info(), ring.length(), state.titles.clone());
        Heard { info, length, bytes, titles, headers: state.headers }
    }

    /// The head of the request by a method.
    pub fn head(&self, method: &str) -> RequestHead {
        let state = self.shared.state();
        state.heads.iter().find(|it| it.method == method).unwrap().clone()
    }

    /// Tells whether no sound has come.
    pub fn is_silent(&self) -> bool {
        self.shared.state().ring.is_none()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn until(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waits = self.changed.wait_timeout_while(self.state(), PATIENCE, |it| !condition(it));
        let (state, timed_out) = waits.unwrap();
        assert!(!timed_out.timed_out(), "what must come has not come: {:?}", state.heads);
        state
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        loop {
            let (head, length) = loop {
                // Such as a TLS handshake, with which libshout begins.
                let Ok(parsed) = RequestHead::parse(&buffer) else { return };
                if let Some(parsed) = parsed {
                    break parsed;
                }
                let mut part = [0; 4_096];
                match stream.read(&mut part) {
                    Ok(count) if count > 0 => buffer.extend_from_slice(&part[..count]),
                    _ => return,
                }
            };
            buffer.drain(..length);
            self.change(|it| it.heads.push(head.clone()));
            let is_right = head.credentials().is_some_and(|it| it.password() == KEY);
            match (head.method.as_str(), head.path.as_str()) {
                ("PUT" | "SOURCE", _) if !is_right => {
                    let _ = stream.write_all(
                        b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\n\
                          content-length: 0\r\nconnection: close\r\n\r\n",
                    );
                    return;
                }
                ("PUT" | "SOURCE", _) => return self.source(stream, &head, buffer),
                ("GET", "/admin/metadata") => {
                    let update = TitleUpdate::parse(head.query.as_deref().unwrap()).unwrap();
                    self.change(|it| {
                        it.titles.push(update.title.to_string());
                        if let Some(ring) = &mut it.ring {
                            ring.set_title(update.title);
                        }
                    });
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                }
                ("GET", "/listen/show") => return self.listen(stream, &head),
                // libshout asks for `/admin/!POKE`, and goes on when it is told of these methods.
                _ => stream
                    .write_all(
                        b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\n\
                          allow: GET, PUT, SOURCE\r\ncontent-length: 0\r\n\r\n",
                    )
                    .unwrap(),
            }
            if head.closes() {
                return;
            }
        }
    }

    fn source(&self, mut stream: TcpStream, head: &RequestHead, rest: Vec<u8>) {
        if head.expects_continue() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        } else if head.method == "SOURCE" {
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
        }
        let (mut body, mut framer) = (BodyReader::new(head.framing()), Framer::new());
        let mut next = Bytes::from(rest);
        loop {
            while let Some(piece) = body.read(&mut next).unwrap() {
                let mut framed = Vec::new();
                framer.push(&piece, &mut framed).unwrap();
                self.change(|it| framed.iter().for_each(|part| it.take(part)));
            }
            let mut part = vec![0; 4_096];
            match stream.read(&mut part) {
                Ok(count) if count > 0 && !body.has_ended() => {
                    part.truncate(count);
                    next = part.into();
                }
                _ => break,
            }
        }
        if head.expects_continue() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
        self.change(|it| {
            it.has_ended = true;
            if let Some(ring) = &mut it.ring {
                ring.end();
            }
        });
    }

    fn listen(&self, mut stream: TcpStream, head: &RequestHead) {
        let (mut cursor, interval, kind) = {
            let state = self.state();
            let ring = state.ring.as_ref().unwrap();
            let asked = head.field("icy-metadata") == Some("1");
            let interval = asked.then(|| IcyWriter::interval_for(ring.bits_per_second()));
            (ring.join(Duration::from_secs(5)), interval, ring.info().format.media_type())
        };
        let icy = interval.map(|it| format!("icy-metaint: {it}\r\n")).unwrap_or_default();
        let answer = format!("HTTP/1.0 200 OK\r\ncontent-type: {kind}\r\n{icy}\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        let mut titles = interval.map(IcyWriter::new);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let read = self.state().ring.as_ref().unwrap().read(&mut cursor);
            let piece = match read {
                RingRead::Piece(piece) => piece,
                RingRead::Ended => return,
                RingRead::Pending => {
                    let wait = Duration::from_millis(50);
                    drop(self.changed.wait_timeout(self.state(), wait).unwrap());
                    continue;
                }
            };
            let mut out = Vec::new();
            match &mut titles {
                Some(titles) => {
                    titles.write(piece.headers, &piece.title, &mut out);
                    titles.write(piece.bytes, &piece.title, &mut out);
                }
                None => out.extend([piece.headers, piece.bytes]),
            }
            if stream.write_all(&out.concat()).is_err() {
                return;
            }
        }
    }
}

impl State {
    fn take(&mut self, part: &Framed) {
        match part {
            Framed::Began(info) => self.ring = Some(AudioRing::new(*info, RingLimits::default())),
            Framed::Title(title) => self.titles.push(title.to_string()),
            Framed::Headers(_) => self.headers += 1,
            Framed::Sound(_) => {}
        }
        if let Some(ring) = &mut self.ring {
            ring.append(part);
        }
    }
}
