//! The program as a process of its own, killed while it records: at most a second is lost.
//!
//! `BANDSTAND_KILLS` says how often; `./bandstand soak recordings` does it fifty times.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    fs, io,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bandstand_domain::{Millis, Secret, ShowId, recordings::Recording, stage::StageReason};
use bandstand_server::{clock, config::Config};
use bandstand_synthetic::{Content, SyntheticPublisher};
use bytes::Bytes;
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::{StatusCode, header};
use serde_json::json;
use tokio::time::{interval, sleep, timeout};

use crate::support::app::{TestApp, User};

const TONE_MP3: &[u8] = include_bytes!("../radio/fixtures/tone.mp3");
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most of a show that is lost with the program, in milliseconds.
const MOST_LOST: i64 = 1_000;

/// The program; killed when this is dropped.
struct Process(Child);

impl Process {
    /// Opens the venue of `config`, and waits until it answers.
    async fn open(config: &Config, url: &str) -> Self {
        let database =
            config.database_url.as_ref().map(|it| ("BANDSTAND_DATABASE_URL", it.reveal()));
        let child = Command::new(env!("CARGO_BIN_EXE_bandstand"))
            .envs(database)
            .args(["--listen", &config.listen.to_string(), "--media", "127.0.0.1:0"])
            .args(["--limit-scale", "1000"])
            .arg("--data")
            .arg(&config.data)
            .arg("--site")
            .arg(&config.site)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Self(child);
        let answers = async {
            while reqwest::get(format!("{url}/healthz")).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, answers).await.expect("the venue opens");
        process
    }

    /// As `kill -9`.
    fn kill(mut self) -> Millis {
        self.0.kill().unwrap();
        let now = clock::now();
        self.0.wait().unwrap();
        now
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Goes on the stage of a show.
async fn publish(artist: &User, show: ShowId) -> SyntheticPublisher {
    let token = artist.stage(show).await.unwrap().token;
    SyntheticPublisher::connect(Content::default(), async |offer: String| {
        let answer = reqwest::Client::new()
            .post(format!("{}/whip/{show}", artist.url))
            .header(header::CONTENT_TYPE, "application/sdp")
            .bearer_auth(token.reveal())
            .body(offer)
            .send()
            .await?;
        answer.error_for_status()?.text().await
    })
    .await
    .unwrap()
}

/// Sends MP3 to a show as it is heard, until the venue is gone.
fn send(artist: &User, show: ShowId, key: &Secret) {
    let quarters = TONE_MP3.chunks(TONE_MP3.len().div_ceil(4)).cycle();
    let due = interval(Duration::from_millis(250));
    let sound = futures::stream::unfold((quarters, due), |(mut quarters, mut due)| async move {
        due.tick().await;
        Some((Ok::<_, io::Error>(Bytes::from_static(quarters.next()?)), (quarters, due)))
    });
    let request = reqwest::Client::new()
        .put(format!("{}/radio/{show}", artist.url))
        .basic_auth("source", Some(key.reveal()))
        .header(header::CONTENT_TYPE, "audio/mpeg")
        .body(reqwest::Body::wrap_stream(sound));
    // It is cut off.
    tokio::spawn(async move { drop(request.send().await) });
}

/// Files that lie in the data folder, by name.
fn local(config: &Config) -> HashMap<OsString, u64> {
    let files = fs::read_dir(config.data.join("recordings")).into_iter().flatten().flatten();
    files.map(|it| (it.file_name(), it.metadata().map_or(0, |it| it.len()))).collect()
}

/// Waits until so many bytes of a show are on the disk, in a file that wasn't there `before`.
async fn recorded(config: &Config, before: &HashMap<OsString, u64>, least: u64) {
    let written = async {
        while !local(config)
            .iter()
            .any(|(name, bytes)| !before.contains_key(name) && *bytes >= least)
        {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, written).await.expect("something is recorded");
}

#[tokio::test]
async fn at_most_a_second_of_a_recording_is_lost_with_the_program() {
    // 120 packets a second, of 1,000 bytes.
    kill_while_recorded(120, async |artist, show, _| Some(publish(artist, show).await)).await;
}

#[tokio::test]
async fn at_most_a_second_of_a_source_clients_sound_is_lost_with_the_program() {
    let begin = async |artist: &User, show, key: &Secret| {
        send(artist, show, key);
        None
    };
    kill_while_recorded(6, begin).await;
}

/// Kills the program again and again while it records what is begun anew each time, of about so many bytes a
/// millisecond, and looks at what is lost.
async fn kill_while_recorded(
    bytes: u64,
    begin: impl AsyncFn(&User, ShowId, &Secret) -> Option<SyntheticPublisher>,
) {
    let kills = env::var("BANDSTAND_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let mut random = StdRng::seed_from_u64(18);
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let key = artist.make_stream_key("Radio").await.unwrap().secret;
    let url = app.url.clone();
    let (config, folder) = app.close().await;
    let mut killed = Vec::new();
    for _ in 0..kills {
        let process = Process::open(&config, &url).await;
        let before = local(&config);
        let publisher = begin(&artist, show, &key).await;
        recorded(&config, &before, bytes * random.random_range(300..3_000)).await;
        // At any moment of a fragment.
        sleep(Duration::from_millis(random.random_range(0..1_000))).await;
        killed.push(process.kill());
        drop(publisher);
    }
    let app = TestApp::open(config, folder).await;
    let end: Result<(), _> =
        artist.call::<_, StageReason>("live/end", json!({ "show": show })).await;
    end.unwrap();
    let recording =
        artist.until_recording(show, |it| it.files.len() >= kills && all_stored(it)).await;
    assert_eq!(recording.files.len(), kills, "{:?}", recording.files);
    let mut lost = Vec::new();
    for (file, at) in recording.files.iter().zip(killed) {
        let end = recording.began_at.plus(i64::try_from(file.offset + file.duration).unwrap());
        lost.push(at.since(end));
        let bytes =
            artist.client.get(format!("{url}/recordings/{}", file.id)).send().await.unwrap();
        assert_eq!(bytes.status(), StatusCode::OK);
        let bytes = bytes.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, file.bytes);
        let whole = bandstand_recording::repair(io::Cursor::new(&bytes)).unwrap();
        assert_eq!(whole.duration.as_millis(), u128::from(file.duration));
    }
    let worst = lost.iter().copied().max().unwrap_or_default();
    println!("{kills} kills; lost in milliseconds: {lost:?}");
    assert!(worst <= MOST_LOST, "{lost:?}");
    app.stop().await;
}

fn all_stored(recording: &Recording) -> bool {
    recording.state == bandstand_domain::recordings::RecordingState::Draft
}
