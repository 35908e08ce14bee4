//! A lean audience: many clients, each with a UDP socket of its own, on one thread.
//!
//! Every client does what a browser does to connect: SDP, ICE, DTLS (by str0m). After that a client
//! is either *full*: it opens every packet, answers with receiver reports, NACKs and transport-wide
//! feedback, and knows when a picture is complete. Or it is *lean*: it counts packets by their clear
//! headers (RFC 3711 §3.1) and opens none, so that one core can be an audience of a thousand.

mod cipher;
mod client;
mod engine;
mod film;
mod reception;
mod socket;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use str0m::RtcError;
use str0m::error::SdpError;

use crate::content::Content;
pub use cipher::Cipher;
pub use reception::Reception;

use engine::{Act, Engine};

/// Interval at which a condition is checked.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Something a client of the audience can't do.
#[derive(Debug, thiserror::Error)]
pub enum AudienceError {
    /// The operating system refused.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
    /// The WebRTC library refused.
    #[error("WebRTC: {0}")]
    Library(#[from] RtcError),
    /// The other side's SDP can't be read.
    #[error("the description can't be read: {0}")]
    Description(#[from] SdpError),
    /// The other side's SDP names no UDP address.
    #[error("there is no UDP candidate in the description")]
    NoCandidate,
    /// No offer can be answered.
    #[error("nothing was offered")]
    NotOffered,
    /// The clients' thread has ended.
    #[error("the audience has left")]
    Left,
    /// A condition was not met in time.
    #[error("waited {0:?} in vain for {1}")]
    InVain(Duration, &'static str),
}

impl From<Errno> for AudienceError {
    fn from(errno: Errno) -> Self {
        AudienceError::System(errno.into())
    }
}

/// Index of a client in its audience.
pub type ClientId = usize;

/// Direction of a client's media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It sends.
    Publish,
    /// It receives.
    Subscribe,
}

/// Behaviour of a client.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Direction of its media.
    pub direction: Direction,
    /// Opens everything it receives, and gives feedback as a browser does.
    pub full: bool,
    /// Goes on counting only, once it has its first picture.
    pub glances: bool,
    /// The kernel says when packets arrived, so that delays hold nothing of this program's own.
    pub timestamped: bool,
    /// The address to be at.
    pub address: IpAddr,
    /// One-way delay of everything it sends and receives.
    pub away: Duration,
}

/// Observations of one client so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// ICE and DTLS stand.
    pub connected: bool,
    /// Time from its join until a keyframe was complete; only of full clients.
    pub first_picture: Option<Duration>,
    /// Video, since the last [`Audience::forget`].
    pub video: Reception,
    /// Audio, since the last [`Audience::forget`].
    pub audio: Reception,
    /// Packets sent, video and audio, since the beginning.
    pub sent: (u64, u64),
    /// Keyframe requests received, since the beginning.
    pub keyframe_requests: u64,
    /// The longest that a packet was sent after it was due.
    pub latest: Duration,
    /// Datagrams that the system had no room to send.
    pub unsent: u64,
    /// The cipher of its media.
    pub cipher: Option<Cipher>,
}

/// Clients on one thread, which ends when this is dropped.
pub struct Audience {
    acts: mpsc::Sender<Act>,
    wake: Arc<EventFd>,
}

impl Audience {
    /// Starts the thread; it takes over the processor affinity of the thread that calls.
    ///
    /// # Errors
    /// [`AudienceError::System`].
    pub fn start() -> Result<Self, AudienceError> {
        let (acts, inbox) = mpsc::channel();
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?);
        let engine = Engine::new(inbox, Arc::clone(&wake))?;
        std::thread::Builder::new().name("audience".into()).spawn(move || engine.run())?;
        Ok(Audience { acts, wake })
    }

    /// A new client's offer (RFC 9725 §4.2). Its time to the first picture begins here.
    ///
    /// # Errors
    /// [`AudienceError`].
    pub fn offer(&self, manner: Manner) -> Result<(ClientId, String), AudienceError> {
        self.ask(move |engine| engine.offer(manner))?
    }

    /// Hands a client the answer to its offer; it connects from then on.
    ///
    /// # Errors
    /// [`AudienceError`].
    pub fn accept(&self, client: ClientId, answer: String) -> Result<(), AudienceError> {
        self.ask(move |engine| engine.accept(client, &answer))?
    }

    /// A new client's answer to an offer; it connects from then on. Its time to the first picture
    /// begins here.
    ///
    /// # Errors
    /// [`AudienceError`].
    pub fn answer(
        &self,
        manner: Manner,
        offer: String,
    ) -> Result<(ClientId, String), AudienceError> {
        self.ask(move |engine| engine.answer(manner, &offer))?
    }

    /// Lets a client send `content` from now on: `frames` video frames, or as many times 20 ms of
    /// audio if there is no video; [`None`] until it is told otherwise.
    ///
    /// # Errors
    /// [`AudienceError::Left`].
    pub fn film(
        &self,
        client: ClientId,
        content: Content,
        frames: Option<u64>,
    ) -> Result<(), AudienceError> {
        self.ask(move |engine| engine.film(client, content, frames))
    }

    /// Lets a client send nothing more.
    ///
    /// # Errors
    /// [`AudienceError::Left`].
    pub fn pause(&self, client: ClientId) -> Result<(), AudienceError> {
        self.ask(move |engine| engine.pause(client))
    }

    /// Observations of all clients, in the order in which they came.
    ///
    /// # Errors
    /// [`AudienceError::Left`].
    pub fn seen(&self) -> Result<Vec<Seen>, AudienceError> {
        self.ask(|engine| engine.seen())
    }

    /// One-way delays of the packets that full clients opened, since the last [`Audience::forget`].
    ///
    /// # Errors
    /// [`AudienceError::Left`].
    pub fn delays(&self) -> Result<Vec<Duration>, AudienceError> {
        self.ask(|engine| engine.delays())
    }

    /// Counts from zero again.
    ///
    /// # Errors
    /// [`AudienceError::Left`].
    pub fn forget(&self) -> Result<(), AudienceError> {
        self.ask(|engine| engine.forget())
    }

    /// Waits until `condition` holds of what the clients have seen.
    ///
    /// # Errors
    /// [`AudienceError::InVain`] after `patience`, with `what` was waited for.
    pub fn until(
        &self,
        what: &'static str,
        patience: Duration,
        condition: impl Fn(&[Seen]) -> bool,
    ) -> Result<Vec<Seen>, AudienceError> {
        let began = Instant::now();
        loop {
            let seen = self.seen()?;
            if condition(&seen) {
                return Ok(seen);
            }
            if began.elapsed() > patience {
                return Err(AudienceError::InVain(patience, what));
            }
            // Looking costs the clients' own time, the more the more there are.
            std::thread::sleep(LOOK_AGAIN * u32::try_from(1 + seen.len() / 10).unwrap_or(1));
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine) -> T + Send + 'static,
    ) -> Result<T, AudienceError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let act = move |engine: &mut Engine| {
            let _ = reply.send(act(engine));
        };
        self.acts.send(Box::new(act)).map_err(|_| AudienceError::Left)?;
        self.wake.write(1)?;
        answer.recv().map_err(|_| AudienceError::Left)
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        let (nobody, _) = mpsc::channel();
        self.acts = nobody;
        let _ = self.wake.write(1);
    }
}
