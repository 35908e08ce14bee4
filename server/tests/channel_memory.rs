//! Memory of open pages. The venue has a runtime of its own, and what is allocated on its threads is
//! counted: neither the pages nor the other tests are.

use std::time::Duration;

use bandstand_domain::channel::ServerFrame;
use bandstand_synthetic::memory::{self, CountingAllocator};
use futures::future::join_all;
use tokio::{
    runtime,
    sync::watch,
    task::JoinHandle,
    time::{interval, timeout},
};

use crate::support::{app::TestApp, channel::Channel};

/// Pages whose memory is measured.
const PAGES: usize = 200;
/// Pages that are open before, so that what the venue makes once is there; as many are opened at once.
const WARM_UP: usize = 20;
/// The most bytes of one open page; half of what it may take with what allocator and system add.
const MAX_BYTES: usize = 16 * 1024;
/// Messages that everybody hears in between.
const MESSAGES: usize = 30;
const PATIENCE: Duration = Duration::from_secs(60);

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// An open page that reads all it is sent.
struct Page {
    reading: JoinHandle<()>,
    /// Chat messages that it was told.
    told: watch::Receiver<usize>,
}

impl Page {
    fn new(mut channel: Channel) -> Self {
        let (tell, told) = watch::channel(0);
        let reading = tokio::spawn(async move {
            while let Some(Ok(message)) = channel.message().await {
                let frame = message.to_text().ok().and_then(|it| serde_json::from_str(it).ok());
                if let Some(ServerFrame::Events { events, .. }) = frame {
                    tell.send_modify(|told| *told += events.len());
                }
            }
        });
        Self { reading, told }
    }
}

#[test]
fn an_open_page_takes_little_memory_however_much_it_is_told() {
    let server = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .on_thread_start(memory::count_this_thread)
        .build()
        .unwrap();
    let pages = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    pages.block_on(async {
        let opened = server.spawn(async {
            let app = TestApp::start().await;
            let (_, show) = app.artist_with_show().await;
            (app, show)
        });
        let (app, show) = opened.await.unwrap();
        // Connections of HTTP are no part of it: a page has let go of them by then.
        let settled = async || {
            let mut looks = interval(Duration::from_millis(20));
            while !app.running.venue.services.requests.is_empty() {
                looks.tick().await;
            }
            usize::try_from(memory::held()).unwrap()
        };
        let settled = async || timeout(PATIENCE, settled()).await.expect("requests end");
        let open = async |from: usize| {
            join_all((from..from + WARM_UP).map(|number| {
                let app = &app;
                async move {
                    let guest = app.guest(&format!("Guest {number}")).await;
                    Page::new(app.follow(&guest, show).await.channel)
                }
            }))
            .await
        };
        let mut all = open(0).await;
        let before = settled().await;
        // Some at a time: their browsers are made on this thread, on which the others have to be heard.
        while all.len() < WARM_UP + PAGES {
            all.extend(open(all.len()).await);
        }
        assert_eq!(app.running.venue.channels.count(), WARM_UP + PAGES);
        let opened = settled().await.saturating_sub(before) / PAGES;
        let writer = app.guest("Writer").await;
        for number in 0..MESSAGES {
            writer.say(show, &format!("{number} {}", "la ".repeat(150))).await;
        }
        drop(writer);
        for page in &mut all {
            let heard = page.told.wait_for(|told| *told == MESSAGES);
            timeout(PATIENCE, heard).await.expect("all is told").unwrap();
        }
        let told = settled().await.saturating_sub(before) / PAGES;
        println!("an open page takes {opened} bytes, {told} after {MESSAGES} messages");
        assert!(opened <= MAX_BYTES, "an open page takes {opened} bytes");
        assert!(told <= MAX_BYTES, "an open page takes {told} bytes after {MESSAGES} messages");
        for page in all {
            page.reading.abort();
        }
        app.stop().await;
    });
}
