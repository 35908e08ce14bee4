//! Mounts: which source is heard, and when a stream ends.

use bandstand_radio::{AudioFormat, AudioInfo, SoundFrame};
use uuid::Uuid;

use super::*;
use crate::radio::live_stream::StreamListener;

const SHOW: ShowId = ShowId(Uuid::from_u128(7));

fn began(rate: u32) -> Framed {
    Framed::Began(AudioInfo { format: AudioFormat::Mp3, rate, channels: 2 })
}

fn sound(number: u8) -> Framed {
    let bytes = vec![number; 3].into();
    Framed::Sound(SoundFrame { bytes, samples: 48_000, is_entry: true })
}

fn append(mounts: &Mounts, source: &RadioSource, parts: &[Framed]) -> bool {
    mounts.append(source, parts, StreamTail::default()) == Appended::Heard
}

fn open(mounts: &Mounts, show: ShowId, account: AccountId, waits: bool) -> Arc<RadioSource> {
    mounts.open(show, account, key(0), waits)
}

fn key(number: u128) -> StreamKeyId {
    StreamKeyId(Uuid::from_u128(number))
}

fn ada() -> AccountId {
    AccountId::new("ada")
}

#[tokio::test]
async fn who_waits_is_not_heard_until_the_stage_hands_over() {
    let mounts = Arc::new(Mounts::default());
    let one = open(&mounts, SHOW, ada(), false);
    assert!(append(&mounts, &one, &[began(48_000), sound(1)]));
    let stream = mounts.stream(SHOW).unwrap();
    let mut listener = StreamListener::join(stream, Duration::from_secs(9));
    assert_eq!(&listener.next().await.unwrap().bytes[..], [1; 3]);

    let two = open(&mounts, SHOW, ada(), true);
    assert_eq!(mounts.hand_over(two.id), Some(false), "nothing has come from it");
    assert!(!append(&mounts, &two, &[began(48_000), sound(2)]));
    mounts.set_title(two.id, Title::new("Two"));
    assert!(append(&mounts, &one, &[sound(3)]));
    assert_eq!(mounts.hand_over(two.id), Some(true));
    assert!(one.closed.is_cancelled() && !mounts.is_heard(&one));
    assert!(!append(&mounts, &one, &[sound(4)]));
    mounts.ended(&one);
    // Until what it needs to go on with the stream has come.
    let appended = mounts.append(&two, &[sound(6)], StreamTail::default());
    assert_eq!(appended, Appended::HandedOver);
    assert!(mounts.take_up(&two).is_some() && mounts.take_up(&two).is_none());
    assert!(append(&mounts, &two, &[sound(5)]));
    assert_eq!(&listener.next().await.unwrap().bytes[..], [3; 3]);
    let piece = listener.next().await.unwrap();
    assert_eq!((&piece.bytes[..], piece.title.as_str()), ([5; 3].as_slice(), "Two"));
    assert_eq!(mounts.hand_over(SourceId(1)), None);
}

#[tokio::test]
async fn listeners_wait_for_the_same_sound_and_leave_at_another() {
    let mounts = Arc::new(Mounts::default());
    let one = open(&mounts, SHOW, ada(), false);
    append(&mounts, &one, &[began(48_000)]);
    let join = || StreamListener::join(mounts.stream(SHOW).unwrap(), Duration::ZERO);
    let mut listener = join();
    assert!(mounts.end_source(&one));
    let two = open(&mounts, SHOW, ada(), false);
    mounts.forget(SHOW, one.id);
    append(&mounts, &two, &[began(48_000), sound(2)]);
    assert_eq!(&listener.next().await.unwrap().bytes[..], [2; 3]);
    let three = open(&mounts, SHOW, ada(), false);
    append(&mounts, &three, &[began(44_100), sound(3)]);
    assert_eq!(listener.next().await, None);
    let mut listener = join();
    mounts.stream(SHOW).unwrap().cut();
    assert_eq!(listener.next().await, None);
    mounts.close_show(SHOW);
    assert!(mounts.stream(SHOW).is_none() && three.closed.is_cancelled());
}

#[test]
fn titles_are_for_the_source_that_is_heard_and_came_by_the_key() {
    let mounts = Arc::new(Mounts::default());
    let show = |number| ShowId(Uuid::from_u128(number));
    let holder = |number| Holder { key: key(number), account: ada() };
    let sources = [1, 2].map(|number| mounts.open(show(number), ada(), key(number), false));
    open(&mounts, show(3), AccountId::new("eve"), false);
    for (number, source) in [1, 2].into_iter().zip(&sources) {
        assert_eq!(mounts.source_of(&holder(number), None), Some(source.id));
    }
    assert_eq!(mounts.source_of(&holder(1), Some(show(2))), Some(sources[1].id));
    assert_eq!(mounts.source_of(&holder(1), Some(show(3))), None);
    // By another key, the one that is on air.
    mounts.note(sources[1].id, SourceState { media: true, silent: false });
    assert_eq!(mounts.source_of(&holder(9), None), Some(sources[1].id));
}

