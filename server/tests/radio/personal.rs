//! Shows that aren't open to all, heard by personal addresses and in browsers that are logged in.

use std::time::Duration;

use bandstand_domain::{
    Secret, ShowId, accounts::AccountReason, listening::PersonalAddress, shows::ShowReason,
};
use bandstand_server::{
    config::UserCommand,
    own_account::{deletion, operator},
};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{ONE_OPUS, OnAir, PATIENCE, TONE_MP3, TWO_OPUS, heard, venue};
use crate::support::app::{PASSWORD, TestApp, User, draft};

/// Time within which what somebody may no longer hear ends.
const AT_ONCE: Duration = Duration::from_secs(2);
const NO_SUCH_THING: &str = "There is no such thing here.\n";

impl User {
    /// One's own address of a show.
    async fn address(&self, show: ShowId) -> PersonalAddress {
        self.addresses("listening/address", show).await
    }

    /// The same, and the former ones open nothing any more.
    async fn renewed(&self, show: ShowId) -> PersonalAddress {
        self.addresses("listening/renew", show).await
    }

    async fn addresses(&self, function: &str, show: ShowId) -> PersonalAddress {
        self.call::<_, ShowReason>(function, json!({ "show": show })).await.unwrap()
    }

    async fn account(&self, function: &str, arguments: Value) {
        let name = format!("accounts/{function}");
        self.call::<Value, AccountReason>(&name, arguments).await.unwrap();
    }

    /// Sound that the browser plays of a show.
    async fn listens(&self, name: &str) -> Response {
        self.page(&format!("/listen/{name}")).await
    }
}

/// A player, which has nothing but an address.
async fn play(address: &Secret) -> Response {
    Client::new().get(address.reveal()).send().await.unwrap()
}

async fn refused(address: &str) -> (u16, String) {
    let answer = play(&Secret::new(address)).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ends(player: Response) {
    timeout(AT_ONCE, player.bytes()).await.expect("it ends within two seconds").unwrap();
}

/// A show for people with an account alone, to which a source client sends.
async fn for_members(app: &TestApp) -> OnAir {
    let on_air = app.on_air("audio/mpeg", TONE_MP3).await;
    on_air.artist.close_to_guests(on_air.show, true).await;
    on_air
}

#[tokio::test]
async fn a_personal_address_opens_its_show_to_any_player() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } = for_members(&app).await;
    let vera = app.visitor("vera").await;
    let address = vera.address(show).await;
    let mut player = play(&address.sound).await;
    assert_eq!(player.status(), 200);
    let headers = player.headers();
    for (name, value) in [
        ("content-type", "audio/mpeg"),
        ("cache-control", "private, no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert!(!headers.contains_key("access-control-allow-origin"));
    heard(&mut player, 3_000).await;
    assert_eq!(app.running.venue.radio.mounts.listeners(), [(show, 1)]);

    assert_eq!(vera.address(show).await, address, "it is the same when it is shown again");
    let playlist = play(&address.playlist).await;
    assert_eq!(playlist.headers()["referrer-policy"], "no-referrer");
    let playlist = playlist.text().await.unwrap();
    assert!(playlist.ends_with(&format!("{}\n", address.sound.reveal())), "{playlist}");
    let pls = address.playlist.reveal().replace(".m3u", ".pls");
    let pls = play(&Secret::new(pls)).await.text().await.unwrap();
    assert!(pls.contains(&format!("File1={}\n", address.sound.reveal())), "{pls}");

    let other = artist.create(&draft("Another one", 9)).await.unwrap();
    let sound = address.sound.reveal();
    for wrong in [
        sound.replace(&show.to_string(), &other.to_string()),
        sound.replace(".mp3", ".json"),
        sound.replace(".mp3", "A.mp3"),
        format!("{}/listen/{show}/{}.mp3", app.url, "A".repeat(44)),
        format!("{}/listen/{show}.mp3", app.url),
    ] {
        assert_eq!(refused(&wrong).await, (404, NO_SUCH_THING.into()), "{wrong}");
    }
    let (status, text) = refused(vera.address(other).await.sound.reveal()).await;
    assert_eq!((status, text.contains("nothing to hear now")), (404, true), "{text}");
    for nobody in [app.nobody(), app.guest("Guest").await] {
        assert_eq!(nobody.post("listening/address", json!({ "show": show })).await.status(), 401);
    }

    // A radio that has it goes on when everybody is let in, and not.
    artist.close_to_guests(show, false).await;
    source.send(TONE_MP3).await;
    heard(&mut player, 1_000).await;
    assert_eq!(play(&address.sound).await.status(), 200);
    let export = vera.page("/settings/export").await.text().await.unwrap();
    let data: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(data["listening_address"]["renewed_at"], json!(address.renewed_at));
    drop(player);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn what_is_heard_by_a_personal_address_ends_with_its_persons_say_and_account() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } = for_members(&app).await;
    let vera = app.visitor("vera").await;
    let services = &app.running.venue.services;
    let mut known = Vec::new();
    for step in ["renew", "others", "password", "disable", "delete"] {
        source.send(TONE_MP3).await;
        let address = vera.address(show).await.sound;
        assert!(!known.contains(&address), "another one, as the former has ended");
        let mut player = play(&address).await;
        assert_eq!(player.status(), 200, "{step}");
        heard(&mut player, 1_000).await;
        match step {
            "renew" => {
                let renewed = vera.renewed(show).await.sound;
                assert_eq!(play(&renewed).await.status(), 200);
            }
            "others" => vera.account("end_other_sessions", json!({})).await,
            "password" => {
                let form = json!({ "current": PASSWORD, "new": "another horse battery" });
                vera.account("change_password", json!({ "form": form })).await;
            }
            // As the operator does it, in a process of its own.
            "disable" => {
                let config = services.config.as_ref().clone();
                let who = || "vera".to_owned();
                operator::run(config.clone(), UserCommand::Disable { who: who() }).await.unwrap();
                ends(player).await;
                assert_eq!(refused(address.reveal()).await, (404, NO_SUCH_THING.into()));
                operator::run(config, UserCommand::Enable { who: who() }).await.unwrap();
                vera.log_in("vera", "another horse battery").await.unwrap();
                assert_eq!(refused(address.reveal()).await, (404, NO_SUCH_THING.into()));
                continue;
            }
            _ => vera.account("delete", json!({ "password": "another horse battery" })).await,
        }
        ends(player).await;
        assert_eq!(refused(address.reveal()).await, (404, NO_SUCH_THING.into()), "{step}");
        known.push(address);
    }

    // Erased without having been deleted: nobody ever confirmed the address.
    let eve = app.visitor("eve").await;
    let address = eve.address(show).await.sound;
    let player = play(&address).await;
    assert_eq!(player.status(), 200);
    app.change("UPDATE accounts SET created_at = 0 WHERE handle = 'eve'").await;
    deletion::erase_due(services).await.unwrap();
    ends(player).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM player_sessions").await, 0);

    // And with the show.
    let player = play(&artist.address(show).await.sound).await;
    assert_eq!(player.status(), 200);
    artist.delete(show).await.unwrap();
    ends(player).await;
    assert_eq!(source.dismissed().await.0, 409);
    app.stop().await;
}

