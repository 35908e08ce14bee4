//! The port for source clients that no HTTP server understands.

use bandstand_domain::stage::StageState;
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header;
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::{ONE_OPUS, TONE_MP3, venue};
use crate::support::{app::TestApp, raw::Raw};

impl TestApp {
    /// A connection to the port for sources.
    async fn source_port(&self) -> Raw {
        Raw(TcpStream::connect(self.running.radio_listen.unwrap()).await.unwrap())
    }
}

#[tokio::test]
async fn the_port_for_sources_takes_what_http_does_not() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let authorization = BASE64_STANDARD.encode(format!("source:{}", key.reveal()));
    // 401 before 100.
    let mut port = app.source_port().await;
    port.send("PUT /radio HTTP/1.1\r\nExpect: 100-continue\r\nContent-Type: audio/mpeg\r\n\r\n")
        .await;
    let refused = port.rest().await;
    assert!(
        refused.starts_with("HTTP/1.1 401 ") && refused.contains("www-authenticate: Basic"),
        "{refused}"
    );

    // 100, then a body without framing, then the end and 200.
    let mut port = app.source_port().await;
    port.send(&format!(
        "PUT /radio/{show} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Type: audio/mpeg\r\n\
         Authorization: Basic {authorization}\r\n\r\n"
    ))
    .await;
    assert_eq!(port.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    port.bytes(TONE_MP3).await;
    studio.until_stage(StageState::Live).await;
    // A title on a connection of its own that is used twice.
    let mut title = app.source_port().await;
    for _ in 0..2 {
        title
            .send(&format!(
                "GET /admin/metadata?mode=updinfo&mount=/radio&song=x HTTP/1.1\r\n\
                 Authorization: Basic {authorization}\r\n\r\n"
            ))
            .await;
        assert!(title.head().await.starts_with("HTTP/1.1 200 "));
        let mut body = [0; 113];
        title.0.read_exact(&mut body).await.unwrap();
        assert!(body.starts_with(b"<?xml"));
    }
    port.close().await;
    assert!(port.rest().await.starts_with("HTTP/1.1 200 "));
    studio.until_stage(StageState::Dropped).await;

    // SOURCE is answered at once.
    let mut port = app.source_port().await;
    port.send(&format!(
        "SOURCE /radio ICE/1.0\r\ncontent-type: application/ogg\r\nauthorization: Basic {authorization}\r\n\r\n"
    ))
    .await;
    assert_eq!(port.head().await, "HTTP/1.0 200 OK\r\n\r\n");
    port.bytes(ONE_OPUS).await;
    studio.until_stage(StageState::Live).await;
    let player = app.listen(show, false).await;
    assert_eq!(player.headers()[header::CONTENT_TYPE], "audio/ogg; codecs=opus");
    drop((player, port));
    studio.until_stage(StageState::Dropped).await;

    // What is no request; what isn't there.
    let mut port = app.source_port().await;
    port.send("\x16\x03\x01").await;
    assert!(port.rest().await.starts_with("HTTP/1.1 400 "));
    let mut port = app.source_port().await;
    port.send("GET /admin/!POKE HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    let poked = port.rest().await;
    assert!(
        poked.starts_with("HTTP/1.1 401 ") && poked.contains("allow: GET, PUT, SOURCE"),
        "{poked}"
    );
    app.stop().await;
}

#[tokio::test]
async fn wrong_keys_hold_no_places_of_sources() {
    // Four places.
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.most_connections = 64;
        config.radio_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let (_artist, _show, key) = app.keyed().await;
    let put = |key: &str| {
        let authorization = BASE64_STANDARD.encode(format!("source:{key}"));
        format!(
            "PUT /radio HTTP/1.1\r\nExpect: 100-continue\r\nContent-Type: audio/mpeg\r\n\
             Authorization: Basic {authorization}\r\n\r\n"
        )
    };
    // Answered, and waited for until they hang up.
    let mut refused = Vec::new();
    for _ in 0..6 {
        let mut port = app.source_port().await;
        port.send(&put("a wrong key")).await;
        assert!(port.head().await.starts_with("HTTP/1.1 401 "));
        refused.push(port);
    }
    let mut port = app.source_port().await;
    port.send(&put(key.reveal())).await;
    assert_eq!(port.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    drop((refused, port));
    app.stop().await;
}
