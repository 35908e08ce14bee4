//! Two implementations meet over real sockets: the media core, and clients made of another WebRTC
//! library.

use std::future::Future;
use std::time::Duration;

use bandstand_sfu::{Accepted, Config, EndReason, Event, OfferError, Sfu, StageId, Timeouts};
use bandstand_synthetic::{Content, Publisher, Subscriber};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(20);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}

fn start() -> (Sfu, mpsc::Receiver<Event>) {
    let config = Config {
        timeouts: Timeouts { publisher_silence: Duration::from_secs(2), ..Timeouts::default() },
        ..Config::default()
    };
    Sfu::start(config).expect("a media core")
}

async fn publish(sfu: &Sfu, stage: &str, content: Content) -> Publisher {
    let exchange = async |offer| answer(sfu.publish(StageId::from(stage), offer).await);
    let publisher = Publisher::connect(content, exchange).await;
    publisher.expect("a publisher")
}

async fn subscribe(sfu: &Sfu, stage: &str) -> Subscriber {
    let exchange = async |offer| answer(sfu.subscribe(StageId::from(stage), offer).await);
    let subscriber = Subscriber::connect(exchange).await;
    subscriber.expect("a subscriber")
}

fn answer(accepted: Result<Accepted, OfferError>) -> Result<String, OfferError> {
    accepted.map(|accepted| accepted.answer_sdp)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_flows_and_a_publisher_may_leave_and_return() {
    let (sfu, mut events) = start();
    let waiting = subscribe(&sfu, "stage").await;
    let publisher = publish(&sfu, "stage", Content::default()).await;
    assert!(matches!(events.recv().await, Some(Event::PublisherConnected { .. })));
    assert!(matches!(soon("media", events.recv()).await, Some(Event::PublisherMedia { .. })));
    let late = subscribe(&sfu, "stage").await;
    for viewer in [&waiting, &late] {
        let plays = viewer.until(|f| f.video.keyframes > 0 && f.audio.packets > 50);
        soon("media at a viewer", plays).await;
        let figures = viewer.figures();
        assert_eq!((figures.video.missing(), figures.audio.missing()), (0, 0));
    }
    let statistics = sfu.statistics().await;
    assert_eq!(statistics.sessions.iter().filter(|s| s.connected && s.media).count(), 3);

    publisher.close().await;
    let ended = soon("the end of the publisher", events.recv()).await;
    let Some(Event::SessionEnded { reason, .. }) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!(reason, EndReason::ConnectionLost);

    let keyframes = waiting.figures().video.keyframes;
    let _again = publish(&sfu, "stage", Content::default()).await;
    soon("the picture again", waiting.until(|f| f.video.keyframes > keyframes)).await;
    let figures = waiting.figures();
    assert_eq!((figures.video.sources, figures.video.missing()), (1, 0));

    sfu.close_stage("stage".into()).await;
    soon("goodbye", waiting.ended()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_is_asked_for_a_keyframe() {
    let (sfu, _events) = start();
    // Only the first frame is a key frame, and soon it is not kept any longer.
    let content = Content {
        keyframe_interval: 0,
        packets_per_frame: 100,
        frames_per_second: 50,
        ..Content::default()
    };
    let publisher = publish(&sfu, "stage", content).await;
    let first = subscribe(&sfu, "stage").await;
    soon("a picture", first.until(|f| f.video.keyframes > 0)).await;
    let sent = first.until(|_| publisher.video_packets() > 5_000);
    soon("more than is kept", sent).await;
    let asked = publisher.keyframe_requests();
    let second = subscribe(&sfu, "stage").await;
    soon("a picture", second.until(|f| f.video.keyframes > 0)).await;
    assert!(publisher.keyframe_requests() > asked);
}

#[tokio::test]
async fn a_stopped_core_says_so() {
    let (sfu, mut events) = start();
    let viewer = subscribe(&sfu, "stage").await;
    sfu.stop();
    soon("goodbye", viewer.ended()).await;
    assert!(matches!(
        soon("the end", events.recv()).await,
        Some(Event::SessionEnded { reason: EndReason::Closed, .. })
    ));
    assert_eq!(soon("the last event", events.recv()).await, None);
    let refused = sfu.publish("stage".into(), String::new()).await;
    assert!(matches!(refused, Err(OfferError::Stopped)));
}
