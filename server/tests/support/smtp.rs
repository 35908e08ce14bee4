//! A mail server for one test (RFC 5321).

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, mpsc::Receiver},
    thread,
    time::Duration,
};

use bandstand_domain::Secret;
use bandstand_server::config::{Smtp, SmtpTls};
use mail_parser::MessageParser;
use mailin::{Action, Handler, Response, SessionBuilder, response};
use tokio::time::{interval, timeout};

pub const ANA: &str = "ana@example.org";

/// What the mail server has taken, and what it will say.
#[derive(Default)]
pub struct State {
    /// Sender, reader and text of each mail that came whole, acknowledged or not.
    pub came: Vec<(String, String, Vec<u8>)>,
    /// By which name it was greeted last.
    pub greeted: String,
    /// What it says to the next mails; after that, yes.
    pub answers: Vec<Response>,
    /// Until when it thinks about the next mail.
    pub thinks: Option<Receiver<()>>,
}

/// A mail server on this machine; it listens as long as the test runs.
pub struct MailServer {
    pub address: SocketAddr,
    pub state: Arc<Mutex<State>>,
}

impl MailServer {
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    pub fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || converse(stream, Envelope { shared, ..Envelope::default() }));
            }
        });
        Self { address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How many mails have come.
    pub fn count(&self) -> usize {
        self.state().came.len()
    }

    /// Waits until so many have come.
    pub async fn until(&self, count: usize) {
        until(async || self.count() >= count).await;
    }

    /// How the venue finds it.
    pub fn smtp(&self) -> Smtp {
        Smtp {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            user: None,
            password: Secret::default(),
            tls: SmtpTls::None,
            from: "Bandstand <venue@example.org>".into(),
        }
    }
}

pub async fn until(condition: impl AsyncFn() -> bool) {
    let looks = async {
        let mut looks = interval(Duration::from_millis(5));
        while !condition().await {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(20), looks).await.expect("it happens in time");
}

fn converse(stream: TcpStream, envelope: Envelope) -> io::Result<()> {
    let mut session =
        SessionBuilder::new("mail.example.org").build(IpAddr::from([127, 0, 0, 1]), envelope);
    let (mut lines, mut out) = (BufReader::new(stream.try_clone()?), stream);
    out.write_all(&session.greeting().buffer()?)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer = session.process(&line);
        if answer.action != Action::NoReply {
            out.write_all(&answer.buffer()?)?;
        }
        // After a refusal it hangs up, as a mail server may.
        if answer.action == Action::Close || answer.is_error {
            return Ok(());
        }
    }
}

/// One mail on its way in.
#[derive(Default)]
struct Envelope {
    shared: Arc<Mutex<State>>,
    from: String,
    to: String,
    text: Vec<u8>,
}

impl Handler for Envelope {
    fn helo(&mut self, _: IpAddr, domain: &str) -> Response {
        domain.clone_into(&mut self.shared.lock().unwrap().greeted);
        response::OK
    }

    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        (self.from, self.to) = (from.to_owned(), to.join(", "));
        self.text.clear();
        response::OK
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.text.extend(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut state = self.shared.lock().unwrap();
        state.came.push((self.from.clone(), self.to.clone(), self.text.clone()));
        let answer = if state.answers.is_empty() { response::OK } else { state.answers.remove(0) };
        let thinks = state.thinks.take();
        drop(state);
        if let Some(until) = thinks {
            let _ = until.recv();
        }
        answer
    }
}

/// The `Message-ID` of a mail.
pub fn id(text: &[u8]) -> String {
    MessageParser::default().parse(text).unwrap().message_id().unwrap().to_owned()
}
