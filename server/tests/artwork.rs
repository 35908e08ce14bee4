//! Artwork of shows.

use bandstand_domain::{
    Refusal, ShowId,
    people::{PeopleError, PeopleReason, Picture},
    shows::{MAX_ARTWORK_BYTES, ShowPage, ShowReason},
};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    pictures::png,
    support::app::{TestApp, User},
};

impl User {
    /// Brings artwork as the page would.
    async fn artwork(
        &self,
        app: &TestApp,
        show: ShowId,
        file: Vec<u8>,
    ) -> Result<Picture, PeopleError> {
        self.brought_to(app, &format!("/shows/{show}/artwork"), file).await
    }
}

async fn shown(app: &TestApp, show: ShowId) -> Option<Picture> {
    let page = app.nobody().call::<ShowPage, ShowReason>("shows/show", json!({ "id": show })).await;
    page.unwrap().card.artwork
}

#[tokio::test]
async fn artwork_is_its_artists_alone_to_change_and_goes_with_the_show() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let artwork = artist.artwork(&app, show, png()).await.unwrap();
    assert_eq!(shown(&app, show).await.as_ref(), Some(&artwork));
    let list = app.nobody().page("/").await.text().await.unwrap();
    assert!(list.contains(artwork.name()), "on the first page");

    let other = app.artist("other").await;
    assert_eq!(other.artwork(&app, show, png()).await, Err(Refusal::Forbidden));
    assert_eq!(app.nobody().artwork(&app, show, png()).await, Err(Refusal::NotLoggedIn));
    let nowhere = ShowId(uuid::Uuid::nil());
    assert_eq!(artist.artwork(&app, nowhere, png()).await, Err(Refusal::NotFound));
    let wrong = artist.artwork(&app, show, b"<svg/>".to_vec()).await;
    assert_eq!(wrong, Err(Refusal::Because(PeopleReason::NotAPicture)));
    let large = artist.artwork(&app, show, vec![0; MAX_ARTWORK_BYTES + 1]).await;
    assert_eq!(large, Err(Refusal::Because(PeopleReason::PictureTooLarge)));
    assert_eq!(shown(&app, show).await.as_ref(), Some(&artwork));

    // A new one takes its place.
    let second = artist.artwork(&app, show, png()).await.unwrap();
    assert_eq!(app.nobody().page(&artwork.large()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.nobody().page(&second.large()).await.status(), StatusCode::OK);
    artist.call::<(), PeopleReason>("shows/remove_artwork", json!({ "id": show })).await.unwrap();
    assert_eq!(shown(&app, show).await, None);

    let last = artist.artwork(&app, show, png()).await.unwrap();
    artist.call::<(), ShowReason>("shows/delete", json!({ "id": show })).await.unwrap();
    assert_eq!(app.nobody().page(&last.large()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(artist.artwork(&app, show, png()).await, Err(Refusal::Gone));
}
