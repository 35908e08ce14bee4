//! Recordings of what source clients send, as it comes.

use std::{fs, process::Command, time::Duration};

use bandstand_domain::{
    ShowId,
    recordings::{RecordedFile, Recording, RecordingState},
    stage::StageState,
};
use tokio::time::{sleep, timeout};

use super::{ONE_OPUS, OnAir, PATIENCE, RATE48_MP3, Source, TONE_MP3, venue};
use crate::support::app::User;

const TONE_AAC: &[u8] = include_bytes!("../../radio/fixtures/tone.aac");
const ONE_VORBIS: &[u8] = include_bytes!("../../radio/fixtures/one.ogg");

const MP3: &str = "audio/mp4; codecs=\"mp3\"";
const AAC: &str = "audio/mp4; codecs=\"mp4a.40.2\"";
const OPUS: &str = "audio/mp4; codecs=\"opus\"";

fn types(recording: &Recording) -> Vec<&str> {
    recording.files.iter().map(|it| it.media_type.as_str()).collect()
}

impl User {
    /// Codec, rate and duration of a file, by FFmpeg, which decodes all of it without a word.
    async fn probe(&self, file: &RecordedFile) -> (String, f64) {
        let answer = self.file(&format!("/recordings/{}", file.id), None).await;
        assert_eq!(answer.headers()["content-type"], "audio/mp4");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.m4a");
        fs::write(&path, answer.bytes().await.unwrap()).unwrap();
        let run = |program: &str, arguments: &[&str], rest: &[&str]| {
            let mut command = Command::new(program);
            let ran = command.args(arguments).arg(&path).args(rest).output().unwrap();
            let complaints = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success() && complaints.is_empty(), "{complaints}");
            String::from_utf8(ran.stdout).unwrap()
        };
        run("ffmpeg", &["-v", "error", "-xerror", "-i"], &["-f", "null", "-"]);
        let entries = "stream=codec_name,sample_rate:format=duration";
        let arguments = ["-v", "error", "-of", "csv=p=0", "-show_entries", entries];
        let said = run("ffprobe", &arguments, &[]);
        let (stream, duration) = said.trim().split_once('\n').unwrap();
        (stream.to_owned(), duration.trim().parse().unwrap())
    }
}

impl Source {
    /// Goes on sending until a recording is as wanted.
    async fn recorded(
        &self,
        sound: &'static [u8],
        (artist, show): (&User, ShowId),
        wanted: impl Fn(&Recording) -> bool,
    ) -> Recording {
        tokio::select! {
            recording = artist.until_recording(show, wanted) => recording,
            () = self.go_on(sound) => unreachable!(),
        }
    }
}

/// Tells whether half a second of this type was recorded last.
fn last_is(recording: &Recording, media_type: &str) -> bool {
    let last = recording.files.last();
    last.is_some_and(|it| it.media_type.starts_with(media_type) && it.duration > 500)
}

/// Ends the show, and gives its recording once it is stored.
async fn draft_of(artist: &User, show: ShowId) -> Recording {
    artist.end(show).await.unwrap();
    artist.until_recording(show, |it| it.state == RecordingState::Draft).await
}

#[tokio::test]
async fn what_a_source_client_sends_is_recorded_though_nobody_watches() {
    for (kind, sound, media_type, stream) in
        [("audio/mpeg", TONE_MP3, MP3, "mp3,44100"), ("audio/aac", TONE_AAC, AAC, "aac,44100")]
    {
        let app = venue().await;
        let OnAir { artist, show, source, .. } = app.on_air(kind, sound).await;
        artist.record(show, true).await;
        let recording = source.recorded(sound, (&artist, show), |it| it.duration > 2_000).await;
        let file = &recording.files[0];
        assert_eq!(types(&recording), [media_type]);
        assert_eq!((file.size, file.has_sound), (None, true));
        assert!(artist.show(show).await.unwrap().recorded);
        assert_eq!(app.in_core().await, (0, 0), "nothing is made of it");
        assert_eq!(app.running.venue.radio.transcodings(), 0);
        let draft = draft_of(&artist, show).await;
        let (found, duration) = artist.probe(&draft.files[0]).await;
        assert_eq!(found, stream);
        assert!((duration - draft.files[0].duration as f64 / 1_000.0).abs() < 0.03, "{duration}");
        source.dismissed().await;
        app.stop().await;
    }
}

