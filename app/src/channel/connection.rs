//! Connection under the live channel: one WebSocket, its followers, heartbeat, and reconnection.

use std::{cell::RefCell, rc::Rc};

use bandstand_domain::{
    Refusal, Secret, ShowId,
    channel::{ClientFrame, Cursor, HEARTBEAT, Topic},
    stage::StageError,
};
use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::WebSocket;

use super::{
    ChannelState, Incoming, TokenSource,
    backoff::Backoff,
    cursor::TopicCursor,
    follower::{Follower, Handler},
    frames::address,
    is_transient, probe,
    returns::Returns,
    socket::Socket,
    wake::on_wake,
};

mod reading;

use reading::Read;

/// Milliseconds for which the connection stays up after the last follower left: a person going from page
/// to page keeps it.
const LINGER: u32 = 3_000;
/// Milliseconds between looks at whether the venue has fallen silent.
const WATCH: u32 = 2_000;
/// Fresh join tokens that are tried before a refusal is believed.
const MAX_TOKEN_RETRIES: u8 = 2;

type Shared = Rc<RefCell<Connection>>;

/// The page's connection to the venue.
pub struct Connection {
    state: RwSignal<ChannelState>,
    clock: RwSignal<Option<i64>>,
    socket: Option<Socket>,
    /// Counts the sockets, so that what was begun for one isn't finished on the next.
    attempt: u32,
    followers: Vec<Follower>,
    next_id: u32,
    backoff: Backoff,
    /// Reads frames, once it is loaded.
    read: Option<Read>,
    /// Frames that nothing could read yet.
    unread: Vec<String>,
    /// Time of the last frame, by this machine's clock (which, unlike the monotonic one, goes on
    /// while the machine sleeps).
    heard_at: f64,
    retry: Option<Timeout>,
    /// The venue is asked whether it is there, before a socket is tried.
    probing: bool,
    watchdog: Option<Interval>,
    /// Times that it has come back.
    pub returns: Returns,
    /// People who come back with this page.
    pub audience: u32,
}

impl Connection {
    /// A connection that is not up yet.
    pub fn new(state: RwSignal<ChannelState>, clock: RwSignal<Option<i64>>) -> Shared {
        let connection = Rc::new(RefCell::new(Self {
            state,
            clock,
            socket: None,
            attempt: 0,
            followers: Vec::new(),
            next_id: 0,
            backoff: Backoff::of_probes(),
            read: None,
            unread: Vec::new(),
            heard_at: 0.0,
            retry: None,
            probing: false,
            watchdog: None,
            returns: Returns::default(),
            audience: 0,
        }));
        Self::come_back_early(&connection);
        connection
    }

    /// Adds a follower, and connects when it is the first.
    pub fn follow(
        connection: &Shared,
        topic: Topic,
        after: Option<Cursor>,
        token: Option<TokenSource>,
        handler: Handler,
    ) -> u32 {
        let (id, shared, up, on_its_way) = {
            let mut this = connection.borrow_mut();
            let shared = this.followers.iter().any(|other| other.topic == topic);
            this.next_id += 1;
            let id = this.next_id;
            let cursor = TopicCursor::after(after);
            this.followers.push(Follower { id, topic, cursor, token, refusals: 0, handler });
            let on_its_way = this.socket.is_some() || this.retry.is_some() || this.probing;
            (id, shared, this.is_up(), on_its_way)
        };
        if up {
            if shared {
                connection.borrow().send(&ClientFrame::Unsubscribe { topic });
            }
            Self::subscribe(connection, topic);
        } else if !on_its_way {
            Self::connect(connection);
        }
        id
    }

    /// Removes a follower; its topic is left with the last one.
    pub fn unfollow(connection: &Shared, id: u32) {
        let mut this = connection.borrow_mut();
        let Some(index) = this.followers.iter().position(|other| other.id == id) else { return };
        let topic = this.followers.swap_remove(index).topic;
        if !this.followers.iter().any(|other| other.topic == topic) {
            this.send(&ClientFrame::Unsubscribe { topic });
        }
        if this.followers.is_empty() {
            let connection = connection.clone();
            Timeout::new(LINGER, move || {
                let mut this = connection.borrow_mut();
                if this.followers.is_empty() {
                    this.rest();
                    this.state.set(ChannelState::Connecting);
                }
            })
            .forget();
        }
    }

    /// Says something, when the connection is up.
    pub fn send(&self, frame: &ClientFrame) {
        if let Some(socket) = self.socket.as_ref().filter(|_| self.is_up())
            && let Ok(text) = serde_json::to_string(frame)
        {
            socket.send(&text);
        }
    }

    fn is_up(&self) -> bool {
        self.socket.as_ref().is_some_and(Socket::is_open)
    }

    fn hang_up(&mut self) {
        self.socket = None;
        self.watchdog = None;
        self.unread.clear();
        self.probing = false;
        self.attempt += 1;
    }

    fn connect(connection: &Shared) {
        let Some(socket) = address().and_then(|address| WebSocket::new(&address).ok()) else {
            return Self::wait(connection);
        };
        let mut this = connection.borrow_mut();
        this.rest();
        this.heard_at = js_sys::Date::now();

        this.socket = Some(Socket::listen(
            socket,
            {
                let connection = connection.clone();
                move || Self::opened(&connection)
            },
            {
                let connection = connection.clone();
                move |text: String| Self::came(&connection, text)
            },
            {
                let connection = connection.clone();
                move || Self::wait(&connection)
            },
        ));
        this.watchdog = Some(Interval::new(WATCH, {
            let connection = connection.clone();
            move || {
                let silence = js_sys::Date::now() - connection.borrow().heard_at;
                if silence > f64::from(2 * HEARTBEAT * 1_000) {
                    Self::wait(&connection);
                }
            }
        }));
        if this.read.is_none() {
            Self::learn_to_read(connection.clone(), this.attempt);
        }
    }

