//! How much of a file is in memory while it comes in.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::{PART_BYTES, Place, counted, files, new_file};

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 6 * PART_BYTES / CHUNK;

#[tokio::test]
async fn upload_takes_no_more_than_two_parts_ahead() {
    let place = Place::s3().await;
    let app = place.open(|_| ()).await;
    let server = place.0.as_ref().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counting = taken.clone();
    let incoming = stream::iter(0..CHUNKS).map(move |_| {
        counting.fetch_add(CHUNK, SeqCst);
        Ok::<_, Infallible>(Bytes::from_static(&[7; CHUNK]))
    });
    // The server takes nothing any more: the first part is on its way, the second has filled.
    server.set_open(false);
    let writing = files(&app).clone();
    let task = tokio::spawn(async move { writing.put(new_file("recordings/1"), incoming).await });
    while counted(&app).await < PART_BYTES as i64 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(taken.load(SeqCst) <= 2 * PART_BYTES + CHUNK, "{taken:?}");
    server.set_open(true);
    let kept = task.await.unwrap().unwrap();
    assert_eq!((kept.bytes, taken.load(SeqCst)), (6 * PART_BYTES as u64, 6 * PART_BYTES));
}