#[tokio::test]
async fn opus_is_recorded_as_it_comes_and_vorbis_is_encoded_once() {
    for (sound, transcodings) in [(ONE_OPUS, 0), (ONE_VORBIS, 1)] {
        let app = venue().await;
        let OnAir { artist, show, source, .. } = app.on_air("audio/ogg", sound).await;
        artist.record(show, true).await;
        let recording = source.recorded(sound, (&artist, show), |it| it.duration > 1_000).await;
        assert_eq!(types(&recording), [OPUS]);
        assert_eq!(app.running.venue.radio.transcodings(), transcodings);
        let draft = draft_of(&artist, show).await;
        assert_eq!(types(&draft), [OPUS], "once");
        assert_eq!(artist.probe(&draft.files[0]).await.0, "opus,48000");
        source.dismissed().await;
        app.stop().await;
    }
}

#[tokio::test]
async fn a_show_by_a_page_and_by_sources_is_one_recording() {
    let app = venue().await;
    let OnAir { artist, show, source, mut studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    // Viewers hear what is made of it, which isn't recorded once more.
    let viewer = app.watch(&artist, show).await.unwrap();
    source.heard_by(&viewer, 20, TONE_MP3).await;
    artist.record(show, true).await;
    source.recorded(TONE_MP3, (&artist, show), |it| it.duration > 1_000).await;
    let page = app.go_live(&artist, show).await;
    assert_eq!(source.dismissed().await.0, 409);
    let seen = viewer.until(|it| it.video.packets > 0);
    timeout(PATIENCE, seen).await.expect("the page");
    artist.until_recording(show, |it| last_is(it, "video/webm") && it.files.len() > 1).await;
    let key = artist.make_stream_key("Another").await.unwrap().secret;
    let second = app.source("/radio", &key, "audio/aac");
    second.send(TONE_AAC).await;
    page.publisher.ended().await;
    second.recorded(TONE_AAC, (&artist, show), |it| last_is(it, AAC)).await;
    // And on in another format.
    let key = artist.make_stream_key("A third").await.unwrap().secret;
    let third = app.source("/radio", &key, "audio/mpeg");
    third.send(RATE48_MP3).await;
    assert_eq!(second.dismissed().await.0, 409);
    third.heard_by(&viewer, 20, RATE48_MP3).await;
    third.recorded(RATE48_MP3, (&artist, show), |it| last_is(it, MP3) && it.files.len() > 3).await;
    studio.until_stage(StageState::Live).await;
    let draft = draft_of(&artist, show).await;
    let mut sent = types(&draft);
    // A busy machine may hold a source up for so long that another file begins.
    sent.dedup();
    assert_eq!(sent, [MP3, "video/webm; codecs=\"vp8,opus\"", AAC, MP3]);
    for two in draft.files.windows(2) {
        assert!(two[0].offset + two[0].duration <= two[1].offset + 400, "{:?}", draft.files);
    }
    assert_eq!(artist.probe(&draft.files[0]).await.0, "mp3,44100");
    assert_eq!(artist.probe(draft.files.last().unwrap()).await.0, "mp3,48000");
    third.dismissed().await;
    app.stop().await;
}

#[tokio::test]
async fn a_source_that_drops_and_comes_back_goes_on_in_the_recording() {
    let app = venue().await;
    let OnAir { artist, show, key, source, mut studio } = app.on_air("audio/mpeg", TONE_MP3).await;
    artist.record(show, true).await;
    source.recorded(TONE_MP3, (&artist, show), |it| it.duration > 1_000).await;
    assert_eq!(source.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    let closed = async {
        while app.count("SELECT COUNT(*) FROM recording_files WHERE state <> 'open'").await == 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, closed).await.expect("a file is closed after four seconds without sound");
    let before = artist.until_recording(show, |_| true).await.duration;
    let source = app.live_source(&mut studio, &key, "audio/mpeg", TONE_MP3).await;
    source
        .recorded(TONE_MP3, (&artist, show), |it| {
            it.files.len() > 1 && it.files.last().unwrap().duration > 0
        })
        .await;
    let draft = draft_of(&artist, show).await;
    let [one, other] = &draft.files[..] else { panic!("{:?}", draft.files) };
    assert!(one.offset + one.duration >= before, "{:?}", draft.files);
    // What the second one sends ahead at first is moved into the pause.
    let gap = other.offset.checked_sub(one.offset + one.duration);
    assert!(gap > Some(1_000), "{:?}", draft.files);
    for file in [one, other] {
        assert_eq!(artist.probe(file).await.0, "mp3,44100");
    }
    source.dismissed().await;
    app.stop().await;
}
