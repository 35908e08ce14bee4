//! A page's live channel, as a test holds it.

use std::{collections::BTreeMap, time::Duration};

use bandstand_domain::{
    PersonId, Secret, ShowId,
    channel::{ClientFrame, Cursor, Event, Notice, ServerFrame, Snapshot, Topic},
    chat::{ChatEvent, ChatPlace, ChatReason},
    crowd::{ChosenLook, Figure, Gesture},
    stage::{JoinToken, PublishToken, StageError, StageEvent, StageReason, StageState},
};
use futures::{SinkExt, StreamExt, stream::SplitSink};
use reqwest::header;
use serde_json::json;
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};
use uuid::Uuid;

use super::app::{TestApp, User, draft};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open live channel. It is read at all times, as in a browser: whoever answers no ping is cut, however
/// busy the test is with something else.
pub struct Channel {
    socket: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>,
    read: mpsc::UnboundedReceiver<Result<Message, Error>>,
    /// Ends with the channel.
    reading: JoinSet<()>,
}

impl TestApp {
    /// Opens a live channel with a browser's cookies, from a page of `origin`, if it names one.
    pub async fn channel_from(&self, user: &User, origin: Option<&str>) -> Result<Channel, Error> {
        let address = format!("ws{}/live", self.url.strip_prefix("http").unwrap());
        let mut request = address.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.extend(origin.map(|origin| (header::ORIGIN, origin.parse().unwrap())));
        if let Some(cookie) = user.cookie() {
            headers.insert("cookie", cookie.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await?;
        let (socket, mut stream) = socket.split();
        let (tell, read) = mpsc::unbounded_channel();
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            while let Some(message) = stream.next().await {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Channel { socket, read, reading })
    }

    /// Opens a live channel as the venue's own pages do.
    pub async fn channel(&self, user: &User) -> Channel {
        self.channel_from(user, Some(&self.url)).await.unwrap()
    }

    /// Opens a live channel and follows a show from the present on.
    pub async fn follow(&self, user: &User, show: ShowId) -> Follower {
        let mut follower = Follower::new(self.channel(user).await, Topic::Show(show));
        let token = user.join(show).await.unwrap().token;
        follower.subscribe(Some(token)).await.unwrap();
        follower
    }

    /// An artist and their show.
    pub async fn artist_with_show(&self) -> (User, ShowId) {
        let artist = self.artist("ada").await;
        let show = artist.create(&draft("Songs for nobody", 1)).await.unwrap();
        (artist, show)
    }
}

impl User {
    pub async fn join(&self, show: ShowId) -> Result<JoinToken, StageError> {
        self.call("live/join", json!({ "show": show })).await
    }

    /// Comes in under a name, as who isn't anybody yet.
    pub async fn join_as(&self, show: ShowId, name: &str) -> Result<JoinToken, StageError> {
        self.call("live/join", json!({ "show": show, "name": name })).await
    }

    pub async fn stage(&self, show: ShowId) -> Result<PublishToken, StageError> {
        self.call("live/stage", json!({ "show": show })).await
    }

    /// Comes back to the stage, after a publication.
    pub async fn stage_again(&self, show: ShowId, had: i64) -> Result<PublishToken, StageError> {
        self.call("live/stage", json!({ "show": show, "had": had })).await
    }

    pub async fn pause(&self, show: ShowId, paused: bool) -> Result<(), StageError> {
        self.call("live/pause", json!({ "show": show, "paused": paused })).await
    }

    pub async fn end(&self, show: ShowId) -> Result<(), StageError> {
        self.call::<_, StageReason>("live/end", json!({ "show": show })).await
    }

    pub async fn reopen(&self, show: ShowId) -> Result<(), StageError> {
        self.call::<_, StageReason>("live/reopen", json!({ "show": show })).await
    }

    /// Posts a message under an identity of its own, which is answered.
    pub async fn say(&self, show: ShowId, text: &str) -> Uuid {
        let id = Uuid::new_v4();
        let arguments = json!({ "place": ChatPlace::Show(show), "id": id, "text": text });
        self.call::<(), ChatReason>("chat/post", arguments).await.unwrap();
        id
    }

    /// Posts a message anywhere, which may answer another.
    pub async fn say_in(
        &self,
        place: impl Into<ChatPlace>,
        text: &str,
        replies_to: Option<Uuid>,
    ) -> Uuid {
        let (place, id) = (place.into(), Uuid::new_v4());
        let arguments = json!({ "place": place, "id": id, "text": text, "replies_to": replies_to });
        self.call::<(), ChatReason>("chat/post", arguments).await.unwrap();
        id
    }

    pub fn person(&self) -> PersonId {
        self.viewer.as_ref().unwrap().person.clone()
    }
}

impl Channel {
    pub async fn say(&mut self, frame: &ClientFrame) {
        self.send(Message::text(serde_json::to_string(frame).unwrap())).await;
    }

    /// Sends a message, unless the venue has closed the channel: who reads is told.
    pub async fn send(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Reads no more, and stays open, as when a network is gone.
    pub fn fall_silent(&mut self) {
        self.reading.abort_all();
    }

    /// The next message of any kind; `None` once the connection is closed.
    pub async fn message(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.read.recv()).await.expect("a message in time")
    }

    pub async fn subscribe(&mut self, topic: Topic, after: Option<Cursor>, token: Option<Secret>) {
        self.say(&ClientFrame::Subscribe { topic, after, token }).await;
    }

    /// The next frame that isn't a beat; `None` once the venue closes, with its close code.
    pub async fn next(&mut self) -> Result<ServerFrame, Option<u16>> {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text).unwrap() {
                    ServerFrame::Beat { .. } => {}
                    frame => return Ok(frame),
                },
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|it| it.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}

/// A page that follows one topic, and keeps what it hears. It insists that events come in order,
/// without a gap and each once.
pub struct Follower {
    pub channel: Channel,
    pub topic: Topic,
    pub cursor: Option<Cursor>,
    pub events: Vec<Event>,
    pub present: Option<Snapshot>,
    pub crowd: BTreeMap<PersonId, String>,
    /// Looks that people in the crowd have chosen.
    pub looks: BTreeMap<PersonId, ChosenLook>,
    pub count: u32,
    pub peak: u32,
    pub likes: u64,
    pub gestures: Vec<(PersonId, Gesture)>,
    pub notices: Vec<Notice>,
    pub title: String,
}

impl Follower {
    pub fn new(channel: Channel, topic: Topic) -> Self {
        Self {
            channel,
            topic,
            cursor: None,
            events: Vec::new(),
            present: None,
            crowd: BTreeMap::new(),
            looks: BTreeMap::new(),
            count: 0,
            peak: 0,
            likes: 0,
            gestures: Vec::new(),
            notices: Vec::new(),
            title: String::new(),
        }
    }

    /// Follows from where it stands.
    pub async fn subscribe(&mut self, token: Option<Secret>) -> Result<(), StageError> {
        self.channel.subscribe(self.topic, self.cursor, token).await;
        match self.channel.next().await.expect("the channel stays open") {
            ServerFrame::Subscribed { topic, cursor, reset } => {
                assert_eq!(topic, self.topic);
                match reset {
                    Some(present) => self.present = Some(*present),
                    None => assert_eq!(Some(cursor), self.cursor),
                }
                self.cursor = Some(cursor);
                Ok(())
            }
            ServerFrame::Refused { topic, why } => {
                assert_eq!(topic, self.topic);
                Err(why)
            }
            other => panic!("neither followed nor refused: {other:?}"),
        }
    }

    /// Hears one frame; the refusal when the topic ends.
    pub async fn hear(&mut self) -> Result<(), StageError> {
        match self.channel.next().await.expect("the channel stays open") {
            ServerFrame::Events { topic, cursor, events } => {
                assert_eq!(topic, self.topic);
                let before = cursor.0 - i64::try_from(events.len()).unwrap();
                assert_eq!(Some(Cursor(before)), self.cursor, "no gap and nothing twice");
                self.cursor = Some(cursor);
                self.events.extend(events);
            }
            ServerFrame::Crowd(snapshot) => {
                self.looks.clear();
                self.see(&snapshot.figures);
                self.crowd = snapshot.figures.into_iter().map(|it| (it.person, it.name)).collect();
                self.count = snapshot.count.unwrap_or(u32::try_from(self.crowd.len()).unwrap());
                self.peak = snapshot.peak;
                self.likes = snapshot.likes;
            }
            ServerFrame::CrowdChange(change) => {
                self.see(&change.came);
                self.crowd.extend(change.came.into_iter().map(|it| (it.person, it.name)));
                for person in &change.left {
                    self.crowd.remove(person);
                }
                self.gestures.extend(change.gestures);
                self.count = change.count;
                self.peak = change.peak;
                self.likes = change.likes;
                if matches!(self.topic, Topic::Show(_)) {
                    assert_eq!(usize::try_from(self.count), Ok(self.crowd.len()));
                }
            }
            ServerFrame::Notices { show, notices } => {
                assert_eq!(Topic::Show(show), self.topic);
                self.notices = notices;
            }
            ServerFrame::Playing { show, title } => {
                assert_eq!(Topic::Show(show), self.topic);
                self.title = title;
            }
            ServerFrame::Refused { topic, why } => {
                assert_eq!(topic, self.topic);
                return Err(why);
            }
            other => panic!("unexpected: {other:?}"),
        }
        Ok(())
    }

    fn see(&mut self, figures: &[Figure]) {
        for figure in figures {
            match figure.look {
                Some(look) => self.looks.insert(figure.person.clone(), look),
                None => self.looks.remove(&figure.person),
            };
        }
    }

    /// Hears until `condition` holds.
    pub async fn until(&mut self, condition: impl Fn(&Self) -> bool) {
        while !condition(self) {
            self.hear().await.expect("the topic goes on");
        }
    }

    /// Checks that a gesture of the only other one, who leaves then, is shown to nobody: what is said afterwards
    /// is heard afterwards.
    pub async fn sees_no_gesture_of(&mut self, mut other: Self, gesture: &ClientFrame) {
        other.channel.say(gesture).await;
        self.until(|it| it.count == 2).await;
        drop(other);
        self.until(|it| it.count == 1).await;
        assert!(self.gestures.is_empty());
    }

    /// Hears until the stage is told to be like this; answers since when and which publication.
    pub async fn until_stage(&mut self, state: StageState) -> (Option<i64>, i64) {
        loop {
            let told = self.events.iter().rev().find_map(|event| match event {
                Event::Stage(StageEvent::Changed { state, publication, live_since, .. }) => {
                    Some((*state, live_since.map(|at| at.0), *publication))
                }
                _ => None,
            });
            match told {
                Some((told, since, publication)) if told == state => return (since, publication),
                _ => self.hear().await.expect("the topic goes on"),
            }
        }
    }

    /// The texts of all messages it was told, in the present and by events.
    pub fn texts(&self) -> Vec<&str> {
        let known = match &self.present {
            Some(Snapshot::Show { chat, .. } | Snapshot::Room { chat, .. }) => {
                chat.messages.as_slice()
            }
            _ => &[],
        };
        let told = self.events.iter().filter_map(|event| match event {
            Event::Chat(ChatEvent::Posted { message }) => Some(message),
            _ => None,
        });
        known.iter().chain(told).map(|message| message.text.as_str()).collect()
    }
}

/// Hears until the venue ends the channel.
pub async fn until_cut(mut follower: Follower) {
    loop {
        match follower.channel.next().await {
            Ok(ServerFrame::Bye { again }) => assert!(again),
            Ok(_) => {}
            Err(code) => return assert_eq!(code, Some(1013)),
        }
    }
}
