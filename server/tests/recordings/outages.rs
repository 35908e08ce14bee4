//! Disks that are full, and S3 servers that are away, while a show is recorded.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use bandstand_domain::{
    recordings::{RecordedFile, RecordingState, RecordingStop},
    stage::StageState,
};
use reqwest::StatusCode;
use tokio::time::{sleep, timeout};

use super::PATIENCE;
use crate::support::{
    app::{TestApp, User},
    s3::S3Server,
};

/// Attempts at one request of the storage, with its own retries.
const ATTEMPTS: usize = 5;

/// A small file system, as long as this is kept.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// One of so many kilobytes in a folder; none where it may not be mounted.
    fn mount(folder: &Path, kilobytes: u32) -> Option<Self> {
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).status();
        mounted.is_ok_and(|it| it.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Tells how a program that isn't ours complains of a file's container; its media is made up, and isn't decoded.
fn complaints(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(&path).args(["-c", "copy", "-f", "null", "-"]);
    String::from_utf8(ffmpeg.output().unwrap().stderr).unwrap()
}

impl User {
    /// Whole content of a file, whose length is right and which is whole.
    async fn content(&self, file: &RecordedFile) -> Vec<u8> {
        let answer = self.file(&format!("/recordings/{}", file.id), None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let content = answer.bytes().await.unwrap().to_vec();
        assert_eq!(content.len() as u64, file.bytes);
        let whole = bandstand_recording::repair(std::io::Cursor::new(&content)).unwrap();
        assert_eq!(whole.duration.as_millis(), u128::from(file.duration));
        content
    }
}

#[tokio::test]
async fn a_show_goes_on_when_its_recording_has_filled_the_disk() {
    let mut disk = None;
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.recordings.min_free_bytes = 0;
        let folder = config.data.join("recordings");
        fs::create_dir_all(&folder).unwrap();
        disk = SmallDisk::mount(&folder, 4_096);
        // Four seconds of the show find room.
        if disk.is_some() {
            fs::write(folder.join("else"), vec![1; 3_600 << 10]).unwrap();
        }
    })
    .await;
    if disk.is_none() {
        println!("left out: no file system can be mounted here");
        return;
    }
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let _on_stage = app.go_live(&artist, show).await;
    studio.until_stage(StageState::Live).await;
    let recording = artist.until_recording(show, |it| it.stopped.is_some()).await;
    assert_eq!(recording.stopped, Some(RecordingStop::Disk));
    let words = "the venue's disk is full";
    studio.until(|it| it.notices.iter().any(|it| it.text.contains(words))).await;
    let page = artist.show(show).await.unwrap();
    assert_eq!((page.records, page.card.stage), (false, StageState::Live));
    let viewer = app.watch(&app.guest("Bob").await, show).await.unwrap();
    viewer.until(|it| it.video.keyframes > 0 && it.audio.packets > 0).await;

    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let [file] = &draft.files[..] else { panic!("one file: {:?}", draft.files) };
    assert!(file.duration > 2_000, "{file:?}");
    let content = artist.content(file).await;
    assert_eq!(complaints(&content), "");
    println!("{} ms and {} bytes were kept of what found room", file.duration, file.bytes);
    app.stop().await;
    drop(disk);
}

#[tokio::test]
async fn files_come_into_storage_once_it_is_back() {
    let mut server = S3Server::start().await;
    let s3 = server.config.clone();
    let app =
        TestApp::configured(|config| (config.limit_scale, config.s3) = (1_000, Some(s3))).await;
    let (artist, show) = app.artist_with_show().await;
    let mut studio = app.follow(&artist, show).await;
    let on_stage = app.play(&artist, show, 1).await;
    studio.until_stage(StageState::Live).await;

    // It goes away while the show is on, before any file is closed, and the show ends without it.
    server.stop().await;
    on_stage.publisher.close().await;
    studio.until_stage(StageState::Dropped).await;
    let _on_stage = app.play(&artist, show, 3).await;
    artist.end(show).await.unwrap();
    app.until_count("SELECT COUNT(*) FROM recording_files WHERE state = 'open'", 0).await;
    server.refuses(2 * ATTEMPTS).await;
    let waits = artist.until_recording(show, |it| it.state == RecordingState::Storing).await;
    let [first, second] = &waits.files[..] else { panic!("two files: {:?}", waits.files) };
    let kept = [first, second]
        .map(|file| fs::read(app.data().join("recordings").join(file.id.to_string())).unwrap());

    // It comes back, and hangs with one of them: the other comes.
    server.start_again().await;
    server.hold(first.id.0.simple().to_string());
    until_stored(&app, &artist, second).await;
    assert_eq!(artist.file(&format!("/recordings/{}", first.id), None).await.status(), 409);

    // It goes away amid that.
    server.stop().await;
    server.refuses(1).await;
    server.start_again().await;
    until_stored(&app, &artist, first).await;
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    assert_eq!(draft.files, waits.files);
    app.until_local(0).await;
    artist.publish_recording(show, true).await.unwrap();
    let guest = app.guest("Bob").await;
    assert_eq!(guest.replay(show).await.unwrap().files, draft.files);
    for (file, kept) in draft.files.iter().zip(&kept) {
        assert!(guest.content(file).await == *kept, "another file");
    }
    for file in &draft.files {
        assert!(server.objects().join("recordings").join(file.id.0.simple().to_string()).exists());
    }
    app.stop().await;
}

/// Waits until a file is in storage; what is due is begun at once.
async fn until_stored(app: &TestApp, artist: &User, file: &RecordedFile) {
    let path = format!("/recordings/{}", file.id);
    let stored = async {
        while artist.file(&path, Some("bytes=0-0")).await.status() != StatusCode::PARTIAL_CONTENT {
            app.running.venue.storing.store_all().await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, stored).await.expect("a file that is stored");
}
