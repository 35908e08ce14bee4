//! Extras of a replay: links, loud moments, bookmarks; and who is sent its files, for how long.

use bandstand_domain::{
    Refusal, ShowId,
    chat::ChatPlace,
    recordings::{
        MAX_BOOKMARKS, Recording, RecordingError, RecordingForm, RecordingReason, RecordingState,
    },
};
use bandstand_server::{
    http::limits::{Limit, by_address},
    ids::AccountId,
    own_account::deletion,
    storage::{FileOwner, NewFile},
};
use futures::stream;
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use super::unpublished;
use crate::support::{
    app::{PASSWORD, TestApp, User},
    media::OnStage,
};

const HOUR: i64 = 3_600_000;

impl User {
    async fn bookmarks(&self, show: ShowId) -> Result<Vec<u64>, RecordingError> {
        self.call("recordings/bookmarks", json!({ "show": show })).await
    }

    async fn bookmark(
        &self,
        show: ShowId,
        second: u64,
        kept: bool,
    ) -> Result<Vec<u64>, RecordingError> {
        let arguments = json!({ "show": show, "second": second, "kept": kept });
        self.call("recordings/bookmark", arguments).await
    }

    async fn update_recording(&self, draft: &Recording, form: RecordingForm) {
        let form = RecordingForm { title: draft.card.title.clone(), ..form };
        let arguments = json!({ "show": draft.card.id, "form": form });
        self.call::<(), RecordingReason>("recordings/update", arguments).await.unwrap();
    }
}

impl TestApp {
    /// A draft that claims to be of three hours ago, and an hour long.
    async fn long_draft(&self) -> (User, Recording, OnStage) {
        let (artist, show) = self.artist_with_show().await;
        let on_stage = self.play(&artist, show, 1).await;
        artist.end(show).await.unwrap();
        artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
        for statement in [
            "UPDATE recordings SET began_at = began_at - 10800000",
            "UPDATE recording_files SET began_at = began_at - 10800000, duration = 3600000",
        ] {
            self.change(statement).await;
        }
        let draft = artist.recording(show).await.unwrap();
        assert!((HOUR..HOUR + 1_000).contains(&i64::try_from(draft.duration).unwrap()));
        (artist, draft, on_stage)
    }

    /// Has the crowd of a recording wave so often at a second of it.
    async fn wave(&self, draft: &Recording, second: i64, count: i64) {
        let at = draft.began_at.plus(second * 1_000).0;
        let begins = at - at.rem_euclid(10_000);
        let gestures = json!([[(at - begins) / 1_000, "wave", count]]).to_string();
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO crowd_moments (show, at, count, likes, gestures) VALUES ($1, $2, 9, 0, $3)",
        )
        .bind(draft.card.id.to_string())
        .bind(begins)
        .bind(gestures)
        .execute(&mut *write)
        .await
        .unwrap();
        write.commit().await.unwrap();
    }

    /// Has the crowd of a recording say so much within a second of it.
    async fn talk(&self, draft: &Recording, second: i64, count: i64) {
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        for number in 0..count {
            sqlx::query(
                "INSERT INTO messages (topic, position, id, author, name, from_artist, text, \
                 sent_at) VALUES ($1, $2, $3, 'ben', 'Ben', 0, 'More', $4)",
            )
            .bind(ChatPlace::Show(draft.card.id).to_string())
            .bind(10_000 + number)
            .bind(Uuid::new_v4().to_string())
            .bind(draft.began_at.plus(second * 1_000 + number).0)
            .execute(&mut *write)
            .await
            .unwrap();
        }
        write.commit().await.unwrap();
    }

    /// Adds a file of so many MiB to a recording; its path.
    async fn add_file(&self, draft: &Recording, mebibytes: usize) -> String {
        let id = Uuid::new_v4();
        let services = &self.running.venue.services;
        let artist: String = sqlx::query_scalar("SELECT artist FROM shows")
            .fetch_one(&services.database.read)
            .await
            .unwrap();
        let owner = FileOwner::recordings(&AccountId::new(artist));
        let name = format!("recordings/{}", id.simple());
        let pieces = vec![bytes::Bytes::from(vec![7; 1 << 20]); mebibytes];
        let content = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        services.files.put(NewFile::new(name, "video/webm", owner), content).await.unwrap();
        let mut write = services.database.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO recording_files (id, show, began_at, duration, media_type, has_sound, \
             bytes, state) SELECT $1, show, began_at, 1000, 'video/webm', 1, $2, 'stored' \
             FROM recordings WHERE show = $3",
        )
        .bind(id.to_string())
        .bind(i64::try_from(mebibytes << 20).unwrap())
        .bind(draft.card.id.to_string())
        .execute(&mut *write)
        .await
        .unwrap();
        write.commit().await.unwrap();
        format!("/recordings/{id}")
    }
}

