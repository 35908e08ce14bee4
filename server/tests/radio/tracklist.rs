//! Titles that last are in the tracklist of their show.

use bandstand_domain::{
    Refusal,
    channel::Event,
    shows::{ShowEvent, ShowPage, ShowReason},
    stage::{StageError, StageReason},
};
use serde_json::json;
use tokio::time::timeout;

use super::{OnAir, PATIENCE, RATE48_MP3, until_title, venue};
use crate::support::{app::User, channel::Follower};

/// Titles of the tracks that a page was told.
fn tracks(follower: &Follower) -> Vec<&str> {
    let told = follower.events.iter().filter_map(|event| match event {
        Event::Show(ShowEvent::Played { track, .. }) => Some(track.title.as_str()),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn titles_that_last_are_noted_whoever_tells_them() {
    let app = venue().await;
    let OnAir { artist, show, key, mut studio, source } =
        app.on_air("audio/mpeg", RATE48_MP3).await;
    let mut player = app.listen(show, true).await;
    for title in ["Jingle", "Ada%20-%20One"] {
        assert_eq!(app.say_title(&key, &format!("mode=updinfo&song={title}")).await, 200);
    }
    let noted = studio.until(|it| tracks(it) == ["Ada - One"]);
    timeout(PATIENCE, noted).await.expect("a track");
    // From the studio, for players and pages alike.
    artist
        .call::<(), StageReason>("live/set_title", json!({ "show": show, "title": " Two " }))
        .await
        .unwrap();
    source.send(RATE48_MP3).await;
    timeout(PATIENCE, until_title(&mut player, "Two")).await.expect("the title");
    let noted = studio.until(|it| tracks(it) == ["Ada - One", "Two"]);
    timeout(PATIENCE, noted).await.expect("another track");

    let page: ShowPage =
        app.nobody().call::<_, ShowReason>("shows/show", json!({ "id": show })).await.unwrap();
    let titles = page.tracks.iter().map(|it| it.title.as_str()).collect::<Vec<_>>();
    assert_eq!(titles, ["Ada - One", "Two"]);
    assert!(page.tracks[0].at < page.tracks[1].at);
    // What plays for members alone is told to them alone.
    artist.close_to_guests(show, true).await;
    let tracks_for = async |it: &User| it.show(show).await.unwrap().tracks.len();
    for (person, count) in
        [(app.nobody(), 0), (app.guest("Tom").await, 0), (app.visitor("vera").await, 2)]
    {
        assert_eq!(tracks_for(&person).await, count);
    }

    let long = json!({ "show": show, "title": "x".repeat(201) });
    let refused: Result<(), StageError> = artist.call("live/set_title", long).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}
