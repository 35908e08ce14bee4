//! MP3 for players that take nothing else.

use reqwest::header;

use super::{ONE_OPUS, OnAir, TONE_MP3, TWO_OPUS, heard, venue};

#[tokio::test]
async fn a_show_is_heard_as_mp3_whatever_it_is_sent_in() {
    let app = venue().await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("audio/ogg", ONE_OPUS).await;
    let mut players = Vec::new();
    for _ in 0..2 {
        let player = app.listen_as(&format!("{show}.mp3"), true).await;
        assert_eq!(player.status(), 200);
        assert_eq!(player.headers()[header::CONTENT_TYPE], "audio/mpeg");
        players.push(player);
    }
    let interval: usize = players[0].headers()["icy-metaint"].to_str().unwrap().parse().unwrap();
    source.send(TWO_OPUS).await;
    for player in &mut players {
        let bytes = heard(player, interval + 100).await;
        assert_eq!((bytes[0], bytes[1] & 0xfe), (0xff, 0xfa));
        let title = String::from_utf8_lossy(&bytes[interval..]).into_owned();
        assert!(title.contains("StreamTitle='Ada - One';"), "{title}");
    }
    let playlist = app.listen_path(&format!("/listen/{show}.m3u")).await;
    assert!(playlist.ends_with(&format!("/listen/{show}.mp3\n")), "{playlist}");
    drop(players);
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn mp3_that_is_small_enough_is_given_out_as_it_came() {
    let app = venue().await;
    let OnAir { show, source, studio: _studio, .. } = app.on_air("audio/mpeg", TONE_MP3).await;
    let mut player = app.listen_as(&format!("{show}.mp3"), false).await;
    let bytes = heard(&mut player, 1_000).await;
    assert!(TONE_MP3.windows(1_000).any(|it| it == &bytes[..1_000]));
    assert_eq!(source.ended().await.0, 200);
    app.stop().await;
}
