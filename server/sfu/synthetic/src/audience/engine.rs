//! The thread of an audience.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use str0m::RtcConfig;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;

use super::client::Client;
use super::socket::Reader;
use super::{AudienceError, ClientId, Manner, Seen, cipher};
use crate::content::Content;

/// Something to do on the thread.
pub(super) type Act = Box<dyn FnOnce(&mut Engine) + Send>;

/// Token of epoll for acts.
const ACTS: u64 = u64::MAX;

/// Token of epoll for the timer.
const TIMER: u64 = u64::MAX - 1;

/// Sockets that are read before the time is looked at again.
const SOCKETS_AT_ONCE: usize = 64;

/// All clients and what wakes them.
pub(super) struct Engine {
    acts: mpsc::Receiver<Act>,
    wake: Arc<EventFd>,
    epoll: Epoll,
    timer: TimerFd,
    /// Time that the timer is set to.
    armed: Option<Instant>,
    clients: Vec<Client>,
    /// When to look at which client; holds at least one entry at or before each one's time.
    due: BinaryHeap<Reverse<(Instant, ClientId)>>,
    /// The earliest entry of each client.
    scheduled: Vec<Option<Instant>>,
    crypto: Arc<CryptoProvider>,
    /// One for all: making one costs more than the rest of a handshake.
    certificate: DtlsCert,
}

impl Engine {
    pub(super) fn new(
        acts: mpsc::Receiver<Act>,
        wake: Arc<EventFd>,
    ) -> Result<Self, AudienceError> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        epoll.add(&*wake, EpollEvent::new(EpollFlags::EPOLLIN, ACTS))?;
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER))?;
        let crypto = cipher::overheard();
        let certificate = crypto.dtls_provider.generate_certificate();
        Ok(Engine {
            acts,
            wake,
            epoll,
            timer,
            armed: None,
            clients: Vec::new(),
            due: BinaryHeap::new(),
            scheduled: Vec::new(),
            certificate: certificate.ok_or(AudienceError::Left)?,
            crypto,
        })
    }

    /// Runs until nobody can give it anything to do.
    pub(super) fn run(mut self) {
        let mut reader = Reader::new();
        let mut events = [EpollEvent::empty(); SOCKETS_AT_ONCE];
        loop {
            self.advance();
            let ready = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(_) => return,
            };
            let now = Instant::now();
            for event in events.iter().take(ready) {
                match event.data() {
                    ACTS => {
                        if !self.act() {
                            return;
                        }
                    }
                    TIMER => {
                        let _ = self.timer.wait();
                        self.armed = None;
                    }
                    client => self.read(now, client as ClientId, &mut reader),
                }
            }
        }
    }

    pub(super) fn offer(&mut self, manner: Manner) -> Result<(ClientId, String), AudienceError> {
        let mut client = self.enter(manner)?;
        let offer = client.offer()?;
        Ok((self.admit(client)?, offer))
    }

    pub(super) fn accept(&mut self, id: ClientId, answer: &str) -> Result<(), AudienceError> {
        let client = self.clients.get_mut(id).ok_or(AudienceError::NotOffered)?;
        client.accept(Instant::now(), answer)?;
        self.schedule(id);
        Ok(())
    }

    pub(super) fn answer(
        &mut self,
        manner: Manner,
        offer: &str,
    ) -> Result<(ClientId, String), AudienceError> {
        let mut client = self.enter(manner)?;
        let answer = client.answer(Instant::now(), offer)?;
        Ok((self.admit(client)?, answer))
    }

    pub(super) fn film(&mut self, id: ClientId, content: Content, frames: Option<u64>) {
        if let Some(client) = self.clients.get_mut(id) {
            client.start(Instant::now(), content, frames);
            self.schedule(id);
        }
    }

    pub(super) fn pause(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(id) {
            client.stop();
        }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.clients.iter().map(Client::seen).collect()
    }

    pub(super) fn delays(&self) -> Vec<Duration> {
        self.clients.iter().flat_map(Client::delays).copied().collect()
    }

    pub(super) fn forget(&mut self) {
        self.clients.iter_mut().for_each(Client::forget);
    }

    fn enter(&self, manner: Manner) -> Result<Client, AudienceError> {
        let config = RtcConfig::new()
            .set_rtp_mode(true)
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .clear_codecs()
            .enable_vp8(true)
            .enable_opus(true, false);
        Client::new(Instant::now(), manner, config)
    }

    fn admit(&mut self, client: Client) -> Result<ClientId, AudienceError> {
        let id = self.clients.len();
        self.epoll.add(&client.socket, EpollEvent::new(EpollFlags::EPOLLIN, id as u64))?;
        self.clients.push(client);
        self.scheduled.push(None);
        self.schedule(id);
        Ok(id)
    }

    /// Does all that there is to do; false if there will never be anything again.
    fn act(&mut self) -> bool {
        let _ = self.wake.read();
        loop {
            match self.acts.try_recv() {
                Ok(act) => act(self),
                Err(mpsc::TryRecvError::Empty) => return true,
                Err(mpsc::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn read(&mut self, now: Instant, id: ClientId, reader: &mut Reader) {
        if let Some(client) = self.clients.get_mut(id) {
            client.read(now, reader);
            self.schedule(id);
        }
    }

    /// Lets everybody act who is due, and sets the timer.
    fn advance(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, id))) = self.due.peek().copied().filter(|d| d.0.0 <= now) {
            self.due.pop();
            if self.scheduled.get(id) != Some(&Some(at)) {
                continue;
            }
            self.scheduled[id] = None;
            if self.clients[id].due().is_some_and(|due| due <= now) {
                self.clients[id].advance(now);
            }
            self.schedule(id);
        }
        let next = self.due.peek().map(|Reverse((at, _))| *at);
        if let Some(next) = next.filter(|at| self.armed.is_none_or(|armed| *at < armed)) {
            // Nothing would switch the timer off.
            let wait = next.saturating_duration_since(now).max(Duration::from_nanos(1));
            let once = Expiration::OneShot(TimeSpec::from_duration(wait));
            if self.timer.set(once, TimerSetTimeFlags::empty()).is_ok() {
                self.armed = Some(next);
            }
        }
    }

    /// Sees to it that a client is looked at in time. What moves later costs nothing: the earlier
    /// entry stays, and is put off when its time has come.
    fn schedule(&mut self, id: ClientId) {
        let Some(due) = self.clients.get(id).and_then(Client::due) else {
            return;
        };
        if self.scheduled[id].is_none_or(|at| due < at) {
            self.scheduled[id] = Some(due);
            self.due.push(Reverse((due, id)));
        }
    }
}
