//! Sound over HTTP: source clients in, players out.

mod bridge;
mod listeners;
mod ogg;
mod personal;
mod programs;
mod proxies;
mod recorded;
mod relay;
mod source_port;
mod takeover;
mod tracklist;
mod transcoding;

use std::time::Duration;

use bandstand_domain::{
    Secret, ShowId,
    shows::{ShowDraft, ShowReason},
    stage::StageState,
};
use bandstand_server::config::Config;
use bytes::Bytes;
use reqwest::{Body, Client, Method, Response, header};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::support::{
    app::{TestApp, User, draft},
    channel::Follower,
};

const TONE_MP3: &[u8] = include_bytes!("../radio/fixtures/tone.mp3");
const MONO_MP3: &[u8] = include_bytes!("../radio/fixtures/mono.mp3");
/// Without a tag, which would tell a title.
const RATE48_MP3: &[u8] = include_bytes!("../radio/fixtures/rate48.mp3");
const LOW_AAC: &[u8] = include_bytes!("../radio/fixtures/low.aac");
const ONE_OPUS: &[u8] = include_bytes!("../radio/fixtures/one.opus");
const TWO_OPUS: &[u8] = include_bytes!("../radio/fixtures/two.opus");
/// The longest time for which a test waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// A venue with a port for sources.
async fn venue() -> TestApp {
    TestApp::configured(|config: &mut Config| {
        config.limit_scale = 1_000;
        config.radio_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await
}

/// A source client on the HTTP port, which sends what it is given in chunks.
struct Source {
    sound: mpsc::Sender<Bytes>,
    answer: JoinHandle<Response>,
}

impl Source {
    async fn send(&self, bytes: &'static [u8]) {
        // Who is refused takes no more.
        let _ = self.sound.send(Bytes::from_static(bytes)).await;
    }

    /// Status and text of the answer, once the venue ends it while the program would go on.
    async fn dismissed(self) -> (u16, String) {
        let answer = timeout(PATIENCE, self.answer).await.expect("an end").unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The same, once the venue or the program ends it.
    async fn ended(mut self) -> (u16, String) {
        // Its only sender: the body ends.
        self.sound = mpsc::channel(1).0;
        self.dismissed().await
    }
}

impl TestApp {
    fn source(&self, path: &str, key: &Secret, kind: &str) -> Source {
        let (sound, received) = mpsc::channel::<Bytes>(4);
        let stream = futures::stream::unfold(received, |mut received| async move {
            Some((Ok::<_, std::io::Error>(received.recv().await?), received))
        });
        let request = Client::new()
            .put(format!("{}{path}", self.url))
            .basic_auth("source", Some(key.reveal()))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::wrap_stream(stream));
        let answer = tokio::spawn(async move { request.send().await.unwrap() });
        Source { sound, answer }
    }

    /// A player.
    async fn listen(&self, show: ShowId, titles: bool) -> Response {
        self.listen_as(&show.to_string(), titles).await
    }

    /// A player of what is called so.
    async fn listen_as(&self, name: &str, titles: bool) -> Response {
        let mut request = Client::new().get(format!("{}/listen/{name}", self.url));
        if titles {
            request = request.header("Icy-MetaData", "1");
        }
        request.send().await.unwrap()
    }

    /// Sends a title, as DJ programs do; returns the status.
    async fn say_title(&self, key: &Secret, query: &str) -> u16 {
        let address = format!("{}/admin/metadata?{query}", self.url);
        let request = Client::new().get(address).basic_auth("source", Some(key.reveal()));
        request.send().await.unwrap().status().as_u16()
    }

    /// An artist's key and show.
    async fn keyed(&self) -> (User, ShowId, Secret) {
        let (artist, show) = self.artist_with_show().await;
        // Else its recording hears it, as a viewer would.
        artist.record(show, false).await;
        let key = artist.make_stream_key("Radio").await.unwrap().secret;
        (artist, show, key)
    }

    /// A show to which a source client sends this sound.
    async fn on_air(&self, kind: &str, sound: &'static [u8]) -> OnAir {
        let (artist, show, key) = self.keyed().await;
        let mut studio = self.follow(&artist, show).await;
        let source = self.live_source(&mut studio, &key, kind, sound).await;
        OnAir { artist, show, key, studio, source }
    }

    /// A source client that has come on stage with this sound.
    async fn live_source(
        &self,
        studio: &mut Follower,
        key: &Secret,
        kind: &str,
        sound: &'static [u8],
    ) -> Source {
        let source = self.source("/radio", key, kind);
        source.send(sound).await;
        studio.until_stage(StageState::Live).await;
        source
    }
}

impl User {
    /// Closes a show to guests, or opens it to them.
    async fn close_to_guests(&self, show: ShowId, closed: bool) {
        let kept: ShowDraft =
            self.call::<_, ShowReason>("shows/draft", json!({ "id": show })).await.unwrap();
        self.update(show, &ShowDraft { members_only: closed, ..kept }).await.unwrap();
    }
}

/// A show to which a source client sends.
struct OnAir {
    artist: User,
    show: ShowId,
    key: Secret,
    studio: Follower,
    source: Source,
}

/// Reads until so many bytes are there.
async fn heard(player: &mut Response, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let chunk = timeout(PATIENCE, player.chunk()).await.expect("sound in time").unwrap();
        bytes.extend_from_slice(&chunk.expect("the stream goes on"));
    }
    bytes
}

/// Reads until a title is told.
async fn until_title(player: &mut Response, title: &str) {
    let (wanted, mut bytes) = (format!("StreamTitle='{title}';"), Vec::new());
    while !String::from_utf8_lossy(&bytes).contains(&wanted) {
        bytes.extend(heard(player, 1).await);
    }
}

#[tokio::test]
async fn a_source_is_on_stage_and_heard_as_it_was_sent() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    assert_eq!(app.listen(show, false).await.status(), 404);
    let about = format!("/listen/{show}.json");
    assert_eq!(app.listen_path(&about).await, r#"{"type":null,"mp3":false,"webrtc":false}"#);

    let source = app.source(&format!("/radio/{show}"), &key, "audio/mpeg");
    source.send(TONE_MP3).await;
    studio.until_stage(StageState::Live).await;
    assert_eq!(app.listen_path(&about).await, r#"{"type":"audio/mpeg","mp3":true,"webrtc":false}"#);
    let mut player = app.listen(show, false).await;
    assert_eq!(
        (player.status().as_u16(), &player.headers()[header::CONTENT_TYPE]),
        (200, &"audio/mpeg".parse().unwrap())
    );
    source.send(TONE_MP3).await;
    let bytes = heard(&mut player, 6_000).await;
    // Frames of the file from its beginning on, without the tag before them.
    assert!(
        TONE_MP3.windows(1_000).any(|it| it == &bytes[..1_000]) && bytes.starts_with(&[0xff, 0xfb])
    );

    let playlist = app.listen_path(&format!("/listen/{show}.m3u")).await;
    assert!(playlist.contains(&format!("{}/listen/{show}.mp3\n", app.url)), "{playlist}");
    let playlist = app.listen_path(&format!("/listen/{show}.pls")).await;
    assert!(playlist.contains(&format!("File1={}/listen/{show}.mp3\n", app.url)), "{playlist}");

    assert_eq!(source.ended().await, (200, String::new()));
    studio.until_stage(StageState::Dropped).await;
    // Back before listeners have left.
    let source = app.live_source(&mut studio, &key, "audio/mpeg", TONE_MP3).await;
    heard(&mut player, 3_000).await;
    artist.end(show).await.unwrap();
    assert_eq!(source.dismissed().await.0, 409);
    timeout(PATIENCE, player.bytes()).await.expect("the end").unwrap();
    assert_eq!(app.listen(show, false).await.status(), 404);
    let (status, text) = app.source(&format!("/radio/{show}"), &key, "audio/mpeg").ended().await;
    assert_eq!((status, text.as_str()), (403, "The show is over.\n"));
    app.stop().await;
}

impl TestApp {
    async fn listen_path(&self, path: &str) -> String {
        let response = self.method(Method::GET, path).await;
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }
}

#[tokio::test]
async fn titles_come_from_the_stream() {
    let app = venue().await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("application/ogg", ONE_OPUS).await;
    let mut player = app.listen(show, true).await;
    assert_eq!(player.headers()[header::CONTENT_TYPE], "audio/ogg; codecs=opus");
    source.send(TWO_OPUS).await;
    source.send(ONE_OPUS).await;
    for title in ["Ada - One", "Björk - Two"] {
        until_title(&mut player, title).await;
    }
    drop(player);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn titles_come_beside_the_sound_in_either_spelling() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    assert_eq!(app.say_title(&key, "mode=updinfo&mount=/radio&song=Early").await, 404);
    let source = app.live_source(&mut studio, &key, "audio/mpeg", RATE48_MP3).await;
    let mut player = app.listen(show, true).await;
    let named = format!("mode=updinfo&mount=%2Fradio%2F{show}&artist=Bj%F6rk&title=J%F3ga");
    for (query, title) in [
        (named.as_str(), "Björk - Jóga"),
        ("mode=updinfo&mount=/radio&song=Ada+-+One", "Ada - One"),
    ] {
        assert_eq!(app.say_title(&key, query).await, 200);
        studio.until(|it| it.title == title).await;
        source.send(RATE48_MP3).await;
        until_title(&mut player, title).await;
    }
    assert_eq!(app.say_title(&Secret::new("bandstand_wrong"), &named).await, 401);
    assert_eq!(app.say_title(&key, "mode=kill&song=a").await, 400);
    let eve = app.artist("eve").await.make_stream_key("Eve's").await.unwrap().secret;
    assert_eq!(app.say_title(&eve, &named).await, 404, "nobody names another's title");
    drop(player);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn sources_are_refused_in_words_and_the_artist_is_told() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let path = format!("/radio/{show}");
    let tried = async |path: &str, key: &Secret, kind: &str, sound: &'static [u8]| {
        let source = app.source(path, key, kind);
        source.send(sound).await;
        source.ended().await
    };
    let wrong = tried(&path, &Secret::new("bandstand_x"), "audio/mpeg", TONE_MP3).await;
    assert_eq!((wrong.0, wrong.1.contains("not good")), (401, true));
    let (status, text) = tried(&path, &key, "audio/flac", b"fLaC").await;
    assert_eq!((status, text.contains("MP3, AAC-LC (ADTS), Ogg Opus and Ogg Vorbis")), (415, true));
    let (status, text) = tried(&path, &key, "audio/aacp", LOW_AAC).await;
    assert_eq!((status, text.contains("HE-AAC")), (415, true), "{text}");
    let (status, text) = tried(&path, &key, "audio/mpeg", b"<!DOCTYPE html><html></html>").await;
    assert_eq!((status, text.contains("The stream is text")), (415, true), "{text}");
    let source = app.source(&path, &key, "audio/mpeg");
    source.send(TONE_MP3).await;
    source.send(MONO_MP3).await;
    let (status, text) = source.ended().await;
    assert_eq!((status, text.contains("from 2 to 1 channels")), (415, true), "{text}");

    let mut studio = app.follow(&artist, show).await;
    studio.until(|it| it.notices.iter().any(|it| it.text.contains("changed in the midst"))).await;
    let later = artist.create(&draft("Much later", 9)).await.unwrap();
    let later = tried(&format!("/radio/{later}"), &key, "audio/mpeg", TONE_MP3).await;
    assert_eq!((later.0, later.1.contains("more than two hours")), (403, true));
    let eve = app.artist("eve").await;
    let foreign = eve.create(&draft("Not yours", 1)).await.unwrap();
    assert_eq!(tried(&format!("/radio/{foreign}"), &key, "audio/mpeg", TONE_MP3).await.0, 403);
    assert_eq!(tried("/radio/nonsense", &key, "audio/mpeg", TONE_MP3).await.0, 404);
    let unframed = Client::new().put(format!("{}{path}", app.url));
    let unframed = unframed.basic_auth("source", Some(key.reveal())).send().await.unwrap();
    assert_eq!(unframed.status(), 411);
    assert_eq!(app.method(Method::POST, &path).await.status(), 405);
    app.stop().await;
}

#[tokio::test]
async fn a_newer_source_takes_over_and_nobody_stops_listening() {
    let app = venue().await;
    let OnAir { artist, show, key, source: first, studio: _studio } =
        app.on_air("audio/mpeg", TONE_MP3).await;
    let other = artist.make_stream_key("Another").await.unwrap().secret;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 3_000).await;
    let second = app.source("/radio", &other, "audio/mpeg");
    second.send(TONE_MP3).await;
    assert_eq!(first.dismissed().await.0, 409);
    second.send(TONE_MP3).await;
    heard(&mut player, 3_000).await;
    // The first tries again, as such programs do.
    let (status, text) = app.source("/radio", &key, "audio/mpeg").ended().await;
    assert_eq!((status, text.contains("replaced this program")), (409, true), "{text}");
    // A page takes over from a source, and a source from a page.
    let page = app.go_live(&artist, show).await;
    assert_eq!(second.dismissed().await.0, 409);
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.audio.packets > 0).await;
    assert_eq!(viewer.figures().audio.foreign, 0);
    let third = artist.make_stream_key("A third").await.unwrap().secret;
    let source = app.source("/radio", &third, "audio/mpeg");
    source.send(TONE_MP3).await;
    page.publisher.ended().await;
    assert_eq!(app.listen(show, false).await.status(), 200);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_forgotten_source_ends_with_its_shows_time() {
    let app = venue().await;
    let OnAir { artist, show, key, mut studio, source } = app.on_air("audio/mpeg", TONE_MP3).await;
    let stages = &app.running.venue.stages;
    // For a quarter of an hour past the end, nothing happens.
    app.change("UPDATE shows SET ends_at = stage_at - 60000").await;
    stages.end_overdue().await.unwrap();
    assert_eq!(app.listen(show, false).await.status(), 200);
    app.change("UPDATE shows SET ends_at = ends_at - 900000").await;
    stages.end_overdue().await.unwrap();
    studio.until_stage(StageState::Ended).await;
    assert_eq!(source.dismissed().await.0, 409);

    // Unless the artist's next show begins.
    artist.reopen(show).await.unwrap();
    let source = app.source(&format!("/radio/{show}"), &key, "audio/mpeg");
    source.send(TONE_MP3).await;
    studio.until_stage(StageState::Live).await;
    app.change("UPDATE shows SET ends_at = stage_at - 60000").await;
    stages.end_overdue().await.unwrap();
    assert_eq!(app.listen(show, false).await.status(), 200);
    artist.create(&draft("The next one", 4)).await.unwrap();
    app.change("UPDATE shows SET starts_at = 0 WHERE title = 'The next one'").await;
    stages.end_overdue().await.unwrap();
    studio.until_stage(StageState::Ended).await;
    assert_eq!(source.dismissed().await.0, 409);
    app.stop().await;
}

#[tokio::test]
async fn a_revoked_key_ends_its_source() {
    let app = venue().await;
    let (artist, show) = app.artist_with_show().await;
    let made = artist.make_stream_key("Radio").await.unwrap();
    let mut studio = app.follow(&artist, show).await;
    let source = app.source("/radio", &made.secret, "audio/mpeg");
    source.send(TONE_MP3).await;
    studio.until_stage(StageState::Live).await;
    artist.revoke_stream_key(made.key.id).await.unwrap();
    assert_eq!(source.dismissed().await.0, 409);
    studio.until_stage(StageState::Dropped).await;
    assert_eq!(app.source("/radio", &made.secret, "audio/mpeg").ended().await.0, 401);
    let words = "“Radio”, was revoked. Make a new one, and put it there as the password";
    studio.until(|it| it.notices.iter().any(|it| it.text.contains(words))).await;
    app.stop().await;
}
