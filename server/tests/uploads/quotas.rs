//! Quotas of files in rooms, and uploads that nobody finishes.

use bandstand_domain::uploads::UploadReason;
use bandstand_server::uploads;
use futures::future::join_all;

use super::*;

async fn venue(file: u64, room: u64, person: u64) -> TestApp {
    TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.uploads.max_file_bytes = file;
        config.uploads.max_room_bytes = Some(room);
        config.uploads.max_person_bytes = Some(person);
    })
    .await
}

#[tokio::test]
async fn quota_holds_when_twenty_share_at_once() {
    let app = venue(1_000, 10_500, 6_100).await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let room = app.upload_room(&ada).await;
    app.let_in(&room, &ben, "member").await;
    let file = noise(1_000);
    let shared = join_all((0..20).map(|number| {
        let (user, room, file) = (if number % 2 == 0 { &ada } else { &ben }, &room, &file);
        async move { user.share(room, "noise.bin", file).await }
    }))
    .await;
    let count = |result: Result<(), UploadReason>| {
        let found = shared.iter().filter(|it| match (it, &result) {
            (Ok(_), Ok(())) => true,
            (Err(Refusal::Because(reason)), Err(expected)) => reason == expected,
            _ => false,
        });
        found.count()
    };
    assert_eq!(count(Ok(())), 10, "{shared:?}");
    let refused = count(Err(UploadReason::RoomFull)) + count(Err(UploadReason::PersonFull));
    assert_eq!(refused, 10, "{shared:?}");
    let held = app.held().await;
    assert_eq!((held["room"], held["share"], held["account"]), (10_000, 10_000, 10_000));
    assert_eq!(app.stored().len(), 10);
    // One person alone has less room than all.
    let other = app.upload_room(&ada).await;
    for _ in 0..6 {
        ada.share(&other, "noise.bin", &file).await.unwrap();
    }
    assert_eq!(ada.share(&other, "noise.bin", &file).await, because(UploadReason::PersonFull));
    app.stop().await;
}

#[tokio::test]
async fn unfinished_upload_counts_and_is_gone_after_a_day() {
    let app = venue(1_000, 1_500, 1_500).await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let upload = ada.begin(&room, "noise.bin", 1_000).await.unwrap();
    ada.piece(&upload, 0, noise(10)).await;
    assert_eq!(ada.begin(&room, "noise.bin", 501).await, because(UploadReason::PersonFull));
    assert_eq!(ada.own_files().await.unwrap().used, 1_000);
    let services = &app.running.venue.services;
    uploads::sweep(services).await.unwrap();
    services.files.sweep().await.unwrap();
    assert_eq!(ada.offset(&upload).await, 10);
    app.change("UPDATE uploads SET made_at = made_at - 86400001").await;
    uploads::sweep(services).await.unwrap();
    assert_eq!(ada.tus(Method::HEAD, &upload).send().await.unwrap().status(), 404);
    assert!(app.held().await.is_empty());
    assert!(app.unfinished().is_empty());
    assert!(ada.begin(&room, "noise.bin", 1_000).await.is_ok());
    app.stop().await;
}

#[tokio::test]
async fn smaller_versions_count_and_what_does_not_fit_is_gone() {
    let photo = content::jpeg(2_000, 1_500, &[]);
    let most = photo.len() as u64 + 100;
    let app = venue(most, most, most).await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let refused = ada.share(&room, "photo.jpg", &photo).await;
    assert_eq!(refused, because(UploadReason::PersonFull));
    assert!(app.held().await.is_empty() && app.unfinished().is_empty() && app.stored().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn files_go_with_their_room() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.artist("ada").await, app.visitor("ben").await);
    let (room, other) = (app.upload_room(&ada).await, app.upload_room(&ada).await);
    app.let_in(&room, &ben, "member").await;
    ada.share(&room, "a.bin", &noise(500)).await.unwrap();
    ben.share(&room, "b.bin", &noise(600)).await.unwrap();
    ben.begin(&room, "c.bin", 700).await.unwrap();
    ada.share(&other, "d.bin", &noise(800)).await.unwrap();
    let services = &app.running.venue.services;
    let mut write = services.database.begin().await.unwrap();
    let gone = uploads::remove_all(&mut write, room.id).await.unwrap();
    write.commit().await.unwrap();
    services.files.remove(&gone).await;
    assert_eq!((gone.len(), app.stored().len()), (3, 1));
    let held = app.held().await;
    assert_eq!((held["room"], held["share"], held["account"]), (800, 800, 800));
    assert_eq!(app.count("SELECT COUNT(*) FROM storage_usage").await, 5);
    app.stop().await;
}
