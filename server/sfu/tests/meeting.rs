//! Two implementations meet over real sockets: the media core, and clients made of another WebRTC
//! library.

use std::future::Future;
use std::time::Duration;

use bandstand_sfu::{
    AcceptedOffer, AudioSendError, EndReason, OfferError, OpusPacket, SessionRole, SessionStats,
    Sfu, SfuConfig, SfuEvent, SfuLimits, SfuTimeouts, StageId, TakeoverCondition, TappedTracks,
};
use bandstand_synthetic::{Content, ReceptionStats, SyntheticPublisher, SyntheticSubscriber};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(20);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}

fn start() -> (Sfu, mpsc::Receiver<SfuEvent>) {
    let config = SfuConfig {
        timeouts: SfuTimeouts { consent: Duration::from_secs(5), ..SfuTimeouts::default() },
        ..SfuConfig::default()
    };
    Sfu::start(config).expect("a media core")
}

async fn publish(sfu: &Sfu, stage: &str, content: Content) -> SyntheticPublisher {
    let exchange = async |offer| {
        answer(sfu.publish(StageId::from(stage), offer, TakeoverCondition::Keyframe).await)
    };
    let publisher = SyntheticPublisher::connect(content, exchange).await;
    publisher.expect("a publisher")
}

async fn subscribe(sfu: &Sfu, stage: &str) -> SyntheticSubscriber {
    let exchange = async |offer| answer(sfu.subscribe(StageId::from(stage), offer).await);
    let subscriber = SyntheticSubscriber::connect(exchange).await;
    subscriber.expect("a subscriber")
}

fn answer(accepted: Result<AcceptedOffer, OfferError>) -> Result<String, OfferError> {
    accepted.map(|accepted| accepted.answer_sdp)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_flows_and_a_publisher_may_leave_and_return() {
    let (sfu, mut events) = start();
    let waiting = subscribe(&sfu, "stage").await;
    let publisher = publish(&sfu, "stage", Content::default()).await;
    assert!(matches!(events.recv().await, Some(SfuEvent::PublisherConnected { .. })));
    assert!(matches!(soon("media", events.recv()).await, Some(SfuEvent::PublisherMedia { .. })));
    let late = subscribe(&sfu, "stage").await;
    for viewer in [&waiting, &late] {
        let plays = viewer.until(|f| f.video.keyframes > 0 && f.audio.packets > 50);
        soon("media at a viewer", plays).await;
        let figures = viewer.figures();
        assert_eq!((figures.video.missing(), figures.audio.missing()), (0, 0));
    }
    let statistics = sfu.stats().await;
    assert_eq!(statistics.sessions.iter().filter(|s| s.connected && s.has_media()).count(), 3);

    publisher.close().await;
    let ended = soon("the end of the publisher", events.recv()).await;
    let Some(SfuEvent::SessionEnded { reason, .. }) = ended else {
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
    let limits = SfuLimits { max_cached_packets: 100, ..SfuLimits::default() };
    let (sfu, _events) =
        Sfu::start(SfuConfig { limits, ..SfuConfig::default() }).expect("a media core");
    // Only the first frame is a key frame, and soon it is not kept any longer.
    let content = Content { keyframe_interval: 0, ..Content::default() };
    let publisher = publish(&sfu, "stage", content).await;
    let first = subscribe(&sfu, "stage").await;
    soon("a picture", first.until(|f| f.video.keyframes > 0)).await;
    let sent = first.until(|_| publisher.video_packets() > 150);
    soon("more than is kept", sent).await;
    let asked = publisher.keyframe_requests();
    let second = subscribe(&sfu, "stage").await;
    soon("a picture", second.until(|f| f.video.keyframes > 0)).await;
    assert!(publisher.keyframe_requests() > asked);
}

#[tokio::test]
async fn stopped_core_refuses_requests() {
    let (sfu, mut events) = start();
    let viewer = subscribe(&sfu, "stage").await;
    sfu.stop();
    soon("goodbye", viewer.ended()).await;
    assert!(matches!(
        soon("the end", events.recv()).await,
        Some(SfuEvent::SessionEnded { reason: EndReason::Closed, .. })
    ));
    assert_eq!(soon("the last event", events.recv()).await, None);
    let refused = sfu.publish("stage".into(), String::new(), TakeoverCondition::Keyframe).await;
    assert!(matches!(refused, Err(OfferError::Stopped)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_of_their_own_send_to_everybody_alike() {
    let config = SfuConfig { sending_threads: 2, ..SfuConfig::default() };
    let (sfu, _events) = Sfu::start(config).expect("a media core");
    let publisher = publish(&sfu, "stage", Content::default()).await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        viewers.push(subscribe(&sfu, "stage").await);
    }
    for viewer in &viewers {
        let both = |f: &ReceptionStats| f.video.frames > 10 && f.audio.packets > 10;
        soon("sound and picture", viewer.until(both)).await;
    }
    // The threads hand their figures over from time to time.
    let told = async {
        loop {
            let statistics = sfu.stats().await;
            let served = |s: &SessionStats| s.role() == SessionRole::Subscriber && s.has_media();
            if statistics.sessions.iter().filter(|s| served(s)).count() == viewers.len() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("figures of all", told).await;
    publisher.close().await;
    sfu.stop();
    for viewer in &viewers {
        soon("goodbye", viewer.ended()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_of_this_program_is_heard_and_read() {
    let (sfu, mut events) = start();
    let radio = sfu.publish_audio("radio".into()).await.expect("room");
    assert!(matches!(events.recv().await, Some(SfuEvent::PublisherConnected { .. })));
    let mut tap = sfu.tap("stage".into(), TappedTracks::Sound).await.expect("room");
    let _artist = publish(&sfu, "stage", Content::default()).await;
    let viewer = subscribe(&sfu, "radio").await;
    let relays = async {
        let mut last = None;
        loop {
            let packet = tap.next().await.expect("a core");
            assert!(last.is_none_or(|it| it < packet.sequence));
            last = Some(packet.sequence);
            let packet = OpusPacket { timestamp: packet.timestamp, payload: packet.payload };
            radio.send(packet).expect("room");
        }
    };
    tokio::select! {
        () = relays => {}
        () = soon("sound", viewer.until(|f| f.audio.packets > 50)) => {}
    }
    assert_eq!(viewer.figures().audio.missing(), 0);
    let session = radio.session();
    let empty = OpusPacket { timestamp: 0, payload: Vec::new().into() };
    assert_eq!(radio.send(empty), Err(AudioSendError::Length));
    drop(radio);
    loop {
        let event = soon("the end", events.recv()).await.expect("an event");
        if let SfuEvent::SessionEnded { session: it, reason, .. } = event {
            assert_eq!((it, reason), (session, EndReason::Closed));
            break;
        }
    }
    // Who is closed from elsewhere is told when it sends.
    let radio = sfu.publish_audio("other".into()).await.expect("room");
    assert!(sfu.close(radio.session()).await);
    let told = async {
        let packet = OpusPacket { timestamp: 0, payload: [0xfc].into() };
        while radio.send(packet.clone()) != Err(AudioSendError::Ended) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("the end", told).await;
    sfu.stop();
    let ends = async { while tap.next().await.is_some() {} };
    soon("the end of the tap", ends).await;
}
