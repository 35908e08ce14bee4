//! The live channel: one WebSocket per open page. PROTOCOL.md describes it.

use std::{collections::HashMap, pin::pin, sync::Arc, task::Poll, time::Duration};

use bandstand_domain::{
    Refusal, Secret,
    channel::{ClientFrame, Cursor, HEARTBEAT, MAX_FRAME, ServerFrame, Topic},
    stage::StageError,
};
use futures::poll;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    channels::Channels,
    encoded_frame::EncodedFrame,
    hub::{EventsFrame, Frame, Outbox, QUEUE},
    subscription::{Beginning, Step, Subscription},
    topic_source::SubscriptionRequest,
    websocket::WebSocket,
};
use crate::{
    clock,
    http::{
        client::Client,
        connections::Admission,
        limits::{Limit, by_address},
    },
    ids::SessionName,
    sessions::open_sessions::SessionGuard,
};

/// Interval between heartbeat pings.
const PING_INTERVAL: Duration = Duration::from_secs(3);
/// A connection from which nothing was heard for so long is gone. With the grace in the crowd this
/// stays under the ten seconds within which leaving is seen.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(7);
/// Every how many pings the page hears a beat, too.
const PINGS_A_BEAT: u32 = 2;
const _: () = assert!(3 * PINGS_A_BEAT <= HEARTBEAT && 3 * PINGS_A_BEAT >= HEARTBEAT / 2);
/// The most topics of one connection.
const MAX_TOPICS: usize = 8;
/// Frames that a page may send at once, and then a second.
const FRAMES: u32 = 40;
/// Subscriptions that a page may begin at once, and how long until one more. It needs one of each topic
/// after it has come back.
const SUBSCRIPTIONS: u32 = 8;
const SUBSCRIPTION: Duration = Duration::from_secs(1);
/// Lower bound of the write timeout, however long the page was silent.
const MIN_WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout for sending the goodbye and the close frame.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// Reason for the end of a connection, as a WebSocket close code (RFC 6455 section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The page went.
    Left,
    /// 1001: the venue closes.
    Closing,
    /// 1008: the page doesn't keep to the protocol.
    Policy,
    /// 1013: the page can't keep up, the venue failed, or its session ended; coming back helps.
    Again,
    /// Nothing was heard for [`SILENCE_TIMEOUT`], or the line broke.
    Lost,
}

/// One open page.
pub(super) struct Connection {
    channels: Arc<Channels>,
    client: Client,
    socket: WebSocket,
    outbox: Outbox,
    queue: mpsc::Receiver<Frame>,
    /// Cancelled when the queue is full, when the session behind the connection or one of its tokens has
    /// ended, and with all others when the venue closes. One for all of it: many connections that each
    /// listen to the venue's own would wait for each other at its lock.
    cut: CancellationToken,
    _guard: Option<SessionGuard>,
    subscriptions: HashMap<Topic, Subscription>,
    heard_at: Instant,
    frames: u32,
    frames_since: Instant,
    /// Theoretical arrival time of the subscription rate limit: by then all subscriptions that were begun
    /// are paid for, one each [`SUBSCRIPTION`].
    subscriptions_paid: Instant,
    _admission: Admission,
}

impl Connection {
    /// A connection that has just been opened, by the browser session of this name.
    pub(super) fn new(
        channels: Arc<Channels>,
        client: Client,
        socket: WebSocket,
        admission: Admission,
        session: Option<SessionName>,
    ) -> Self {
        let cut = channels.tasks.closing().child_token();
        let (outbox, queue) = Outbox::new(cut.clone());
        let guard = session.map(|session| channels.open_sessions.channel(session, cut.clone()));
        let now = Instant::now();
        Self {
            channels,
            client,
            socket,
            outbox,
            queue,
            cut,
            _guard: guard,
            subscriptions: HashMap::new(),
            heard_at: now,
            frames: 0,
            frames_since: now,
            subscriptions_paid: now,
            _admission: admission,
        }
    }

