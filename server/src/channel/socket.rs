//! The live channel: one WebSocket per open page. PROTOCOL.md describes it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::Refusal;
use bandstand_domain::{
    channel::{ClientFrame, HEARTBEAT, MAX_FRAME, ServerFrame, Topic},
    stage::StageError,
};
use bytes::Bytes;
use futures::SinkExt;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    hub::{Outbox, Outgoing, QUEUE, encode},
    subscription::{Beginning, Follow},
};
use crate::{
    app::venue::Venue,
    caller::Caller,
    clock,
    http::{
        connections::Admission,
        limits::{Limit, by_address},
        security::is_own,
    },
    sessions::{self, open_sessions::Hold},
};

/// How often a connection is tried.
const PING: Duration = Duration::from_secs(3);
/// A connection from which nothing was heard for so long is gone. With the grace in the crowd this
/// stays under the ten seconds within which leaving is seen.
const SILENCE: Duration = Duration::from_secs(7);
/// Every how many pings the page hears a beat, too.
const PINGS_A_BEAT: u32 = 2;
const _: () = assert!(3 * PINGS_A_BEAT <= HEARTBEAT && 3 * PINGS_A_BEAT >= HEARTBEAT / 2);
/// The most topics of one connection.
const MOST_TOPICS: usize = 8;
/// Frames that a page may send at once, and then a second.
const FRAMES: u32 = 40;
/// Subscriptions that a page may begin at once, and how long until one more. It needs one of each topic
/// after it has come back.
const SUBSCRIPTIONS: u32 = 8;
const SUBSCRIPTION: Duration = Duration::from_secs(1);
/// How long a write may take at least, however long the page was silent.
const LEAST_WRITE: Duration = Duration::from_secs(1);
/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a connection ends, as a WebSocket close code (RFC 6455 section 7.4.1).
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
    /// Nothing was heard for [`SILENCE`], or the line broke.
    Lost,
}

