//! The MP3 of a recording, held against what other programs make of it.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use bandstand_domain::{
    Millis, ShowId,
    recordings::{
        Mp3State, RecordedMp3, Recording, RecordingFileId, RecordingForm, RecordingList,
        RecordingReason,
    },
};
use bandstand_radio::{OggPage, OggPageStart};
use bandstand_recording::{
    RecordedCodec, Recorder, RecorderOptions, RecorderOutput, RecorderPacket, RecordingContainer,
};
use bandstand_server::{clock, recordings};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{TestApp, User};

/// Milliseconds of a packet of sound.
const PACKET: u64 = 20;

/// Packets of a tone, of so many seconds.
fn tone(seconds: u64) -> Vec<Arc<[u8]>> {
    let source = format!("sine=f=440:r=48000:d={}", seconds + 1);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", &source, "-ac", "2", "-c:a", "libopus"]);
    let ran = run(ffmpeg.args(["-f", "ogg", "-"]));
    let (mut rest, mut packet, mut found) = (&ran.stdout[..], Vec::new(), Vec::new());
    while let OggPageStart::Page(page, length) = OggPage::read(rest) {
        for (part, ends) in page.packets() {
            packet.extend_from_slice(part);
            if ends {
                found.push(std::mem::take(&mut packet).into());
            }
        }
        rest = &rest[length..];
    }
    // Without the headers.
    found.drain(..2);
    found.truncate(usize::try_from(seconds * 1_000 / PACKET).unwrap());
    found
}

#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let ran = command.stdin(Stdio::null()).output().expect("a program of Debian's");
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    ran
}

