//! Moments of a show that is played again: what was said, as long as it is there, and the crowd.

use bandstand_domain::{
    Millis, Refusal, ShowId,
    channel::ClientFrame,
    chat::{ChatPlace, ChatReason},
    crowd::Gesture,
    recordings::{MOMENTS_WINDOW, Moments, RecordingError, RecordingReason, RecordingState},
    stage::StageState,
};
use bandstand_server::own_account::deletion;
use serde_json::json;
use uuid::Uuid;

use super::unpublished;
use crate::support::app::{PASSWORD, TestApp, User};

impl User {
    pub async fn moments(&self, show: ShowId, from: Millis) -> Result<Moments, RecordingError> {
        self.call("recordings/moments", json!({ "show": show, "from": from })).await
    }

    /// Texts that were said from an instant on.
    async fn said_from(&self, show: ShowId, from: Millis) -> Vec<String> {
        let moments = self.moments(show, from).await.unwrap();
        moments.messages.into_iter().map(|it| it.text).collect()
    }
}

#[tokio::test]
async fn what_was_said_is_played_again_as_long_as_it_is_there() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (guest, ben) = (app.guest("Bob").await, app.visitor("ben").await);
    assert_eq!(
        artist.moments(show, Millis(0)).await,
        Err(Refusal::NotFound),
        "nothing is recorded"
    );
    let _on_stage = app.play(&artist, show, 1).await;
    guest.say(show, "What a voice").await;
    let wrong = guest.say(show, "Wrong window").await;
    ben.say(show, "Once more").await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    let from = draft.began_at;
    assert_eq!(guest.moments(show, from).await, unpublished());
    assert_eq!(artist.said_from(show, from).await.len(), 3);

    artist.publish_recording(show, true).await.unwrap();
    let moments = guest.moments(show, from).await.unwrap();
    assert_eq!(moments.until, from.plus(MOMENTS_WINDOW));
    let texts: Vec<_> = moments.messages.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["What a voice", "Wrong window", "Once more"]);
    let last = moments.messages[2].sent_at;
    assert_eq!(guest.said_from(show, last).await.last().unwrap(), "Once more");
    assert!(guest.said_from(show, last.plus(1)).await.is_empty());
    assert!(guest.said_from(show, from.plus(-MOMENTS_WINDOW)).await.is_empty());

    // What is taken back, or erased with its person, is gone at once.
    let delete = json!({ "place": ChatPlace::Show(show), "id": wrong });
    guest.call::<(), ChatReason>("chat/delete", delete).await.unwrap();
    assert_eq!(guest.said_from(show, from).await, ["What a voice", "Once more"]);
    ben.post("accounts/delete", json!({ "password": PASSWORD })).await;
    app.change("UPDATE accounts SET deleted_at = deleted_at - 1209600000").await;
    deletion::erase_due(&app.running.venue.services).await.unwrap();
    assert_eq!(guest.said_from(show, from).await, ["What a voice"]);
    app.stop().await;
}

#[tokio::test]
async fn much_that_was_said_comes_in_windows_without_gaps() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let _on_stage = app.play(&artist, show, 1).await;
    artist.end(show).await.unwrap();
    let draft = artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    // Two at a time, ten milliseconds apart.
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    for number in 0..250_i64 {
        sqlx::query(
            "INSERT INTO messages (topic, position, id, author, name, from_artist, text, sent_at) \
             VALUES ($1, $2, $3, 'ada', 'Ada', 0, $4, $5)",
        )
        .bind(ChatPlace::Show(show).to_string())
        .bind(10_000 + number)
        .bind(Uuid::new_v4().to_string())
        .bind(number.to_string())
        .bind(draft.began_at.plus((number + 1) / 2 * 10).0)
        .execute(&mut *write)
        .await
        .unwrap();
    }
    write.commit().await.unwrap();
    let first = artist.moments(show, draft.began_at).await.unwrap();
    let second = artist.moments(show, first.until).await.unwrap();
    assert_eq!((first.messages.len(), second.messages.len()), (199, 51));
    let all = first.messages.iter().chain(&second.messages).map(|it| it.text.parse().unwrap());
    assert_eq!(all.collect::<Vec<i64>>(), (0..250).collect::<Vec<_>>());
    app.stop().await;
}

#[tokio::test]
async fn crowd_is_played_again_in_numbers_as_long_as_it_is_recorded() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let guest = app.guest("Bob").await;
    let mut crowd = app.follow(&guest, show).await;
    let kept = async || {
        app.running.venue.crowds.keep_moments().await.unwrap();
        app.count("SELECT COUNT(*) FROM crowd_moments").await
    };
    crowd.channel.say(&ClientFrame::Gesture { show, gesture: Gesture::Jump }).await;
    crowd.until(|it| !it.gestures.is_empty()).await;
    assert_eq!(kept().await, 0, "before the show");
    let _on_stage = app.play(&artist, show, 1).await;
    crowd.until_stage(StageState::Live).await;
    let from = artist.recording(show).await.unwrap().began_at;
    crowd.gestures.clear();
    crowd.channel.say(&ClientFrame::Gesture { show, gesture: Gesture::Wave }).await;
    crowd.until(|it| !it.gestures.is_empty()).await;
    assert!(kept().await > 0);

    let moments = artist.moments(show, from).await.unwrap();
    assert!(moments.crowd.iter().all(|it| it.count == 1), "{:?}", moments.crowd);
    let gestures: Vec<_> = moments.crowd.iter().flat_map(|it| &it.gestures).collect();
    let [(_, Gesture::Wave, 1)] = &gestures[..] else { panic!("{gestures:?}") };

    // Nothing is kept of what isn't recorded, and nothing without a recording.
    artist.record(show, false).await;
    app.change("DELETE FROM crowd_moments").await;
    assert_eq!(kept().await, 0);
    artist.record(show, true).await;
    assert!(kept().await > 0);
    artist.end(show).await.unwrap();
    artist.until_recording(show, |it| it.state == RecordingState::Draft).await;
    artist.call::<(), RecordingReason>("recordings/delete", json!({ "show": show })).await.unwrap();
    assert_eq!(kept().await, 0);
    app.stop().await;
}
