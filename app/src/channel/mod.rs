//! The live channel: one WebSocket per page, shared by all that follows something.
//!
//! It connects when the first topic is followed, comes back by itself when the connection breaks, and
//! then asks each topic for what came after the last event heard. On the server it does nothing.

pub(crate) mod backoff;
pub(crate) mod clock;
mod connection;
mod cursor;
mod follower;
mod frames;
mod note;
mod probe;
mod returns;
mod socket;
mod wake;

use std::{cell::RefCell, future::Future, pin::Pin, rc::Rc};

use bandstand_domain::{
    Refusal, Secret, ShowId,
    channel::{ClientFrame, Cursor, Event, Notice, Snapshot, Topic},
    crowd::{CrowdChange, CrowdSnapshot, Gesture},
    stage::StageError,
};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};

use connection::Connection;
pub use note::ChannelNote;

use crate::web;

/// State of the channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelState {
    /// On the way for the first time; also before anything is followed.
    #[default]
    Connecting,
    /// Connected.
    Open,
    /// The connection is broken, until it is up again: also during the attempts between.
    Broken,
}

/// Message for a follower of a topic.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The topic is followed (again); what was missed follows. With `reset`, what the page knew is
    /// void and this is the present.
    Subscribed {
        /// The present.
        reset: Option<Box<Snapshot>>,
    },
    /// A durable event, each once and in order.
    Event(Event),
    /// All who are present at the show.
    Crowd(CrowdSnapshot),
    /// Changes in the crowd.
    CrowdChange(CrowdChange),
    /// Problems of what the artist sends.
    Notices(Vec<Notice>),
    /// Title that plays now; empty when nothing is known.
    Playing(String),
    /// Something of the moment in the chat.
    Chat(bandstand_domain::chat::ChatNews),
    /// The topic is not, or no longer, followed; nothing more will come.
    Refused(StageError),
}

type Fetched = Pin<Box<dyn Future<Output = Result<Secret, StageError>>>>;

/// Fetches a join token. Asked anew for each subscription: a token is good for one.
#[derive(Clone)]
pub struct TokenSource(Rc<dyn Fn() -> Fetched>);

impl TokenSource {
    /// A source out of an asynchronous closure.
    pub fn new<F>(fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<Secret, StageError>> + 'static,
    {
        Self(Rc::new(move || Box::pin(fetch())))
    }

    fn fetch(&self) -> Fetched {
        (self.0)()
    }
}

/// Handle of the page's live channel.
#[derive(Clone, Copy)]
pub struct Channel {
    state: RwSignal<ChannelState>,
    clock: RwSignal<Option<i64>>,
    connection: StoredValue<Option<SendWrapper<Rc<RefCell<Connection>>>>>,
}

impl Channel {
    /// Puts the page's channel into the context of the current owner and everything below.
    pub fn provide() -> Self {
        let channel = Self {
            state: RwSignal::default(),
            clock: RwSignal::new(None),
            connection: StoredValue::new(None),
        };
        if !cfg!(feature = "ssr") {
            let connection = Connection::new(channel.state, channel.clock);
            // No page with an open socket is eligible for being kept (bfcache).
            let (resting, waking) = (connection.clone(), connection.clone());
            web::on_page("pagehide", move || resting.borrow_mut().rest());
            web::on_page("pageshow", move || Connection::wake(&waking));
            channel.connection.set_value(Some(SendWrapper::new(connection)));
        }
        provide_context(channel);
        channel
    }

    /// The page's channel; one of the current owner's own where the page has none.
    pub fn expect() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Follows `topic` until the current owner is cleaned up. Without `after` it begins with the
    /// present; a show needs a `token`.
    pub fn follow(
        self,
        topic: Topic,
        after: Option<Cursor>,
        token: Option<TokenSource>,
        handler: impl Fn(Incoming) + 'static,
    ) {
        let Some(connection) = self.connection() else { return };
        let id = Connection::follow(&connection, topic, after, token, Rc::new(handler));
        on_cleanup(move || {
            if let Some(connection) = self.connection.try_get_value().flatten() {
                Connection::unfollow(&connection, id);
            }
        });
    }

    /// Moves one's own figure, when the channel is open; a gesture is of the moment, so it is never
    /// sent late.
    pub fn gesture(self, show: ShowId, gesture: Gesture) {
        if let Some(connection) = self.connection() {
            connection.borrow().send(&ClientFrame::Gesture { show, gesture });
        }
    }

    /// State of the channel.
    pub fn state(self) -> Signal<ChannelState> {
        self.state.into()
    }

    /// Milliseconds by which the venue's clock is ahead of this machine's, once it is known.
    pub fn clock(self) -> Signal<Option<i64>> {
        self.clock.into()
    }

    /// Says how many people are here with this page: should they all have to come back in the same moment, it
    /// takes its turn among them.
    pub fn set_audience(self, people: u32) {
        if let Some(connection) = self.connection() {
            connection.borrow_mut().audience = people;
        }
    }

    /// Number of times that it has come back after it was broken.
    pub fn returns(self) -> u32 {
        self.connection().map_or(0, |connection| connection.borrow().returns.so_far())
    }

    /// Waits until it has come back once more than the `seen` times that there were.
    pub async fn returned(self, seen: u32) {
        let told = self.connection().map(|it| it.borrow_mut().returns.after(seen));
        match told {
            // An error means that the page is gone, and all that waits with it.
            Some(told) => drop(told.await),
            None => std::future::pending().await,
        }
    }

    fn connection(self) -> Option<SendWrapper<Rc<RefCell<Connection>>>> {
        self.connection.try_get_value().flatten()
    }
}

/// Returns whether the same request may succeed a little later, so that a page keeps trying.
pub(crate) fn is_transient(why: &StageError) -> bool {
    use bandstand_domain::stage::StageReason;
    matches!(
        why,
        Refusal::TooMany { .. }
            | Refusal::Broken
            | Refusal::Unreachable
            | Refusal::Because(StageReason::Full)
    )
}