#[tokio::test]
async fn each_end_of_a_source_gives_listeners_its_own_grace() {
    let mounts = Arc::new(Mounts::default());
    let one = open(&mounts, SHOW, ada(), false);
    append(&mounts, &one, &[began(48_000)]);
    assert!(mounts.end_source(&one));
    // Another one comes and goes, or is refused, within the grace of the first.
    let two = open(&mounts, SHOW, ada(), false);
    assert!(mounts.end_source(&two));
    mounts.forget(SHOW, one.id);
    assert!(mounts.stream(SHOW).is_some());
    mounts.forget(SHOW, two.id);
    assert!(mounts.stream(SHOW).is_none());
    // Of one that is refused before anything came, nothing is left.
    let three = open(&mounts, SHOW, ada(), false);
    mounts.ended(&three);
    assert!(mounts.state().mounts.is_empty() && mounts.state().sources.is_empty());
}

#[tokio::test]
async fn who_listens_is_cut_when_a_show_is_closed_to_guests_and_its_source_goes_on() {
    let mounts = Arc::new(Mounts::default());
    let one = open(&mounts, SHOW, ada(), false);
    append(&mounts, &one, &[began(48_000)]);
    let mut listener = StreamListener::join(mounts.stream(SHOW).unwrap(), Duration::ZERO);
    mounts.receive(&BusMessage::ShowClosedToGuests(SHOW)).await;
    assert_eq!(listener.next().await, None);
    assert!(!one.closed.is_cancelled() && append(&mounts, &one, &[sound(1)]));
}

#[tokio::test]
async fn what_is_relayed_gives_way_to_a_source_and_goes_on_over_other_publishers() {
    let mounts = Arc::new(Mounts::default());
    let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };
    let relay =
        |stream, number| mounts.relay(SHOW, stream, &[sound(number)], StreamTail::default());
    let (stream, is_new) = mounts.relayed(SHOW, info).unwrap();
    assert!(is_new && !mounts.relayed(SHOW, info).unwrap().1);
    let mut listener = StreamListener::join(stream.clone(), Duration::ZERO);
    assert!(relay(&stream, 1));
    assert_eq!(&listener.next().await.unwrap().bytes[..], [1; 3]);
    // Another publisher takes over.
    mounts.give_way(SHOW);
    assert!(relay(&stream, 2));
    assert_eq!(&listener.next().await.unwrap().bytes[..], [2; 3]);
    assert!(
        mounts.begin_bridge(SHOW) && mounts.bridged(SHOW).is_none(),
        "it is in the core already"
    );
    // A source does, with the same sound.
    let source = open(&mounts, SHOW, ada(), true);
    let began = Framed::Began(info);
    assert!(!append(&mounts, &source, &[began, sound(3)]));
    assert_eq!(mounts.hand_over(source.id), Some(true));
    assert!(!relay(&stream, 4) && mounts.relayed(SHOW, info).is_none());
    mounts.end_relay(SHOW, &stream);
    mounts.take_up(&source);
    assert!(append(&mounts, &source, &[sound(5)]));
    assert_eq!(&listener.next().await.unwrap().bytes[..], [5; 3]);
    assert!(mounts.begin_bridge(SHOW) && !mounts.begin_bridge(SHOW));
    assert!(Arc::ptr_eq(&mounts.bridged(SHOW).unwrap(), &stream));
    // And gives way in turn.
    mounts.give_way(SHOW);
    assert!(source.closed.is_cancelled() && mounts.bridged(SHOW).is_none());
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn what_is_relayed_after_a_source_is_a_stream_of_its_own() {
    let mounts = Arc::new(Mounts::default());
    let one = open(&mounts, SHOW, ada(), false);
    let info = AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 };
    append(&mounts, &one, &[Framed::Began(info)]);
    let mut listener = StreamListener::join(mounts.stream(SHOW).unwrap(), Duration::ZERO);
    assert!(mounts.end_source(&one));
    let (stream, is_new) = mounts.relayed(SHOW, info).unwrap();
    assert!(is_new);
    assert_eq!(listener.next().await, None);
    mounts.forget(SHOW, one.id);
    assert!(mounts.relay(SHOW, &stream, &[sound(1)], StreamTail::default()));
    mounts.end_relay(SHOW, &stream);
    assert!(mounts.stream(SHOW).is_none());
}
