//! Ogg from one source after the other.

use bandstand_domain::stage::StageState;

use super::{ONE_OPUS, OnAir, TWO_OPUS, heard, venue};

/// Pages that begin a logical stream, and all pages, by a plain look at the bytes.
pub fn pages(bytes: &[u8]) -> (usize, usize) {
    let starts = bytes.windows(6).filter(|it| it.starts_with(b"OggS\0"));
    starts.fold((0, 0), |(first, all), page| (first + usize::from(page[5] >> 1 & 1), all + 1))
}

#[tokio::test]
async fn sources_that_follow_each_other_are_one_stream() {
    let app = venue().await;
    let OnAir { artist, show, key, mut studio, source: first } =
        app.on_air("audio/ogg", ONE_OPUS).await;
    let other = artist.make_stream_key("Another").await.unwrap().secret;
    let mut player = app.listen(show, false).await;
    let mut bytes = heard(&mut player, 3_000).await;
    // One comes back after it was cut off, one takes over.
    assert_eq!(first.ended().await.0, 200);
    studio.until_stage(StageState::Dropped).await;
    let second = app.source("/radio", &key, "audio/ogg");
    second.send(TWO_OPUS).await;
    bytes.extend(heard(&mut player, 3_000).await);
    studio.until_stage(StageState::Live).await;
    let third = app.source("/radio", &other, "audio/ogg");
    third.send(ONE_OPUS).await;
    assert_eq!(second.dismissed().await.0, 409);
    third.send(TWO_OPUS).await;
    bytes.extend(heard(&mut player, 3_000).await);
    let (first, all) = pages(&bytes);
    assert_eq!(first, 1, "one page begins a stream");
    assert!(all > 5, "{all}");
    drop(player);
    assert_eq!(third.ended().await.0, 200);
    app.stop().await;
}
