//! HTTP connections: how long they may be held, and how many there are.

use std::{fs, time::Duration};

use bandstand_domain::channel::Topic;
use bandstand_server::config::Timeouts;
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{support::app::TestApp, support::channel::Follower};

const PATIENCE: Duration = Duration::from_secs(20);

const fn quick() -> Timeouts {
    Timeouts {
        head: Duration::from_secs(1),
        idle: Duration::from_secs(4),
        write: Duration::from_secs(1),
    }
}

#[tokio::test]
async fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    assert!(Timeouts::default().idle > Duration::from_secs(120), "proxies keep theirs so long");
    assert!(Timeouts::default().direct().idle < Duration::from_secs(30), "browsers have six each");
    let app = TestApp::configured(|config| config.timeouts = quick()).await;
    let mut idle = app.raw().await;
    assert!(idle.is_answered().await);
    let mut second = app.raw().await;
    assert!(second.is_answered().await);
    second.send("GET / HTTP/1.1\r\nhost:").await;
    let mut first = app.raw().await;
    first.send("GET / HT").await;
    first.ends("the first head").await;
    second.ends("the second head").await;
    assert!(idle.is_answered().await, "closed between two requests");
    idle.ends("an idle connection").await;
    app.stop().await;
}

#[tokio::test]
async fn a_live_channel_has_no_timeout_of_http() {
    let app = TestApp::configured(|config| {
        config.timeouts = Timeouts { idle: Duration::from_secs(1), ..quick() };
    })
    .await;
    let mut channel = app.channel(&app.nobody()).await;
    let mut pings = 0;
    while pings < 2 {
        let message = channel.message().await.unwrap().unwrap();
        pings += i32::from(matches!(message, Message::Ping(_)));
    }
    Follower::new(channel, Topic::Shows).subscribe(None).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let app = TestApp::configured(|config| {
        config.timeouts = quick();
        // More than the system takes in the reader's place.
        fs::write(config.site.join("long.txt"), vec![b'a'; 64 << 20]).unwrap();
    })
    .await;
    let mut slow = app.raw().await;
    slow.send("GET /long.txt HTTP/1.1\r\nhost: venue\r\n\r\n").await;
    assert!(slow.head().await.starts_with("HTTP/1.1 200"));
    let given_up = async {
        let mut looks = interval(Duration::from_millis(20));
        while !app.running.venue.services.requests.is_empty() {
            looks.tick().await;
        }
    };
    timeout(PATIENCE, given_up).await.expect("the connection is given up");
    drop(slow);
    app.stop().await;
}

#[tokio::test]
async fn a_full_venue_refuses_at_once() {
    let app = TestApp::configured(|config| config.most_connections = 2).await;
    let (mut one, mut two) = (app.raw().await, app.raw().await);
    assert!(one.is_answered().await && two.is_answered().await);
    let refused = app.get_raw("/").await;
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 10"),
        "{refused}"
    );
    drop(one);
    let let_in = async {
        let mut tries = interval(Duration::from_millis(20));
        while !app.raw().await.is_answered().await {
            tries.tick().await;
        }
    };
    timeout(PATIENCE, let_in).await.expect("a place that is free again");
    app.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let app = TestApp::start().await;
    let mut raw = app.raw().await;
    let long = "a".repeat(128 * 1024);
    raw.send(&format!("GET /healthz HTTP/1.1\r\nhost: venue\r\nx-long: {long}\r\n\r\n")).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 431"));
    app.stop().await;
}