/// A file of four seconds of sound, of which the third is lost; with a picture of VP8, or alone.
fn file(tone: &[Arc<[u8]>], with_picture: bool) -> Vec<u8> {
    let sound_container = RecordingContainer::Mp4;
    let options = RecorderOptions { sound_container, ..RecorderOptions::default() };
    let mut recorder = Recorder::new(options);
    let packet = |codec, number: u64, captured: u64, payload: Arc<[u8]>| RecorderPacket {
        session: 1,
        stream: 1,
        codec,
        sequence: 1_000 + number,
        timestamp: u32::try_from(captured * if codec == RecordedCodec::Opus { 48 } else { 90 })
            .unwrap(),
        captured: Duration::from_millis(captured),
        marker: true,
        payload,
    };
    let mut bytes = Vec::new();
    let mut take = |recorder: &mut Recorder| {
        while let Some(output) = recorder.next_output() {
            match output {
                RecorderOutput::Bytes(more) => bytes.extend(more),
                RecorderOutput::End(summary) => {
                    for patch in summary.patches {
                        let at = usize::try_from(patch.offset).unwrap();
                        bytes[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
                    }
                }
                RecorderOutput::Begin(_)
                | RecorderOutput::FragmentEnd { .. }
                | RecorderOutput::Moved(_)
                | RecorderOutput::WantsKeyframe => {}
            }
        }
    };
    for (number, payload) in (0..).zip(tone) {
        let captured = number * PACKET;
        if !(2_000..3_000).contains(&captured) {
            let sound = packet(RecordedCodec::Opus, number, captured, payload.clone());
            recorder.push(sound.captured, sound);
        }
        if with_picture && captured.is_multiple_of(100) {
            // A keyframe of VP8 of 16 by 16 pixels, behind its descriptor.
            let key = [0x90, 0x80, 0x80, number as u8, 0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0, 0];
            let picture = packet(RecordedCodec::Vp8, number / 5, captured, key.into());
            recorder.push(picture.captured, picture);
        }
        recorder.advance(Duration::from_millis(captured));
        take(&mut recorder);
    }
    recorder.finish();
    take(&mut recorder);
    bytes
}

impl TestApp {
    /// Gives a show a recording of ten seconds: a tone with a drop from 2 s to 3 s and a gap from 4 s to 6 s, in WebM
    /// and in MP4.
    pub async fn record_tone(&self, show: ShowId) {
        let (services, tone) = (&self.running.venue.services, tone(4));
        // What was begun a moment ago is left alone.
        let began_at = clock::now().plus(-Millis::MINUTE);
        let folder = self.data().join("recordings");
        fs::create_dir_all(&folder).unwrap();
        let mut write = services.database.begin().await.unwrap();
        sqlx::query("INSERT INTO recordings (show, began_at, changed_at) VALUES ($1, $2, $2)")
            .bind(show.to_string())
            .bind(began_at.0)
            .execute(&mut *write)
            .await
            .unwrap();
        for (offset, media_type, with_picture) in [
            (0, "video/webm; codecs=\"vp8,opus\"", true),
            (6_000, "audio/mp4; codecs=\"opus\"", false),
        ] {
            let id = RecordingFileId(Uuid::new_v4());
            fs::write(folder.join(id.to_string()), file(&tone, with_picture)).unwrap();
            sqlx::query(
                "INSERT INTO recording_files (id, show, began_at, media_type, has_sound, state) \
                 VALUES ($1, $2, $3, $4, 1, 'open')",
            )
            .bind(id.to_string())
            .bind(show.to_string())
            .bind(began_at.0 + offset)
            .bind(media_type)
            .execute(&mut *write)
            .await
            .unwrap();
        }
        write.commit().await.unwrap();
        self.running.venue.storing.store_all().await.unwrap();
        self.until_count("SELECT COUNT(*) FROM recording_files WHERE state <> 'stored'", 0).await;
    }
}

impl User {
    async fn head(&self, path: &str) -> Response {
        self.client.request(Method::HEAD, format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// Waits for the MP3 of a recording.
    pub async fn until_mp3(&self, show: ShowId) -> RecordedMp3 {
        let is_ready = |it: &Recording| matches!(it.mp3, Some(Mp3State::Ready(_)));
        match self.until_recording(show, is_ready).await.mp3 {
            Some(Mp3State::Ready(mp3)) => mp3,
            other => panic!("{other:?}"),
        }
    }

    pub async fn change_recording(&self, show: ShowId, title: &str, from: &str, to: &str) {
        let form = RecordingForm {
            title: title.into(),
            description: "By the <water> & more".into(),
            tracklist: "0:01 First\n0:06 Second".into(),
            from: from.into(),
            to: to.into(),
            links: String::new(),
        };
        let arguments = json!({ "show": show, "form": form });
        self.call::<(), RecordingReason>("recordings/update", arguments).await.unwrap();
    }
}

/// Facts that FFmpeg finds in a file.
fn probe(path: &Path) -> Value {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-of", "json", "-show_format", "-show_chapters", "-show_streams"]);
    let ran = run(ffprobe.arg(path));
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// Hundredths of a second of a file in which a tone is heard.
fn loud(path: &Path) -> Vec<usize> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(path).args(["-ac", "1", "-f", "f32le", "-"]);
    let samples = run(&mut ffmpeg).stdout;
    let samples: Vec<_> =
        samples.chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())).collect();
    let loudest = |it: &[f32]| it.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
    let all = samples.chunks(480).enumerate();
    all.filter(|(_, it)| loudest(it) > 0.05).map(|it| it.0).collect()
}

#[tokio::test]
async fn a_published_recording_has_an_mp3_whose_times_are_those_of_what_is_played() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    app.record_tone(show).await;
    artist.change_recording(show, "Low <Tide>", "0:01", "0:09").await;
    assert_eq!(artist.recording(show).await.unwrap().mp3, None, "it is a draft");
    artist.publish_recording(show, true).await.unwrap();
    let mp3 = artist.until_mp3(show).await;
    assert_eq!(mp3.duration, 8_000);

    // For everybody, without a cookie, as podcast programs ask for it.
    let (nobody, path) = (app.nobody(), mp3.path());
    let whole = nobody.file(&path, None).await;
    assert_eq!(whole.status(), StatusCode::OK);
    let headers = whole.headers().clone();
    assert_eq!(headers[header::CONTENT_TYPE], "audio/mpeg");
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=300, immutable");
    assert_eq!(headers[header::ACCEPT_RANGES], "bytes");
    assert!(!headers.contains_key(header::SET_COOKIE));
    let etag = headers[header::ETAG].to_str().unwrap();
    assert!(etag.starts_with('"'), "strong: {etag}");
    let whole = whole.bytes().await.unwrap();
    assert_eq!(whole.len() as u64, mp3.bytes);
    let head = nobody.head(&path).await;
    assert_eq!((head.status(), &head.headers()[header::ETAG]), (StatusCode::OK, &headers["etag"]));
    assert_eq!(head.headers()[header::CONTENT_LENGTH], mp3.bytes.to_string());
    let part = nobody.file(&path, Some("bytes=1000-1999")).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.unwrap(), whole[1_000..2_000]);
    let download = nobody.file(&format!("{path}?download"), Some("bytes=0-0")).await;
    let disposition = download.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.ends_with(".mp3\""), "{disposition}");
    assert_eq!(nobody.replay(show).await.unwrap().mp3, Some(mp3));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.mp3");
    fs::write(&file, &whole).unwrap();
    let facts = probe(&file);
    let seconds: f64 = facts["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!((seconds - 8.0).abs() < 0.05, "{seconds} s");
    let tags = &facts["format"]["tags"];
    assert_eq!((&tags["title"], &tags["artist"]), (&json!("Low <Tide>"), &json!("ada on stage")));
    let chapters: Vec<_> = facts["chapters"].as_array().unwrap().iter().collect();
    let starts: Vec<_> = chapters.iter().map(|it| it["start_time"].as_str().unwrap()).collect();
    assert_eq!(starts, ["0.000000", "5.000000"], "{facts}");
    assert_eq!(chapters[1]["tags"]["title"], "Second");

    // The tone: up to the drop, whose beginning decoders conceal, behind it, and behind the gap.
    let loud = loud(&file);
    let is_tone = |it: &usize| [0..120, 198..302, 498..720].iter().any(|range| range.contains(it));
    assert!(loud.iter().all(is_tone), "{loud:?}");
    for range in [2..100, 203..299, 503..699] {
        assert!(range.clone().all(|it| loud.contains(&it)), "{range:?}: {loud:?}");
    }
    let list: RecordingList =
        artist.call::<_, RecordingReason>("recordings/mine", json!({})).await.unwrap();
    let files: u64 = artist.recording(show).await.unwrap().files.iter().map(|it| it.bytes).sum();
    assert_eq!(list.used, files + mp3.bytes);
    app.stop().await;
}