/// Takes the rest of a body; its bytes, and whether it came to its end.
async fn rest(mut response: Response) -> (usize, bool) {
    let mut bytes = 0;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes += chunk.len(),
            Ok(None) => return (bytes, true),
            Err(_) => return (bytes, false),
        }
    }
}

#[tokio::test]
async fn links_and_loud_moments_come_with_a_replay_within_its_cut() {
    let app = TestApp::start().await;
    let (artist, draft, _on_stage) = app.long_draft().await;
    let (show, guest) = (draft.card.id, app.guest("Bob").await);
    for (second, count) in [(600, 30), (615, 5), (1_200, 3), (1_800, 40), (3_000, 20)] {
        app.wave(&draft, second, count).await;
    }
    app.talk(&draft, 2_700, 12).await;
    // What comes after the end, as in the encore, is heard by nobody.
    app.wave(&draft, 3_700, 99).await;
    let loud = artist.replay(show).await.unwrap().loud;
    let seconds: Vec<_> = loud.iter().map(|it| it / 1_000).collect();
    assert_eq!(seconds.len(), 4, "{seconds:?}");
    for (second, peak) in seconds.iter().zip([600, 1_800, 2_700, 3_000]) {
        assert!((peak - 10..=peak).contains(second), "{second} {peak}");
    }
    let kept = "SELECT COUNT(*) FROM recordings WHERE loud IS NOT NULL";
    assert_eq!(app.count(kept).await, 1, "nobody counts twice");

    let form = RecordingForm {
        links: "https://mira.example/shop The record\nhttp://example.org".into(),
        from: "20:00".into(),
        to: "40:00".into(),
        ..RecordingForm::default()
    };
    artist.update_recording(&draft, form).await;
    assert_eq!(app.count(kept).await, 0);
    artist.publish_recording(show, true).await.unwrap();
    let replay = guest.replay(show).await.unwrap();
    assert_eq!(replay.loud, [loud[1]]);
    assert_eq!(guest.replay(show).await.unwrap().loud, [loud[1]]);
    let words: Vec<_> = replay.links.iter().map(|it| it.words()).collect();
    assert_eq!(words, ["The record", "example.org"]);
    artist.publish_recording(show, false).await.unwrap();
    assert_eq!(guest.replay(show).await, unpublished());
    app.stop().await;
}

