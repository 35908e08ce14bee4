//! The tus protocol: pieces, broken lines, checksums.

use std::time::Duration;

use bandstand_domain::{Refusal, uploads::UploadReason};
use reqwest::{Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::*;

/// Begins to send the rest of a file, and breaks off after `sent` bytes of it.
async fn break_off(app: &TestApp, user: &User, upload: &str, rest: &[u8], at: (usize, usize)) {
    let (offset, sent) = at;
    let mut raw = app.raw().await;
    let host = app.running.venue.services.config.listen;
    raw.send(&format!(
        "PATCH {upload} HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {}\r\n\
         tus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        app.url,
        user.cookie().unwrap(),
        rest.len(),
    ))
    .await;
    raw.bytes(&rest[..sent]).await;
    let there = offset + sent;
    let come = async {
        let length = || app.unfinished().iter().map(|it| it.metadata().unwrap().len()).sum::<u64>();
        while length() != there as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), come).await.expect("what was sent is there");
}

#[tokio::test]
async fn upload_that_breaks_off_ten_times_is_whole_to_the_bit() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let file = noise(1_234_567);
    let upload = ada.begin(&room, "noise.bin", file.len()).await.unwrap();
    let mut breaks = Vec::new();
    for number in 1..=10 {
        let offset = ada.offset(&upload).await;
        assert!(offset < file.len(), "{breaks:?}");
        // Also within a byte of where it was, and at odd places.
        let sent = if number == 3 { 1 } else { 9_001 * number };
        break_off(&app, &ada, &upload, &file[offset..], (offset, sent)).await;
        breaks.push(offset);
    }
    breaks.dedup();
    assert_eq!(breaks.len(), 10);
    // Also when the venue is restarted meanwhile.
    let app = app.restart().await;
    let ada = ada.at(&app);
    let offset = ada.offset(&upload).await;
    assert_eq!(offset, 1 + 9_001 * (55 - 3), "all that came counts");
    let response = ada.piece(&upload, offset, file[offset..].to_vec()).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["upload-offset"], file.len().to_string().as_str());
    let page = ada.files(&room).await.unwrap();
    let [shared] = &page.files[..] else { panic!("{page:?}") };
    assert_eq!((shared.name.as_str(), shared.bytes), ("noise.bin", file.len() as u64));
    let whole = ada.page(&shared.path(room.id)).await.bytes().await.unwrap();
    assert!(whole == file, "not the same to the bit");
    // Who missed the last answer learns that all is there.
    assert_eq!(ada.offset(&upload).await, file.len());
    assert!(app.unfinished().is_empty());
    let range = ada.client.get(format!("{}{}", app.url, shared.path(room.id)));
    let range = range.header(header::RANGE, "bytes=1000-1999").send().await.unwrap();
    assert_eq!(range.status(), StatusCode::PARTIAL_CONTENT);
    assert!(range.bytes().await.unwrap() == file[1_000..2_000]);
    app.stop().await;
}

#[tokio::test]
async fn piece_that_does_not_fit_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let file = noise(1_000);
    let upload = ada.begin(&room, "noise.bin", file.len()).await.unwrap();
    assert_eq!(ada.piece(&upload, 0, file[..400].to_vec()).await.status(), 204);
    let wrong = ada.piece(&upload, 0, file.clone()).await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT);
    assert_eq!(wrong.headers()["upload-offset"], "400");
    assert_eq!(ada.piece(&upload, 400, noise(700)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ada.offset(&upload).await, 400);
    let plain = ada.tus(Method::PATCH, &upload).header("upload-offset", 400).body("x");
    assert_eq!(plain.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let checked = |sum: String| {
        ada.tus(Method::PATCH, &upload)
            .header("upload-offset", 400)
            .header("upload-checksum", sum)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .body(file[400..].to_vec())
    };
    let sum = STANDARD.encode(Sha256::digest(&file[400..]));
    let damaged = checked(format!("sha256 {}", STANDARD.encode(Sha256::digest("other"))));
    assert_eq!(damaged.send().await.unwrap().status().as_u16(), 460);
    assert_eq!(checked("md5 abc=".into()).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(ada.offset(&upload).await, 400);
    assert_eq!(checked(format!("sha256 {sum}")).send().await.unwrap().status(), 204);
    assert_eq!(ada.files(&room).await.unwrap().files.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn server_says_what_it_knows_of_the_protocol() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let path = format!("/rooms/{}/uploads", room.id);
    let told = ada.tus(Method::OPTIONS, &path).send().await.unwrap();
    assert_eq!(told.status(), StatusCode::NO_CONTENT);
    assert_eq!(told.headers()["tus-version"], "1.0.0");
    assert_eq!(told.headers()["tus-extension"], "creation,termination,checksum");
    assert_eq!(told.headers()["tus-max-size"], "50000000");
    let post = || ada.client.post(format!("{}{path}", app.url)).header("upload-length", 5);
    let old = post().header(header::ORIGIN, &app.url).header("tus-resumable", "0.2.2");
    let old = old.send().await.unwrap();
    assert_eq!(old.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(old.headers()["tus-version"], "1.0.0");
    let foreign = post().header(header::ORIGIN, "https://evil.example");
    let foreign = foreign.header("tus-resumable", "1.0.0").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let nameless = ada.tus(Method::POST, &path).header("upload-length", 5).send().await.unwrap();
    assert_eq!(nameless.status(), StatusCode::CREATED);
    let lengthless = ada.tus(Method::POST, &path).send().await.unwrap();
    assert_eq!(lengthless.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ada.begin(&room, "a", 0).await, because(UploadReason::Empty));
    let most = 50_000_000;
    let large = ada.begin(&room, "a", most + 1).await;
    assert_eq!(large, because(UploadReason::TooLarge { most: most as u64 }));
    app.stop().await;
}

#[tokio::test]
async fn upload_that_is_given_up_leaves_nothing() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let room = app.upload_room(&ada).await;
    let upload = ada.begin(&room, "noise.bin", 1_000).await.unwrap();
    ada.piece(&upload, 0, noise(400)).await;
    assert_eq!(app.unfinished().len(), 1);
    assert_eq!(app.held().await["room"], 1_000);
    assert_eq!(ada.tus(Method::DELETE, &upload).send().await.unwrap().status(), 204);
    assert!(app.held().await.is_empty());
    assert!(app.unfinished().is_empty());
    for method in [Method::HEAD, Method::DELETE] {
        let again = ada.tus(method, &upload).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(refusal(ada.piece(&upload, 400, noise(600)).await).await, Refusal::NotFound);
    app.stop().await;
}