#[tokio::test]
async fn an_mp3_is_made_anew_and_goes_with_its_recording() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let nobody = app.nobody();
    let found = async |mp3: RecordedMp3| nobody.file(&mp3.path(), None).await.status();
    let files = "SELECT COUNT(*) FROM files WHERE feature = 'recordings'";
    app.record_tone(show).await;
    artist.publish_recording(show, true).await.unwrap();
    let first = artist.until_mp3(show).await;
    assert_eq!(first.duration, 10_000);
    app.until_count(files, 3).await;

    // What is cut off is gone at once; with another title, what there is stays until the next is there.
    artist.change_recording(show, "Low Tide", "0:00", "0:04").await;
    assert_eq!(found(first).await, StatusCode::NOT_FOUND);
    let second = artist.until_mp3(show).await;
    assert_eq!(second.duration, 4_000);
    artist.change_recording(show, "High Tide", "0:00", "0:04").await;
    let third = artist.until_mp3(show).await;
    assert!(third.id != second.id && third.duration == 4_000);
    assert_eq!((found(second).await, found(third).await), (StatusCode::NOT_FOUND, StatusCode::OK));
    artist.change_recording(show, "High Tide", "0:00", "0:04").await;
    assert_eq!(artist.until_mp3(show).await, third, "nothing is another");

    artist.publish_recording(show, false).await.unwrap();
    assert_eq!(found(third).await, StatusCode::NOT_FOUND);
    assert_eq!(artist.file(&third.path(), None).await.status(), StatusCode::NOT_FOUND);
    app.until_count(files, 2).await;
    // A venue that closes amid goes on with it at the next start.
    artist.publish_recording(show, true).await.unwrap();
    let app = app.restart().await;
    let artist = User { url: app.url.clone(), ..artist };
    let last = artist.until_mp3(show).await;
    artist.call::<(), RecordingReason>("recordings/delete", json!({ "show": show })).await.unwrap();
    assert_eq!(artist.file(&last.path(), None).await.status(), StatusCode::NOT_FOUND);
    app.until_count(files, 0).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM recording_mp3s").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn no_mp3_is_made_without_sound_or_room() {
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.recordings.max_bytes = Some(200_000);
    })
    .await;
    let (artist, show) = app.artist_with_show().await;
    app.record_tone(show).await;
    artist.publish_recording(show, true).await.unwrap();
    let full = artist.until_recording(show, |it| it.mp3 == Some(Mp3State::Full)).await;
    // Eight seconds less take 128,000 bytes less.
    artist.change_recording(show, &full.card.title, "0:00", "0:02").await;
    artist.until_mp3(show).await;
    artist.publish_recording(show, false).await.unwrap();
    artist.change_recording(show, &full.card.title, "0:00", "0:10").await;
    artist.publish_recording(show, true).await.unwrap();
    artist.until_recording(show, |it| it.mp3 == Some(Mp3State::Full)).await;
    // It is asked for again, also where it was published before there was any.
    recordings::request_missing(&app.running.venue.services).await.unwrap();
    artist.until_recording(show, |it| it.mp3 == Some(Mp3State::Full)).await;

    artist.publish_recording(show, false).await.unwrap();
    app.change("UPDATE recording_files SET has_sound = 0").await;
    artist.publish_recording(show, true).await.unwrap();
    artist.until_recording(show, |it| it.mp3 == Some(Mp3State::Silent)).await;
    app.stop().await;
}
