//! The program against a real venue and a null sink of PulseAudio: login, going on air, being heard, a line that is
//! cut, and what is saved meanwhile.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod listener;
mod network;
mod program;
mod sound_server;
mod tone;
mod venue;

use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use listener::Listener;
use network::Network;
use program::Program;
use sound_server::SoundServer;
use venue::TestVenue;

/// Logs the program in, as its person does it in a browser.
async fn log_in(venue: &TestVenue, network: &Network, folder: &std::path::Path) {
    let mut login = Program::start(folder, &["login", &network.address], None);
    let code = login.until("type the code ").await;
    let code = code.rsplit(' ').next().unwrap().to_owned();
    let asked = venue.call("api_tokens/look_up", serde_json::json!({ "code": code })).await;
    assert!(asked["program"].as_str().unwrap().starts_with("bandstand source"), "{asked}");
    venue.call("api_tokens/decide", serde_json::json!({ "code": code, "allowed": true })).await;
    login.until("Logged in.").await;
    assert!(login.ended().await.success());
    let file = folder.join("bandstand/source.json");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_plays_is_heard_and_saved_whole_though_the_line_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let venue = TestVenue::open().await;
    let network = Network::to(&venue).await;
    let sound = SoundServer::start().await;
    log_in(&venue, &network, folder.path()).await;

    let mut schedule = Program::start(folder.path(), &["schedule"], None);
    let line = schedule.until("Songs for nobody").await;
    assert!(line.ends_with("← due"), "{line}");
    let mut devices = Program::start(folder.path(), &["devices"], Some(&sound));
    devices.until("stage.monitor").await;

    let saved = folder.path().join("night.wav");
    let listener = Listener::open(&venue).await;
    let arguments = ["stream", "--device", "stage.monitor", "--save", saved.to_str().unwrap()];
    let mut stream = Program::start(folder.path(), &arguments, Some(&sound));
    stream.until("On air by WebRTC: Songs for nobody").await;
    let begun = Instant::now();
    listener.until_packets(150).await;
    assert_eq!(venue.state(&network, folder.path()).await["stage"], "live");
    venue.say("Good evening").await;
    stream.until("Ada: Good evening").await;
    tone::assert_heard(&listener.take().await, folder.path());

    network.cut();
    // The audience is told after seven seconds; the line is cut for longer than that.
    stream.until("The line is lost.").await;
    venue.until_stage("dropped").await;
    tokio::time::sleep(Duration::from_secs(10).saturating_sub(network.cut_for())).await;
    network.mend();
    stream.until("On air by WebRTC").await;
    listener.take().await;
    listener.until_packets(150).await;
    tone::assert_heard(&listener.take().await, folder.path());
    venue.until_stage("live").await;

    let length = begun.elapsed();
    stream.interrupt();
    stream.until("Saved ").await;
    assert!(stream.ended().await.success());
    tone::assert_saved(&saved, length);

    // It goes on, and ends with the show.
    let mut stream = Program::start(folder.path(), &["stream"], Some(&sound));
    stream.until("On air by WebRTC").await;
    venue.call("live/end", serde_json::json!({ "show": venue.show })).await;
    stream.until("The show is over.").await;
    assert!(stream.ended().await.success());

    let mut logout = Program::start(folder.path(), &["logout"], None);
    logout.until("Logged out.").await;
    let tokens = venue.call("api_tokens/list", serde_json::json!({})).await;
    assert_eq!(tokens, serde_json::json!([]));
    let mut again = Program::start(folder.path(), &["stream"], Some(&sound));
    again.until("You are not logged in.").await;
    assert!(!again.ended().await.success());
    venue.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_goes_by_http_where_media_does_not_get_through_and_ends_with_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let venue = TestVenue::open().await;
    let network = Network::without_media(&venue).await;
    let sound = SoundServer::start().await;
    log_in(&venue, &network, folder.path()).await;
    let saved = folder.path().join("night.opus");
    // Without a device: what the computer plays, which is its default sink.
    let arguments = ["stream", "--save", saved.to_str().unwrap()];
    let mut stream = Program::start(folder.path(), &arguments, Some(&sound));
    stream.until("On air by HTTP").await;
    let heard = folder.path().join("heard.opus");
    std::fs::write(&heard, venue.listen(200_000).await).unwrap();
    tone::assert_tone(&heard, Duration::from_secs(5));
    network.cut();
    stream.until("The line is lost.").await;
    network.mend();
    stream.until("On air by HTTP").await;
    venue.until_stage("live").await;

    let tokens = venue.call("api_tokens/list", serde_json::json!({})).await;
    venue.call("api_tokens/revoke", serde_json::json!({ "id": tokens[0]["id"] })).await;
    stream.until("not good, or no longer").await;
    // What is saved is whole though nobody is on air any more.
    stream.until("still saved").await;
    stream.interrupt();
    stream.until("Saved ").await;
    assert!(!stream.ended().await.success());
    tone::assert_tone(&saved, Duration::from_secs(5));
    venue.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_while_the_venue_is_away_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let venue = TestVenue::open().await;
    let network = Network::to(&venue).await;
    let sound = SoundServer::start().await;
    log_in(&venue, &network, folder.path()).await;
    let mut stream = Program::start(folder.path(), &["stream"], Some(&sound));
    stream.until("On air by WebRTC").await;
    network.refuse();
    stream.until("The line is lost.").await;
    for _ in 0..3 {
        stream.until("The venue answers 404 Not Found. Trying again").await;
    }
    network.mend();
    stream.until("On air by WebRTC").await;
    stream.interrupt();
    assert!(stream.ended().await.success());
    venue.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_revokes_what_it_replaces_and_a_logout_what_it_was_let_in_by() {
    let folder = tempfile::tempdir().unwrap();
    let venue = TestVenue::open().await;
    let network = Network::to(&venue).await;
    let tokens = async || venue.call("api_tokens/list", serde_json::json!({})).await;
    let endings = async || -> Vec<String> {
        let tokens = tokens().await;
        let ending = |it: &serde_json::Value| it["ending"].as_str().unwrap().to_owned();
        tokens.as_array().unwrap().iter().map(ending).collect()
    };
    let kept = || -> serde_json::Value {
        let file = std::fs::read(folder.path().join("bandstand/source.json")).unwrap();
        serde_json::from_slice(&file).unwrap()
    };
    log_in(&venue, &network, folder.path()).await;
    let before = endings().await;
    log_in(&venue, &network, folder.path()).await;
    let now = endings().await;
    assert_eq!(now.len(), 1, "{now:?}");
    assert_ne!(now, before);

    // By a token of the environment, as timers have it; the login of the file is another one.
    let other = tempfile::tempdir().unwrap();
    log_in(&venue, &network, other.path()).await;
    let login = std::fs::read(other.path().join("bandstand/source.json")).unwrap();
    let login: serde_json::Value = serde_json::from_slice(&login).unwrap();
    let environment = [
        ("BANDSTAND_VENUE", network.address.as_str()),
        ("BANDSTAND_TOKEN", login["token"].as_str().unwrap()),
    ];
    let mut logout = Program::with(folder.path(), &["logout"], None, &environment);
    logout.until("The token of the environment is revoked.").await;
    assert!(logout.ended().await.success());
    assert_eq!(endings().await, now);
    assert!(kept()["token"].as_str().unwrap().ends_with(&now[0]));
    venue.close().await;
}