    /// The connection broke: waits, then connects anew as soon as the venue is there.
    fn wait(connection: &Shared) {
        let mut this = connection.borrow_mut();
        // The listeners of the broken socket may be on the stack: it is dropped after them.
        let broken = this.socket.take();
        Timeout::new(0, move || drop(broken)).forget();
        this.hang_up();
        if this.followers.is_empty() {
            return;
        }
        let millis = this.backoff.next(js_sys::Math::random());
        this.state.set(ChannelState::Broken);
        let again = connection.clone();
        this.retry = Some(Timeout::new(millis, move || Self::retry_now(&again)));
    }

    fn retry_now(connection: &Shared) {
        // The timer may be running: it is dropped after it.
        let timer = connection.borrow_mut().retry.take();
        if let Some(timer) = timer {
            Timeout::new(0, move || drop(timer)).forget();
            Self::probe(connection);
        }
    }

    fn probe(connection: &Shared) {
        let (attempt, audience) = {
            let mut this = connection.borrow_mut();
            this.probing = true;
            (this.attempt, this.audience)
        };
        let connection = connection.clone();
        spawn_local(async move {
            let is_there = probe::is_there(audience).await;
            if connection.borrow().attempt != attempt {
                return;
            }
            if is_there { Self::connect(&connection) } else { Self::wait(&connection) }
        });
    }

    /// Connects at once when the machine is online again or the page is looked at again.
    fn come_back_early(connection: &Shared) {
        let connection = connection.clone();
        on_wake(move || {
            if connection.borrow().retry.is_some() {
                connection.borrow_mut().backoff.reset();
                Self::retry_now(&connection);
            }
        });
    }

    /// Lets go of the socket and of what would make another, as when the browser keeps the page for "back".
    pub fn rest(&mut self) {
        self.hang_up();
        self.retry = None;
    }

    /// Connects after a rest.
    pub fn wake(connection: &Shared) {
        if !connection.borrow().followers.is_empty() {
            Self::connect(connection);
        }
    }

    fn opened(connection: &Shared) {
        let mut topics: Vec<Topic> = {
            let mut this = connection.borrow_mut();
            if this.state.get_untracked() == ChannelState::Broken {
                this.returns.count();
            }
            this.state.set(ChannelState::Open);
            this.followers.iter().map(|follower| follower.topic).collect()
        };
        topics.sort_unstable();
        topics.dedup();
        for topic in topics {
            Self::subscribe(connection, topic);
        }
    }

    /// Follows `topic` from where its followers stand; from the present when one of them has none.
    fn subscribe(connection: &Shared, topic: Topic) {
        let (attempt, source) = {
            let this = connection.borrow();
            let source = this.of(topic).find_map(|follower| follower.token.clone());
            (this.attempt, source)
        };
        let connection = connection.clone();
        let Some(source) = source else {
            return connection.borrow().ask(attempt, topic, None);
        };
        spawn_local(async move {
            match source.fetch().await {
                Ok(token) => connection.borrow().ask(attempt, topic, Some(token)),
                Err(why) => Self::refused(&connection, attempt, topic, why),
            }
        });
    }

    fn ask(&self, attempt: u32, topic: Topic, token: Option<Secret>) {
        // `None` sorts before every cursor.
        let after = self.of(topic).map(|follower| follower.cursor.get()).min();
        if let Some(after) = after.filter(|_| self.attempt == attempt) {
            self.send(&ClientFrame::Subscribe { topic, after, token });
        }
    }

    fn of(&self, topic: Topic) -> impl Iterator<Item = &Follower> {
        self.followers.iter().filter(move |follower| follower.topic == topic)
    }

    /// Those who see the crowd of a show, from within or from its door.
    fn at(&self, show: ShowId) -> impl Iterator<Item = &Follower> {
        self.of(Topic::Show(show)).chain(self.of(Topic::Door(show)))
    }

    /// A subscription failed: tries again where that may help, else tells the followers.
    fn refused(connection: &Shared, attempt: u32, topic: Topic, why: StageError) {
        let mut tries = 0;
        {
            let mut this = connection.borrow_mut();
            if this.attempt != attempt {
                return;
            }
            for follower in this.followers.iter_mut().filter(|it| it.topic == topic) {
                follower.refusals = follower.refusals.saturating_add(1);
                tries = follower.refusals;
            }
        }
        let stale = matches!(why, Refusal::NotLoggedIn | Refusal::Forbidden);
        if is_transient(&why) || (stale && tries <= MAX_TOKEN_RETRIES) {
            let mut backoff = Backoff::default();
            let mut millis = (0..tries).map(|_| backoff.next(js_sys::Math::random())).last();
            if let Refusal::TooMany { retry_after } = why {
                millis = Some(retry_after.saturating_mul(1_000));
            }
            let connection = connection.clone();
            Timeout::new(millis.unwrap_or(0), move || {
                if connection.borrow().attempt == attempt {
                    Self::subscribe(&connection, topic);
                }
            })
            .forget();
        } else {
            let handlers: Vec<Handler> = {
                let mut this = connection.borrow_mut();
                let handlers = this.of(topic).map(|it| it.handler.clone()).collect();
                this.followers.retain(|follower| follower.topic != topic);
                handlers
            };
            for handler in handlers {
                handler(Incoming::Refused(why.clone()));
            }
        }
    }
}
