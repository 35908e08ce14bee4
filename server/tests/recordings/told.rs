//! Words to the audience about a recording.

use std::{fs, time::Duration};

use bandstand_domain::{ShowId, shows::ShowPage, stage::StageState};
use tokio::time::{sleep, timeout};

use super::PATIENCE;
use crate::support::app::{TestApp, User};

impl User {
    /// Waits until a show's page is as wanted.
    async fn until_page(&self, show: ShowId, wanted: impl Fn(&ShowPage) -> bool) -> ShowPage {
        let found = async {
            loop {
                let page = self.show(show).await.unwrap();
                if wanted(&page) {
                    return page;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("a page like that")
    }
}

#[tokio::test]
async fn the_audience_is_told_of_the_recorder_and_not_of_the_switch() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let guest = app.guest("Bob").await;
    let before = guest.show(show).await.unwrap();
    assert!(before.records && !before.recorded);
    // Where the folder belongs, something else stands in its way.
    let folder = app.data().join("recordings");
    if folder.exists() {
        fs::remove_dir(&folder).unwrap();
    }
    fs::write(&folder, b"").unwrap();
    let on_stage = app.go_live(&artist, show).await;
    let failed = guest.until_page(show, |it| it.card.stage == StageState::Live).await;
    assert!(failed.records && !failed.recorded, "no recorder could begin");
    fs::remove_file(&folder).unwrap();
    let begun = async {
        while !guest.show(show).await.unwrap().recorded {
            app.running.venue.recorders.compare().await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, begun).await.expect("a recorder begins when it can");
    artist.record(show, false).await;
    guest.until_page(show, |it| !it.records && !it.recorded).await;
    artist.record(show, true).await;
    guest.until_page(show, |it| it.records && it.recorded).await;
    artist.end(show).await.unwrap();
    let ended = guest.until_page(show, |it| it.card.stage == StageState::Ended).await;
    assert!(ended.records && !ended.recorded);
    drop(on_stage);
    app.stop().await;
}

#[tokio::test]
async fn a_recording_without_room_is_not_told_of() {
    let app = TestApp::configured(|config| config.recordings.min_free_bytes = u64::MAX).await;
    let (artist, show) = app.artist_with_show().await;
    let guest = app.guest("Bob").await;
    let _on_stage = app.go_live(&artist, show).await;
    artist.until_recording(show, |it| it.stopped.is_some()).await;
    let page = guest.until_page(show, |it| !it.recorded && !it.records).await;
    assert_eq!(page.card.stage, StageState::Live);
    app.stop().await;
}
