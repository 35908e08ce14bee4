//! Recordings: made while a show is live, kept, published and played again, with real media.

mod drafts;
mod extras;
mod moments;
mod mp3;
mod outages;
mod podcast;
mod told;

use std::{fs, process::Command, time::Duration};

use bandstand_domain::{
    Refusal, ShowId,
    recordings::{
        Recording, RecordingError, RecordingReason, RecordingState, RecordingStop, Replay,
        seek_points,
    },
    stage::{StageReason, StageState},
};
use bandstand_server::recordings;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::{
    app::{TestApp, User, draft},
    media::OnStage,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

impl User {
    async fn recording(&self, show: ShowId) -> Result<Recording, RecordingError> {
        self.call("recordings/one", json!({ "show": show })).await
    }

    async fn replay(&self, show: ShowId) -> Result<Replay, RecordingError> {
        self.call("recordings/replay", json!({ "show": show })).await
    }

    async fn publish_recording(&self, show: ShowId, published: bool) -> Result<(), RecordingError> {
        let arguments = json!({ "show": show, "published": published });
        self.call("recordings/publish", arguments).await
    }

    pub async fn record(&self, show: ShowId, record: bool) {
        let arguments = json!({ "show": show, "record": record });
        self.call::<(), StageReason>("live/record", arguments).await.unwrap();
    }

    pub async fn file(&self, path: &str, range: Option<&str>) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.url));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        request.send().await.unwrap()
    }

    /// Waits until the recording of a show is as wanted.
    pub async fn until_recording(
        &self,
        show: ShowId,
        wanted: impl Fn(&Recording) -> bool,
    ) -> Recording {
        let found = async {
            loop {
                if let Ok(recording) = self.recording(show).await
                    && wanted(&recording)
                {
                    return recording;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("a recording like that")
    }
}

impl TestApp {
    /// Plays a show for so long that at least `seconds` are recorded; the artist is still on stage.
    async fn play(&self, artist: &User, show: ShowId, seconds: i64) -> OnStage {
        let on_stage = self.go_live(artist, show).await;
        self.until_written(seconds * 1_000).await;
        on_stage
    }

    /// Waits until open files have so many milliseconds on the disk, by their length: 1,000 bytes of each
    /// packet, 120 a second.
    async fn until_written(&self, milliseconds: i64) {
        let least = u64::try_from(milliseconds).unwrap() * 120;
        let written = async {
            loop {
                let files = fs::read_dir(self.data().join("recordings"));
                let bytes: u64 = files.map_or(0, |files| {
                    files.flatten().map(|it| it.metadata().map_or(0, |it| it.len())).sum()
                });
                if bytes >= least {
                    break;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, written).await.expect("something is recorded");
    }
}

impl TestApp {
    /// Waits until so many files lie in the data folder.
    async fn until_local(&self, count: usize) {
        let found = async {
            while fs::read_dir(self.data().join("recordings")).unwrap().count() != count {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("that many files");
    }
}

fn unpublished<T>() -> Result<T, RecordingError> {
    Err(Refusal::Because(RecordingReason::Unpublished))
}

#[tokio::test]
async fn a_show_is_recorded_published_and_played_again() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let guest = app.guest("Bob").await;
    assert!(artist.show(show).await.unwrap().records, "the audience is told");
    assert_eq!(artist.recording(show).await, Err(Refusal::NotFound));
    let _on_stage = app.play(&artist, show, 3).await;
    let running = artist.until_recording(show, |_| true).await;
    assert_eq!(running.state, RecordingState::Running);
    assert_eq!(
        artist.publish_recording(show, true).await,
        Err(Refusal::Because(RecordingReason::NotReady))
    );
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    assert!((2_500..20_000).contains(&draft.duration), "{}", draft.duration);
    let [file] = &draft.files[..] else { panic!("one file: {:?}", draft.files) };
    assert_eq!(
        (file.media_type.as_str(), file.size, file.has_sound),
        ("video/webm; codecs=\"vp8,opus\"", Some((640, 480)), true)
    );
    assert_eq!(fs::read_dir(app.data().join("recordings")).unwrap().count(), 0, "it is stored");

    // A draft is its artist's alone.
    let path = format!("/recordings/{}", file.id);
    assert_eq!(guest.replay(show).await, unpublished());
    assert_eq!(guest.file(&path, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(guest.recording(show).await.unwrap_err(), Refusal::NotLoggedIn);
    let whole = artist.file(&path, None).await;
    assert_eq!(whole.headers()[header::CACHE_CONTROL], "private, no-cache");
    let whole = whole.bytes().await.unwrap();
    assert_eq!(whole.len() as u64, file.bytes);

    artist.publish_recording(show, true).await.unwrap();
    assert!(guest.show(show).await.unwrap().card.replay);
    let replay = guest.replay(show).await.unwrap();
    assert_eq!(replay.files, draft.files);
    let points = seek_points(&STANDARD.decode(&replay.seek[0]).unwrap()).unwrap();
    let (time, offset) = *points.last().unwrap();
    assert!(time >= 1_500, "a keyframe every two seconds: {points:?}");
    let piece = guest.file(&path, Some(&format!("bytes={offset}-{}", offset + 99))).await;
    assert_eq!(piece.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(piece.headers()[header::CONTENT_TYPE], "video/webm");
    assert_eq!(piece.headers()[header::CACHE_CONTROL], "public, max-age=300, immutable");
    assert!(piece.headers().contains_key(header::ETAG));
    assert!(!piece.headers().contains_key(header::SET_COOKIE));
    let at = usize::try_from(offset).unwrap();
    assert_eq!(piece.bytes().await.unwrap(), whole[at..at + 100]);
    let download = guest.file(&format!("{path}?download"), Some("bytes=0-0")).await;
    let disposition = download.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    assert!(disposition.ends_with("-000000.webm\""), "{disposition}");

    artist.publish_recording(show, false).await.unwrap();
    assert_eq!(guest.replay(show).await, unpublished());
    assert_eq!(guest.file(&path, None).await.status(), StatusCode::NOT_FOUND);
    assert!(!guest.show(show).await.unwrap().card.replay);
    artist.call::<(), RecordingReason>("recordings/delete", json!({ "show": show })).await.unwrap();
    assert_eq!(artist.recording(show).await, Err(Refusal::NotFound));
    assert_eq!(artist.file(&path, None).await.status(), StatusCode::NOT_FOUND);
    app.until_count("SELECT COUNT(*) FROM files WHERE feature = 'recordings'", 0).await;
    app.stop().await;
}

#[tokio::test]
async fn a_replay_is_for_who_could_have_come_to_the_show() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let mut members = draft("For friends of the house", 1);
    members.members_only = true;
    let show = artist.create(&members).await.unwrap();
    let _on_stage = app.play(&artist, show, 1).await;
    artist.end(show).await.unwrap();
    let recording = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    artist.publish_recording(show, true).await.unwrap();
    let path = format!("/recordings/{}", recording.files[0].id);
    let (guest, member) = (app.guest("Bob").await, app.visitor("ben").await);
    assert_eq!(guest.replay(show).await, Err(Refusal::NotLoggedIn));
    assert_eq!(guest.moments(show, recording.began_at).await, Err(Refusal::NotLoggedIn));
    assert_eq!(guest.file(&path, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(member.replay(show).await.unwrap().files, recording.files);
    let file = member.file(&path, None).await;
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.headers()[header::CACHE_CONTROL], "private, no-cache");

    // Nobody's once the show is deleted.
    artist.delete(show).await.unwrap();
    assert_eq!(member.replay(show).await, Err(Refusal::Gone));
    assert_eq!(artist.file(&path, None).await.status(), StatusCode::NOT_FOUND);
    recordings::expire(&app.running.venue.services).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM recordings").await, 0);
    app.until_count("SELECT COUNT(*) FROM files WHERE feature = 'recordings'", 0).await;
    app.stop().await;
}

#[tokio::test]
async fn what_the_artist_does_not_want_is_not_recorded() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    artist.record(show, false).await;
    let mut crowd = app.follow(&app.guest("Bob").await, show).await;
    let on_stage = app.go_live(&artist, show).await;
    crowd.until_stage(StageState::Live).await;
    assert!(!artist.show(show).await.unwrap().records);
    artist.record(show, true).await;
    app.until_written(1_000).await;
    artist.record(show, false).await;
    // Once it is stored, it is closed.
    app.until_local(0).await;
    let recording = artist.recording(show).await.unwrap();
    assert!(recording.duration > 0);
    on_stage.publisher.close().await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    assert_eq!(draft.files, recording.files);
    app.stop().await;
}

#[tokio::test]
async fn one_recording_holds_what_several_publishers_played() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let on_stage = app.play(&artist, show, 1).await;
    studio.until_stage(StageState::Live).await;
    on_stage.publisher.close().await;
    studio.until_stage(StageState::Dropped).await;
    let _on_stage = app.play(&artist, show, 3).await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let [one, other] = &draft.files[..] else { panic!("two files: {:?}", draft.files) };
    assert!(one.offset + one.duration < other.offset, "with a gap: {:?}", draft.files);
    assert_eq!(draft.duration, other.offset + other.duration);
    let zip = artist.file(&format!("/shows/{show}/recording.zip"), None).await;
    assert_eq!(zip.headers()[header::CONTENT_TYPE], "application/zip");
    let zip = zip.bytes().await.unwrap();
    assert_eq!(sizes_in(&zip), format!("[{}, {}]", one.bytes, other.bytes));
    app.stop().await;
}

#[tokio::test]
async fn a_recording_without_room_ends_and_its_show_goes_on() {
    let app = TestApp::configured(|config| config.recordings.max_bytes = Some(1)).await;
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let _on_stage = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    // The first look finds room for one byte, and the next that it is used up.
    let recording = artist.until_recording(show, |it| it.stopped.is_some()).await;
    assert_eq!(recording.stopped, Some(RecordingStop::Quota));
    assert!(recording.duration > 0, "what there was room for is kept");
    let words = "no room left for your recordings";
    studio.until(|it| it.notices.iter().any(|it| it.text.contains(words))).await;
    let page = artist.show(show).await.unwrap();
    assert_eq!((page.records, page.card.stage), (false, StageState::Live));
    let viewer = app.watch(&app.guest("Bob").await, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_recorded_on_a_disk_that_is_nearly_full() {
    let app = TestApp::configured(|config| config.recordings.min_free_bytes = u64::MAX).await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.go_live(&artist, show).await;
    let recording = artist.until_recording(show, |it| it.stopped.is_some()).await;
    assert_eq!((recording.stopped, recording.files.len()), (Some(RecordingStop::Disk), 0));
    app.stop().await;
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_made_whole_at_the_next_start() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 3).await;
    let folder = app.data().join("recordings");
    let open = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    // As `kill -9` leaves it, amid a fragment.
    let mut cut = fs::read(&open).unwrap();
    cut.truncate(cut.len() - 300);
    app.running.venue.recorders.compare().await.unwrap();
    artist.end(show).await.unwrap();
    let whole = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    fs::write(&open, &cut).unwrap();
    app.change(
        "UPDATE recording_files SET state = 'open', duration = 0, bytes = 0, seek_index = ''",
    )
    .await;
    let app = app.restart().await;
    let artist = User { url: app.url.clone(), ..artist };
    let repaired = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    assert!((1_500..=whole.duration).contains(&repaired.duration), "{}", repaired.duration);
    assert!(!artist.replay(show).await.unwrap().seek[0].is_empty());
    app.stop().await;
}

/// Lengths of the files in a ZIP archive, by a program that isn't ours, which checks their sums as well.
fn sizes_in(zip: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.zip");
    fs::write(&path, zip).unwrap();
    let program = "import sys, zipfile; it = zipfile.ZipFile(sys.argv[1]); \
                   assert it.testzip() is None; print([one.file_size for one in it.infolist()])";
    let said = Command::new("python3").args(["-c", program]).arg(&path).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}
