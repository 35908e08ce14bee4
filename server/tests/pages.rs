//! Pages, as the server renders them.

use std::{
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::{interval, timeout};

use crate::support::app::TestApp;

/// Panics about a page that was taken away from under what it asked for.
static DISPOSED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_hangs_up_while_its_page_is_rendered_is_no_error() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let disposed = panic.payload_as_str().is_some_and(|text| text.contains("disposed"));
        DISPOSED.fetch_add(usize::from(disposed), Ordering::Relaxed);
        hook(panic);
    }));
    let app = TestApp::start().await;
    let (_, show) = app.artist_with_show().await;
    for round in 0..30 {
        let path = match round % 3 {
            0 => "/".to_owned(),
            1 => format!("/shows/{show}"),
            _ => "/artists/ada".to_owned(),
        };
        let mut clients = Vec::new();
        for number in 0..12 {
            let mut client = app.raw().await;
            // A page for somebody who may be known is rendered for them alone.
            let cookie = if number % 4 == 0 { "" } else { "cookie: bandstand=x\r\n" };
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: venue\r\naccept: text/html\r\n{cookie}\r\n");
            client.send(&request).await;
            clients.push(client);
        }
        // The others are at different places on their way by then.
        assert!(clients[0].head().await.starts_with("HTTP/1.1 200"));
        drop(clients);
    }
    let ended = async {
        let mut looks = interval(Duration::from_millis(20));
        while !app.running.venue.services.requests.is_empty() {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(60), ended).await.expect("all is rendered to its end");
    assert_eq!(DISPOSED.load(Ordering::Relaxed), 0);
    app.stop().await;
}

#[tokio::test]
async fn the_first_page_says_how_the_stage_is() {
    let app = TestApp::start().await;
    app.artist_with_show().await;
    let stages: [(&'static str, &str, &str); 4] = [
        ("UPDATE shows SET stage = 'empty'", "Next on stage", "plays "),
        ("UPDATE shows SET stage = 'live'", "Live now", "is on stage right now."),
        ("UPDATE shows SET stage = 'paused'", "Taking a break", "takes a short break."),
        ("UPDATE shows SET stage = 'dropped'", "Back in a moment", "will be back in a moment."),
    ];
    for (statement, badge, now) in stages {
        app.change(statement).await;
        let page = app.nobody().page("/").await.text().await.unwrap();
        let hero = page.split_once("hero").unwrap().1.split_once("</section>").unwrap().0;
        assert!(hero.contains(badge) && hero.contains(now), "{statement}: {hero}");
        assert_eq!(hero.contains("is on stage right now."), badge == "Live now", "{hero}");
    }
    app.stop().await;
}