    /// Serves the page until one of both sides ends it.
    pub(super) async fn run(mut self) {
        let end = match self.serve().await {
            Ok(()) => End::Left,
            Err(end) => end,
        };
        self.subscriptions.clear();
        let (code, again) = match end {
            End::Left | End::Lost => return,
            End::Closing => (1001, true),
            End::Policy => (1008, false),
            End::Again => (1013, true),
        };
        // Said if it can be: a connection that can't keep up may hear nothing at all.
        self.socket.queue(&EncodedFrame::text(&ServerFrame::Bye { again }));
        let _ = timeout(GOODBYE_TIMEOUT, self.socket.close(code)).await;
    }

    async fn serve(&mut self) -> Result<(), End> {
        let cut = self.cut.clone();
        let mut cut = pin!(cut.cancelled());
        // One for pings and silence.
        let mut next_ping = Instant::now();
        let mut timer = pin!(sleep_until(next_ping));
        let mut pings = 0;
        loop {
            // In this order, so that what a page has said is heard before it is held to be silent:
            // this program may have been held up itself.
            tokio::select! {
                biased;
                () = &mut cut => return Err(why_cut(&self.channels)),
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        self.heard_at = Instant::now();
                        self.count_frame()?;
                        match message {
                            Message::Text(text) if text.len() > MAX_FRAME => {
                                return Err(End::Policy);
                            }
                            Message::Text(text) => self.heard(&text).await?,
                            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                            Message::Close(_) => return Ok(()),
                            Message::Binary(_) => return Err(End::Policy),
                        }
                    }
                    // A frame is much too large, or the line broke; then nobody hears the farewell.
                    Some(Err(_)) => return Err(End::Policy),
                    None => return Ok(()),
                },
                () = &mut timer => {
                    let now = Instant::now();
                    if now >= self.heard_at + SILENCE_TIMEOUT {
                        return Err(End::Lost);
                    }
                    if now >= next_ping {
                        if pings % PINGS_A_BEAT == 0 {
                            let beat = ServerFrame::Beat { now: clock::now() };
                            self.socket.queue(&EncodedFrame::text(&beat));
                        }
                        self.socket.queue(&EncodedFrame::ping());
                        pings += 1;
                        next_ping = now + PING_INTERVAL;
                        self.flush().await?;
                    }
                    timer.as_mut().reset(next_ping.min(self.heard_at + SILENCE_TIMEOUT));
                }
                Some(frame) = self.queue.recv() => self.deliver(frame).await?,
            }
        }
    }

    /// Counts what a page sends, of whatever kind.
    fn count_frame(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if now - self.frames_since >= Duration::from_secs(1) {
            self.frames_since = now;
            self.frames = 0;
        }
        self.frames += 1;
        if self.frames > FRAMES { Err(End::Policy) } else { Ok(()) }
    }

    /// Counts one more subscription, which costs a look into the log and what is missed; when it is one
    /// too many, answers after how many seconds it is possible again.
    fn count_subscription(&mut self) -> Result<(), u32> {
        let channels = &self.channels;
        let now = Instant::now();
        let paid = self.subscriptions_paid.max(now) + SUBSCRIPTION / channels.config.limit_scale;
        let wait = paid.saturating_duration_since(now + SUBSCRIPTION * SUBSCRIPTIONS);
        if !wait.is_zero() {
            return Err(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1));
        }
        channels.limits.check(Limit::Subscribe, by_address(self.client.address))?;
        self.subscriptions_paid = paid;
        Ok(())
    }

    /// Does what a page says.
    async fn heard(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text).map_err(|_| End::Policy)? {
            ClientFrame::Subscribe { topic, after, token } => {
                // On the heap for as long as it takes: what it needs is much, and rarely needed.
                Box::pin(self.subscribe(topic, after, token)).await
            }
            ClientFrame::Unsubscribe { topic } => {
                self.subscriptions.remove(&topic);
                Ok(())
            }
            ClientFrame::Typing { place } => {
                // From who isn't there it is dropped, as is too much of it.
                if let Some(subscription) = self.subscriptions.get(&place.into()) {
                    subscription.typing();
                }
                Ok(())
            }
            ClientFrame::Gesture { show, gesture } => {
                // From who isn't there it is dropped, as is too much of it.
                if let Some(subscription) = self.subscriptions.get(&Topic::Show(show)) {
                    subscription.gesture(gesture);
                }
                Ok(())
            }
        }
    }

    async fn subscribe(
        &mut self,
        topic: Topic,
        after: Option<Cursor>,
        token: Option<Secret>,
    ) -> Result<(), End> {
        // Given up first: who subscribes anew is one follower, and one in the crowd.
        self.subscriptions.remove(&topic);
        if self.subscriptions.len() >= MAX_TOPICS {
            return Err(End::Policy);
        }
        if let Err(retry_after) = self.count_subscription() {
            return self.refuse(topic, Refusal::TooMany { retry_after }).await;
        }
        let asked_at = Instant::now();
        let Channels { hub, sources, .. } = &*self.channels;
        let (client, ended) = (&self.client, &self.cut);
        let request = SubscriptionRequest { client, topic, token, ended };
        let begun = Subscription::begin(hub, sources.of(topic), request, after, &self.outbox).await;
        // What the database took was not the page's silence.
        self.heard_at += asked_at.elapsed();
        match begun {
            Ok(Beginning { subscription, frames }) => {
                self.subscriptions.insert(topic, subscription);
                frames.iter().for_each(|frame| self.socket.queue(frame));
                self.flush().await
            }
            Err(why) => self.refuse(topic, why).await,
        }
    }

    /// Sends `frame` and what waits behind it in the queue, with one write for all.
    async fn deliver(&mut self, frame: Frame) -> Result<(), End> {
        self.queue_frame(frame).await?;
        for _ in 1..QUEUE {
            let Ok(frame) = self.queue.try_recv() else { break };
            self.queue_frame(frame).await?;
        }
        self.flush().await
    }

    async fn queue_frame(&mut self, frame: Frame) -> Result<(), End> {
        match frame {
            Frame::Events(events) => return self.queue_events(&events).await,
            Frame::Ephemeral { subscription, encoded } => {
                if self.subscriptions.values().any(|it| it.number() == subscription) {
                    self.socket.queue(&encoded);
                }
            }
        }
        Ok(())
    }

    async fn queue_events(&mut self, events: &EventsFrame) -> Result<(), End> {
        let EventsFrame { topic, last, .. } = *events;
        let Some(subscription) = self.subscriptions.get_mut(&topic) else { return Ok(()) };
        match subscription.step(events) {
            Step::Skip => {}
            Step::Send => self.socket.queue(&events.encoded),
            Step::Read => {
                let read = Box::pin(subscription.read(&self.channels.hub, last)).await;
                let frames = read.map_err(|error| {
                    tracing::warn!(%topic, %error, "the event log can't be read");
                    End::Again
                })?;
                frames.iter().for_each(|frame| self.socket.queue(frame));
            }
        }
        if events.ends {
            self.subscriptions.remove(&topic);
            let why = Refusal::Gone;
            self.socket.queue(&EncodedFrame::text(&ServerFrame::Refused { topic, why }));
        }
        Ok(())
    }

    async fn refuse(&mut self, topic: Topic, why: StageError) -> Result<(), End> {
        self.socket.queue(&EncodedFrame::text(&ServerFrame::Refused { topic, why }));
        self.flush().await
    }

    /// Writes what was queued. A page that takes nothing is cut as soon as its queue is full, or it was
    /// silent for too long.
    async fn flush(&mut self) -> Result<(), End> {
        let mut writing = pin!(self.socket.flush());
        // Most lines have room, and need no timer.
        if let Poll::Ready(written) = poll!(writing.as_mut()) {
            return written.map_err(|_| End::Lost);
        }
        let silent = (self.heard_at + SILENCE_TIMEOUT).max(Instant::now() + MIN_WRITE_TIMEOUT);
        tokio::select! {
            biased;
            written = writing => written.map_err(|_| End::Lost),
            () = self.cut.cancelled() => Err(why_cut(&self.channels)),
            () = sleep_until(silent) => Err(End::Lost),
        }
    }
}

/// Reason why a connection was cut: with all others, or by itself.
fn why_cut(channels: &Channels) -> End {
    if channels.tasks.closing().is_cancelled() { End::Closing } else { End::Again }
}