#[tokio::test]
async fn a_browser_that_is_logged_in_hears_it_until_it_is_logged_out() {
    let app = venue().await;
    let OnAir { show, source, studio: _studio, .. } = for_members(&app).await;
    let vera = app.visitor("vera").await;
    let guest = app.guest("Guest").await;
    let (about, playlist) = (format!("{show}.json"), format!("{show}.m3u"));
    let told = vera.listens(&about).await.text().await.unwrap();
    assert_eq!(told, r#"{"type":"audio/mpeg","mp3":true,"webrtc":false}"#);
    let told = guest.listens(&about).await.text().await.unwrap();
    assert_eq!(told, r#"{"type":null,"mp3":false,"webrtc":false}"#);
    let show = show.to_string();
    let mut player = vera.listens(&show).await;
    assert_eq!(player.headers()["cache-control"], "private, no-store");
    heard(&mut player, 3_000).await;
    for (who, name) in [(&vera, &playlist), (&guest, &show), (&app.nobody(), &show)] {
        assert_eq!(who.listens(name).await.status(), 404);
    }
    vera.log_out().await;
    ends(player).await;
    assert_eq!(vera.listens(&show).await.status(), 404);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn who_hears_as_a_member_hears_on_when_a_show_is_closed_to_guests() {
    let app = venue().await;
    let OnAir { artist, show, source, studio: _studio, .. } =
        app.on_air("audio/ogg", ONE_OPUS).await;
    let vera = app.visitor("vera").await;
    let mut member = play(&vera.address(show).await.sound).await;
    let guest = app.listen_as(&format!("{show}.mp3"), false).await;
    assert_eq!((member.status().as_u16(), guest.status().as_u16()), (200, 200));
    heard(&mut member, 1_000).await;
    artist.close_to_guests(show, true).await;
    ends(guest).await;
    for sound in [TWO_OPUS, ONE_OPUS] {
        source.send(sound).await;
    }
    heard(&mut member, 4_000).await;
    drop(member);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_address_plays_in_three_places() {
    let app = TestApp::configured(|config| config.limit_scale = 1).await;
    let OnAir { show, source, studio: _studio, .. } = for_members(&app).await;
    let vera = app.visitor("vera").await;
    let address = vera.address(show).await.sound;
    let mut players = Vec::new();
    for _ in 0..3 {
        let player = play(&address).await;
        assert_eq!(player.status(), 200);
        players.push(player);
    }
    let fourth = play(&address).await;
    assert_eq!(
        (fourth.status().as_u16(), fourth.headers().contains_key("retry-after")),
        (429, true)
    );
    assert!(fourth.text().await.unwrap().contains("Stop one of them"));
    let eve = app.visitor("eve").await;
    assert_eq!(play(&eve.address(show).await.sound).await.status(), 200);
    players.pop();
    let comes = async {
        while play(&address).await.status() != 200 {
            // Until the venue has noticed that one has left.
            source.send(TONE_MP3).await;
        }
    };
    timeout(PATIENCE, comes).await.expect("a place that is free again");
    drop(players);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}