#[tokio::test]
async fn bookmarks_are_ones_own_and_bounded_and_go_with_recording_and_account() {
    let app = TestApp::start().await;
    let (artist, draft, _on_stage) = app.long_draft().await;
    let (show, ben) = (draft.card.id, app.visitor("ben").await);
    assert_eq!(ben.bookmark(show, 5, true).await, unpublished());
    artist.publish_recording(show, true).await.unwrap();
    assert_eq!(app.guest("Bob").await.bookmarks(show).await, Err(Refusal::NotLoggedIn));
    assert_eq!(ben.bookmark(show, 754, true).await, Ok(vec![754]));
    assert_eq!(ben.bookmark(show, 5, true).await, Ok(vec![5, 754]));
    assert_eq!(ben.bookmark(show, 5, true).await, Ok(vec![5, 754]));
    assert_eq!(ben.bookmark(show, 3_602, true).await, Err(Refusal::NotFound), "beyond the end");
    assert_eq!(artist.bookmarks(show).await, Ok(vec![]));
    let export = ben.page("/settings/export").await.text().await.unwrap();
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["bookmarks"][1], json!({ "show": show, "second": 754 }));
    assert_eq!(ben.bookmark(show, 5, false).await, Ok(vec![754]));
    for second in 1..MAX_BOOKMARKS as u64 {
        ben.bookmark(show, second, true).await.unwrap();
    }
    let full = Err(Refusal::Because(RecordingReason::TooManyBookmarks));
    assert_eq!(ben.bookmark(show, 999, true).await, full);
    assert_eq!(ben.bookmark(show, 754, true).await.unwrap().len(), MAX_BOOKMARKS);

    // They come back with the replay.
    artist.publish_recording(show, false).await.unwrap();
    assert_eq!(ben.bookmarks(show).await, unpublished());
    artist.publish_recording(show, true).await.unwrap();
    assert_eq!(ben.bookmarks(show).await.unwrap().len(), MAX_BOOKMARKS);
    let count = "SELECT COUNT(*) FROM bookmarks";
    artist.bookmark(show, 7, true).await.unwrap();
    ben.post("accounts/delete", json!({ "password": PASSWORD })).await;
    app.change("UPDATE accounts SET deleted_at = deleted_at - 1209600000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert_eq!(app.count(count).await, 1);
    artist.call::<(), RecordingReason>("recordings/delete", json!({ "show": show })).await.unwrap();
    assert_eq!(app.count(count).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn what_is_on_its_way_breaks_off_when_the_right_to_it_ends() {
    let app = TestApp::start().await;
    let (artist, draft, _on_stage) = app.long_draft().await;
    let (show, guest) = (draft.card.id, app.guest("Bob").await);
    let (path, whole) = (app.add_file(&draft, 48).await, 48 << 20);
    artist.publish_recording(show, true).await.unwrap();
    assert_eq!(rest(guest.file(&path, None).await).await, (whole, true));

    // Taken back: its artist has it, and nobody else.
    let response = guest.file(&path, None).await;
    let range = guest.file(&path, Some("bytes=1000-")).await;
    let own = artist.file(&path, None).await;
    artist.publish_recording(show, false).await.unwrap();
    for response in [response, range] {
        let (bytes, is_whole) = rest(response).await;
        assert!(!is_whole && bytes < whole, "{bytes}");
    }
    assert_eq!(rest(own).await, (whole, true));

    // Cut, the beginning alone.
    artist.publish_recording(show, true).await.unwrap();
    let response = guest.file(&path, None).await;
    let form = RecordingForm { from: "0:30".into(), to: "50:00".into(), ..Default::default() };
    artist.update_recording(&draft, form).await;
    assert!(!rest(response).await.1);
    // Else an hour of silence is made into an MP3.
    artist.publish_recording(show, false).await.unwrap();

    // Logged out elsewhere, as somebody who is thrown out is; the archive of all files as well.
    let zip = artist.file(&format!("/shows/{show}/recording.zip"), None).await;
    let own = artist.file(&path, None).await;
    assert_eq!((zip.status(), own.status()), (StatusCode::OK, StatusCode::OK));
    artist.post("accounts/log_out", json!({})).await;
    assert!(!rest(own).await.1 && !rest(zip).await.1);
    app.stop().await;
}

#[tokio::test]
async fn files_are_limited_by_address() {
    let app = TestApp::configured(|_| {}).await;
    let (artist, draft, _on_stage) = app.long_draft().await;
    let path = app.add_file(&draft, 64).await;
    let mut open = Vec::new();
    for _ in 0..100 {
        let response = artist.file(&path, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        open.push(response);
    }
    let refused = artist.file(&path, None).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    drop(open);
    let limits = &app.running.venue.services.limits;
    let here = by_address([127, 0, 0, 1].into());
    let mut status = StatusCode::OK;
    while status != StatusCode::TOO_MANY_REQUESTS {
        // One more is allowed every few milliseconds.
        while limits.check(Limit::RecordingFiles, here).is_ok() {}
        status = artist.file(&path, Some("bytes=0-9")).await.status();
    }
    app.stop().await;
}