/// Opens the live channel.
pub async fn open(
    State(venue): State<Arc<Venue>>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Browsers let any page open a WebSocket to anywhere, with cookies: only Origin tells them apart.
    if !is_own(&venue.config, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let address = by_address(caller.address);
    let busy = |retry_after: u32| {
        let headers = [(header::RETRY_AFTER, retry_after.to_string())];
        (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
    };
    if let Err(retry_after) = venue.limits.check(Limit::Connect, address) {
        return busy(retry_after);
    }
    let session = match sessions::name_of(&caller.session).await {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(%error, "a session can't be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let Some(admission) = venue.live.connections().admit(address) else { return busy(10) };
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| {
        let tasks = caller.venue.live.tasks().clone();
        tasks.count(Connection::new(caller, socket, admission, session).run())
    })
}

struct Connection {
    caller: Caller,
    socket: WebSocket,
    outbox: Outbox,
    queue: mpsc::Receiver<Outgoing>,
    /// Cancelled when the queue is full.
    cut: CancellationToken,
    closing: CancellationToken,
    /// Cancelled when the session behind the connection, or one of its tokens, has ended.
    ended: CancellationToken,
    _hold: Option<Hold>,
    follows: HashMap<Topic, Follow>,
    heard_at: Instant,
    frames: u32,
    frames_since: Instant,
    /// When all subscriptions that were begun are paid for, one each [`SUBSCRIPTION`].
    subscriptions_paid: Instant,
    _admission: Admission,
}

impl Connection {
    fn new(
        caller: Caller,
        socket: WebSocket,
        admission: Admission,
        session: Option<String>,
    ) -> Self {
        let cut = CancellationToken::new();
        let (outbox, queue) = Outbox::new(cut.clone());
        let closing = caller.venue.live.tasks().closing().clone();
        let ended = CancellationToken::new();
        let holdings = caller.venue.live.holdings();
        let hold = session.map(|session| holdings.channel(session, ended.clone()));
        let now = Instant::now();
        Self {
            caller,
            socket,
            outbox,
            queue,
            cut,
            closing,
            ended,
            _hold: hold,
            follows: HashMap::new(),
            heard_at: now,
            frames: 0,
            frames_since: now,
            subscriptions_paid: now,
            _admission: admission,
        }
    }

    async fn run(mut self) {
        let end = match self.serve().await {
            Ok(()) => End::Left,
            Err(end) => end,
        };
        self.follows.clear();
        let (code, again) = match end {
            End::Left | End::Lost => return,
            End::Closing => (1001, true),
            End::Policy => (1008, false),
            End::Again => (1013, true),
        };
        // Said if it can be: a connection that can't keep up may hear nothing at all.
        let bye = encode(&ServerFrame::Bye { again });
        let farewell = async {
            let _ = self.socket.send(Message::Text(bye)).await;
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
            let _ = self.socket.send(Message::Close(Some(frame))).await;
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn serve(&mut self) -> Result<(), End> {
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        let mut waiting = Vec::with_capacity(QUEUE);
        loop {
            // In this order, so that what a page has said is heard before it is held to be silent:
            // this program may have been held up itself.
            tokio::select! {
                biased;
                () = self.cut.cancelled() => return Err(End::Again),
                () = self.closing.cancelled() => return Err(End::Closing),
                () = self.ended.cancelled() => return Err(End::Again),
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        self.heard_at = Instant::now();
                        self.count_frame()?;
                        match message {
                            Message::Text(text) => self.heard(&text).await?,
                            Message::Ping(_) | Message::Pong(_) => {}
                            Message::Close(_) => return Ok(()),
                            Message::Binary(_) => return Err(End::Policy),
                        }
                    }
                    // A frame is too large, or the line broke; then nobody hears the farewell.
                    Some(Err(_)) => return Err(End::Policy),
                    None => return Ok(()),
                },
                _ = pings.tick() => {
                    let mut messages = Vec::with_capacity(2);
                    if count % PINGS_A_BEAT == 0 {
                        let beat = encode(&ServerFrame::Beat { now: clock::now() });
                        messages.push(Message::Text(beat));
                    }
                    messages.push(Message::Ping(Bytes::new()));
                    count += 1;
                    self.write(messages).await?;
                }
                _ = self.queue.recv_many(&mut waiting, QUEUE) => {
                    self.deliver(&mut waiting).await?;
                }
                () = sleep_until(self.heard_at + SILENCE) => return Err(End::Lost),
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
        let venue = &self.caller.venue;
        let now = Instant::now();
        let paid = self.subscriptions_paid.max(now) + SUBSCRIPTION / venue.config.limit_scale;
        let wait = paid.saturating_duration_since(now + SUBSCRIPTION * SUBSCRIPTIONS);
        if !wait.is_zero() {
            return Err(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1));
        }
        venue.limits.check(Limit::Subscribe, by_address(self.caller.address))?;
        self.subscriptions_paid = paid;
        Ok(())
    }

    /// Does what a page says.
    async fn heard(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text).map_err(|_| End::Policy)? {
            ClientFrame::Subscribe { topic, after, token } => {
                // Given up first: who subscribes anew is one follower, and one in the crowd.
                self.follows.remove(&topic);
                if self.follows.len() >= MOST_TOPICS {
                    return Err(End::Policy);
                }
                if let Err(retry_after) = self.count_subscription() {
                    return self.refuse(topic, Refusal::TooMany { retry_after }).await;
                }
                let asked_at = Instant::now();
                let begun =
                    Follow::begin(&self.caller, topic, after, token, &self.outbox, &self.ended)
                        .await;
                // What the database took was not the page's silence.
                self.heard_at += asked_at.elapsed();
                match begun {
                    Ok(Beginning { follow, frames }) => {
                        self.follows.insert(topic, follow);
                        self.write(frames.into_iter().map(Message::Text).collect()).await
                    }
                    Err(why) => self.refuse(topic, why).await,
                }
            }
            ClientFrame::Unsubscribe { topic } => {
                self.follows.remove(&topic);
                Ok(())
            }
            ClientFrame::Gesture { show, gesture } => {
                // From who isn't there it is dropped, as is too much of it.
                let follow = self.follows.get(&Topic::Show(show));
                if let Some(attendance) = follow.and_then(Follow::attendance) {
                    attendance.gesture(gesture);
                }
                Ok(())
            }
        }
    }

    /// Sends what waited in the queue, with one write for all.
    async fn deliver(&mut self, waiting: &mut Vec<Outgoing>) -> Result<(), End> {
        let mut frames = Vec::with_capacity(waiting.len());
        for outgoing in waiting.drain(..) {
            match outgoing {
                Outgoing::Events { topic, first, last, ends, text } => {
                    let Some(follow) = self.follows.get_mut(&topic) else { continue };
                    let venue = &self.caller.venue;
                    if let Err(error) = follow.events(venue, first, last, text, &mut frames).await {
                        tracing::warn!(%topic, %error, "the event log can't be read");
                        return Err(End::Again);
                    }
                    if ends {
                        self.follows.remove(&topic);
                        frames.push(encode(&ServerFrame::Refused { topic, why: Refusal::Gone }));
                    }
                }
                Outgoing::Ephemeral { subscription, text } => {
                    if self.follows.values().any(|follow| follow.number() == subscription) {
                        frames.push(text);
                    }
                }
            }
        }
        self.write(frames.into_iter().map(Message::Text).collect()).await
    }

    async fn refuse(&mut self, topic: Topic, why: StageError) -> Result<(), End> {
        let frame = encode(&ServerFrame::Refused { topic, why });
        self.write(vec![Message::Text(frame)]).await
    }

    /// Writes `messages` at once. A page that takes nothing is cut as soon as its queue is full, or
    /// it was silent for too long.
    async fn write(&mut self, messages: Vec<Message>) -> Result<(), End> {
        if messages.is_empty() {
            return Ok(());
        }
        let silent = (self.heard_at + SILENCE).max(Instant::now() + LEAST_WRITE);
        let writing = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        tokio::select! {
            biased;
            written = writing => written.map_err(|_: axum::Error| End::Lost),
            () = self.cut.cancelled() => Err(End::Again),
            () = sleep_until(silent) => Err(End::Lost),
        }
    }
}
