//! Reading of frames: a part of the program of its own, which comes while the connection is made. A page is
//! alive without it.

use bandstand_domain::channel::{ServerFrame, Topic};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen_futures::spawn_local;

use super::{
    super::{
        Incoming,
        follower::Handler,
        frames::{ReceivedFrame, read},
    },
    Connection, Shared,
};

/// The most frames that wait for the part that reads them; when more come, the connection begins anew.
const MAX_UNREAD: usize = 256;

/// Reads a frame, and does what it says.
pub(super) type Read = fn(&Shared, &str);

#[wasm_split(channel, wasm_split_path = ::leptos::wasm_split, fallible)]
fn reading() -> Result<Read, SplitLoaderError> {
    Ok(Connection::heard)
}

impl Connection {
    /// Loads what reads frames; a connection to which it doesn't come is as good as broken.
    pub(super) fn learn_to_read(connection: Shared, attempt: u32) {
        spawn_local(async move {
            let learnt = reading().await;
            let unread = {
                let mut this = connection.borrow_mut();
                match learnt {
                    Ok(read) => this.read = Some(read),
                    Err(_) if this.attempt == attempt => {
                        drop(this);
                        return Self::wait(&connection);
                    }
                    Err(_) => return,
                }
                std::mem::take(&mut this.unread)
            };
            for text in unread {
                Self::came(&connection, text);
            }
        });
    }

    /// A frame came: it is read at once, or as soon as it can be.
    pub(super) fn came(connection: &Shared, text: String) {
        let mut this = connection.borrow_mut();
        this.heard_at = js_sys::Date::now();
        if let Some(read) = this.read {
            drop(this);
            return read(connection, &text);
        }
        this.unread.push(text);
        if this.unread.len() > MAX_UNREAD {
            drop(this);
            Self::wait(connection);
        }
    }

    fn heard(connection: &Shared, text: &str) {
        let mut broken = false;
        // Handlers are called when the connection is no longer borrowed: they may follow and unfollow.
        let mut calls: Vec<(Handler, Incoming)> = Vec::new();
        match read(text) {
            Some(ReceivedFrame::Frame(ServerFrame::Beat { now })) => {
                let mut this = connection.borrow_mut();
                this.backoff.reset();
                this.clock.set(Some(now.0 - js_sys::Date::now() as i64));
            }
            Some(ReceivedFrame::Frame(ServerFrame::Subscribed { topic, cursor, reset })) => {
                let mut this = connection.borrow_mut();
                for follower in this.followers.iter_mut().filter(|it| it.topic == topic) {
                    follower.refusals = 0;
                    follower.cursor.subscribed(cursor, reset.is_some());
                    let incoming = Incoming::Subscribed { reset: reset.clone() };
                    calls.push((follower.handler.clone(), incoming));
                }
            }
            Some(ReceivedFrame::Events { topic, cursor, events }) => {
                let mut this = connection.borrow_mut();
                for follower in this.followers.iter_mut().filter(|it| it.topic == topic) {
                    let Ok(events) = follower.cursor.take(cursor, events.clone()) else {
                        broken = true;
                        continue;
                    };
                    for event in events.into_iter().flatten() {
                        calls.push((follower.handler.clone(), Incoming::Event(event)));
                    }
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::Crowd(crowd))) => {
                for follower in connection.borrow().at(crowd.show) {
                    calls.push((follower.handler.clone(), Incoming::Crowd(crowd.clone())));
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::CrowdChange(change))) => {
                for follower in connection.borrow().at(change.show) {
                    calls.push((follower.handler.clone(), Incoming::CrowdChange(change.clone())));
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::Notices { show, notices })) => {
                for follower in connection.borrow().of(Topic::Show(show)) {
                    calls.push((follower.handler.clone(), Incoming::Notices(notices.clone())));
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::Playing { show, title })) => {
                for follower in connection.borrow().of(Topic::Show(show)) {
                    calls.push((follower.handler.clone(), Incoming::Playing(title.clone())));
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::ChatNews { place, news })) => {
                for follower in connection.borrow().of(place.into()) {
                    calls.push((follower.handler.clone(), Incoming::Chat(news.clone())));
                }
            }
            Some(ReceivedFrame::Frame(ServerFrame::Refused { topic, why })) => {
                let attempt = connection.borrow().attempt;
                Self::refused(connection, attempt, topic, why);
            }
            Some(ReceivedFrame::Frame(ServerFrame::Bye { again })) => {
                if !again {
                    connection.borrow_mut().backoff.exhaust();
                }
                broken = true;
            }
            // Events have their own arm above; a frame of a newer venue is passed over.
            Some(ReceivedFrame::Frame(ServerFrame::Events { .. })) | None => {}
        }
        for (handler, incoming) in calls {
            handler(incoming);
        }
        if broken {
            Self::wait(connection);
        }
    }
}
