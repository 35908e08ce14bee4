//! Bandstand's media core in a process of its own.
//!
//! Offers and answers go over TCP, on connections that are kept, as a browser keeps the one over
//! which it loaded the page: a word, a length and a line feed, then so many bytes; back come a
//! length, a line feed and the answer, which is empty when the core is too busy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bandstand_sfu::{OfferError, Sfu, SfuConfig, TakeoverCondition};
use bandstand_synthetic::audience::{Audience, ClientId, Manner};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

use crate::machine::Process;
use crate::server::{PATIENCE, Server};
use crate::{Result, SERVER_CORE};

/// After being refused.
const COME_AGAIN: Duration = Duration::from_millis(250);

/// The media core under test.
pub(crate) struct Own {
    process: Process,
    address: SocketAddr,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<TcpStream>>,
    refusals: AtomicU64,
}

impl Own {
    /// Starts it at `address`.
    pub(crate) fn start(address: IpAddr) -> Result<Self> {
        let mut child = Command::new("setpriv")
            // It ends with this program, whatever ends that.
            .args(["--pdeathsig", "KILL", "taskset", "-c", &SERVER_CORE.to_string()])
            .arg(std::env::current_exe()?)
            .args(["serve", &address.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take();
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(output.ok_or("no output")?).read_line(&mut line)?;
        let address = line.trim().parse().map_err(|_| "the media core did not start")?;
        Ok(Own { process, address, idle: Mutex::new(Vec::new()), refusals: AtomicU64::new(0) })
    }

    /// Opens connections for so many at a time.
    pub(crate) fn greet(&self, count: usize) -> Result<()> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle.len() < count {
            idle.push(self.connect()?);
        }
        Ok(())
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn ask(&self, verb: &str, body: &str) -> Result<String> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut stream = kept.map_or_else(|| self.connect(), Ok)?;
        stream.write_all(format!("{verb} {}\n{body}", body.len()).as_bytes())?;
        let mut reader = BufReader::new(stream);
        let mut length = String::new();
        reader.read_line(&mut length)?;
        let mut answer = vec![0; length.trim().parse()?];
        reader.read_exact(&mut answer)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader.into_inner());
        Ok(String::from_utf8(answer)?)
    }

    fn negotiate(&self, verb: &str, clients: &Audience, manner: Manner) -> Result<ClientId> {
        let (client, offer) = clients.offer(manner)?;
        // There and back: the connection stands already.
        std::thread::sleep(manner.away * 2);
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = self.ask(verb, &offer)?;
            if !answer.is_empty() {
                clients.accept(client, answer)?;
                return Ok(client);
            }
            // Too many at once: a client comes again.
            self.refusals.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(COME_AGAIN);
        }
        Err("the media core takes nobody".into())
    }
}

impl Server for Own {
    fn process(&self) -> &Process {
        &self.process
    }

    fn publish(&self, artist: &Audience, manner: Manner) -> Result<ClientId> {
        self.negotiate("publish", artist, manner)
    }

    fn subscribe(&self, crowd: &Audience, manner: Manner) -> Result<ClientId> {
        self.negotiate("subscribe", crowd, manner)
    }

    fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }
}

/// The process under test: prints where it can be asked, and serves until it is killed.
pub(crate) fn serve(address: IpAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = SfuConfig { bind: SocketAddr::new(address, 0), ..SfuConfig::default() };
        let (sfu, _events) = Sfu::start(config)?;
        let listener = tokio::net::TcpListener::bind((address, 0)).await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(answer(sfu.clone(), stream));
        }
    })
}

async fn answer(sfu: Sfu, stream: tokio::net::TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = tokio::io::BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let (verb, length) = line.trim().split_once(' ').ok_or("no length")?;
        let mut body = vec![0; length.parse()?];
        stream.read_exact(&mut body).await?;
        let offer = String::from_utf8(body)?;
        let accepted = match verb {
            "publish" => sfu.publish("stage".into(), offer, TakeoverCondition::Keyframe).await,
            _ => sfu.subscribe("stage".into(), offer).await,
        };
        let answer = match accepted {
            Ok(accepted) => accepted.answer_sdp,
            Err(OfferError::TooMany) => String::new(),
            Err(error) => return Err(error.into()),
        };
        stream.write_all(format!("{}\n{answer}", answer.len()).as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
