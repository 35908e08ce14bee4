//! Pictures of people: what is taken, and what is made of it.

use std::{
    io::Cursor,
    time::{Duration, UNIX_EPOCH},
};

use bandstand_domain::Refusal;
use bandstand_domain::people::{MAX_PICTURE_BYTES, PeopleError, PeopleReason, Picture};
use bandstand_server::clock;
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::{Body, Response, StatusCode, header};
use serde_json::json;

use crate::support::app::{TestApp, User};

impl User {
    /// Brings a picture to `path` as the page would.
    async fn bring(&self, app: &TestApp, path: &str, file: impl Into<Body>) -> Response {
        self.client
            .post(format!("{}{path}", app.url))
            .header(header::ORIGIN, &app.url)
            .body(file)
            .send()
            .await
            .unwrap()
    }

    pub async fn brought(&self, app: &TestApp, file: Vec<u8>) -> Result<Picture, PeopleError> {
        self.brought_to(app, "/pictures", file).await
    }

    pub async fn brought_to(
        &self,
        app: &TestApp,
        path: &str,
        file: Vec<u8>,
    ) -> Result<Picture, PeopleError> {
        let response = self.bring(app, path, file).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        if status == 200 {
            return Ok(serde_json::from_str(&text).unwrap());
        }
        let refusal: PeopleError = serde_json::from_str(&text).unwrap();
        assert_eq!(status, refusal.status());
        Err(refusal)
    }
}

pub fn png() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(60, 40)).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

fn kept(app: &TestApp) -> usize {
    std::fs::read_dir(app.data().join("files/pictures")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_picture_is_made_anew_and_shown_as_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let picture = ada.brought(&app, png()).await.unwrap();
    assert_eq!(ada.who().await.unwrap().picture.as_ref(), Some(&picture));
    assert_eq!(app.nobody().artist_page("ada").await.unwrap().picture.as_ref(), Some(&picture));
    for path in [picture.large(), picture.small()] {
        let shown = app.nobody().page(&path).await;
        assert_eq!(shown.status(), StatusCode::OK);
        let headers = shown.headers().clone();
        assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
        assert!(shown.bytes().await.unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    }
    // A new one takes its place under another name; taken away, nothing is left.
    let second = ada.brought(&app, png()).await.unwrap();
    assert_ne!(second, picture);
    assert_eq!(app.nobody().page(&picture.large()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(kept(&app), 2);
    for _ in 0..2 {
        ada.call::<(), PeopleReason>("people/remove_picture", json!({})).await.unwrap();
    }
    assert_eq!((ada.who().await.unwrap().picture, kept(&app)), (None, 0));
    for path in ["/pictures/../../secret.key", "/pictures/%2e%2e%2fsecret.key", "/pictures/x.jpg"] {
        assert_eq!(app.nobody().page(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let reason = |reason| Err(Refusal::Because(reason));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for wrong in [b"".as_slice(), b"not a picture", svg, &png()[..50]] {
        assert_eq!(ada.brought(&app, wrong.to_vec()).await, reason(PeopleReason::NotAPicture));
    }
    let mut long = png();
    long.resize(MAX_PICTURE_BYTES + 1, 0);
    assert_eq!(ada.brought(&app, long.clone()).await, reason(PeopleReason::PictureTooLarge));
    // Its length isn't told beforehand: it is stopped while it comes in.
    let pieces = long.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
    let stream = futures::stream::iter(pieces.collect::<Vec<_>>());
    let answer = ada.bring(&app, "/pictures", Body::wrap_stream(stream)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!((ada.who().await.unwrap().picture, kept(&app)), (None, 0));

    let guest = app.guest("Guest").await;
    for user in [app.nobody(), guest] {
        assert_eq!(user.brought(&app, png()).await, Err(Refusal::NotLoggedIn));
        let removed = user.call::<(), PeopleReason>("people/remove_picture", json!({})).await;
        assert_eq!(removed, Err(Refusal::NotLoggedIn));
    }
    let foreign = ada
        .client
        .post(format!("{}/pictures", app.url))
        .header(header::ORIGIN, "https://evil.example")
        .body(png())
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert_eq!(kept(&app), 0);
}

#[tokio::test]
async fn a_picture_that_nobody_has_is_swept_away_once_it_is_old() {
    let app = TestApp::start().await;
    let ada = app.artist("ada").await;
    let picture = ada.brought(&app, png()).await.unwrap();
    let folder = app.data().join("files/pictures");
    let now = UNIX_EPOCH + Duration::from_millis(clock::now().0.unsigned_abs());
    let hours_ago = |hours: u64| now - Duration::from_secs(hours * 3_600);
    let file = |name: &str| folder.join(format!("{}.jpg", name.repeat(32)));
    std::fs::write(file("0"), "kept before a crash").unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(hours_ago(2)).unwrap();
    }
    std::fs::write(file("2"), "somebody's, in another database").unwrap();
    let old = std::fs::File::options().write(true).open(file("2")).unwrap();
    old.set_modified(hours_ago(72)).unwrap();
    std::fs::write(file("1"), "about to be somebody's").unwrap();
    app.running.venue.services.files.sweep().await.unwrap();
    let there = ["0", "1", "2"].map(|name| file(name).exists());
    assert_eq!((kept(&app), there), (4, [false, true, true]));
    assert_eq!(app.nobody().page(&picture.small()).await.status(), StatusCode::OK);
}
