//! Files: streamed in and out, within quotas, swept; in a folder and in S3 alike.

use std::{
    convert::Infallible,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use bandstand_server::{
    clock,
    config::Config,
    ids::AccountId,
    storage::{
        ByteRange, FileOwner, NewFile, PART_BYTES, Quota, StorageError, StoredFile, discard,
        files::Files,
    },
};
use bytes::Bytes;
use futures::{TryStreamExt, future::join_all, stream};

use crate::support::{app::TestApp, s3::S3Server};

mod memory;
mod pictures;
mod places;
mod responses;

/// Where the files of a venue lie.
pub struct Place(Option<S3Server>);

impl Place {
    pub fn folder() -> Self {
        Self(None)
    }

    pub async fn s3() -> Self {
        Self(Some(S3Server::start().await))
    }

    pub async fn open(&self, change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::configured(|config| {
            config.limit_scale = 1_000;
            config.s3 = self.0.as_ref().map(|server| server.config.clone());
            change(config);
        })
        .await
    }

    /// The folder in which they really are.
    pub fn root(&self, app: &TestApp) -> PathBuf {
        self.0.as_ref().map_or_else(|| app.data().join("files"), S3Server::objects)
    }

    /// The names of all that lies there, in order.
    pub fn objects(&self, app: &TestApp) -> Vec<String> {
        let (root, mut found) = (self.root(app), Vec::new());
        walk(&root, &mut |path| {
            found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
        });
        found.sort();
        found
    }

    /// Puts something there behind the venue's back, written so many hours ago.
    pub fn plant(&self, app: &TestApp, name: &str, hours: u64) {
        let path = self.root(app).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "planted").unwrap();
        set_age(&path, hours);
    }

    /// Makes all that lies there so many hours old.
    pub fn age(&self, app: &TestApp, hours: u64) {
        walk(&self.root(app), &mut |path| set_age(path, hours));
    }
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

fn set_age(path: &Path, hours: u64) {
    let now = UNIX_EPOCH + Duration::from_millis(clock::now().0.unsigned_abs());
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(now - Duration::from_secs(hours * 3_600)).unwrap();
}

/// Runs tests once with a folder and once with an S3 server.
macro_rules! in_both {
    ($($test:ident)*) => {
        mod in_folder {
            $(#[tokio::test] async fn $test() {
                super::$test($crate::storage::Place::folder()).await;
            })*
        }
        mod in_s3 {
            $(#[tokio::test] async fn $test() {
                super::$test($crate::storage::Place::s3().await).await;
            })*
        }
    };
}
pub(crate) use in_both;

pub fn files(app: &TestApp) -> &Files {
    &app.running.venue.services.files
}

fn account(id: &str) -> FileOwner {
    FileOwner::account(&AccountId::new(id))
}

pub fn ada() -> FileOwner {
    account("ada")
}

pub fn new_file(name: &str) -> NewFile {
    NewFile::new(name, "audio/ogg", ada())
}

/// Bytes of which no two neighbouring parts are alike.
pub fn content(length: usize) -> Bytes {
    (0..length).map(|at| (at % 251) as u8 ^ (at >> 16) as u8).collect()
}

pub async fn put(app: &TestApp, file: NewFile, content: Bytes) -> Result<StoredFile, StorageError> {
    let chunks: Vec<_> = content.chunks(100_000).map(Bytes::copy_from_slice).collect();
    files(app).put(file, stream::iter(chunks.into_iter().map(Ok::<_, Infallible>))).await
}

pub async fn read(app: &TestApp, name: &str, range: Option<ByteRange>) -> Option<Vec<u8>> {
    let reader = files(app).read(name, range).await.unwrap()?;
    let pieces: Vec<Bytes> = reader.stream.try_collect().await.unwrap();
    Some(pieces.concat())
}

/// Bytes that count; negative when rows and sums don't agree.
pub async fn counted(app: &TestApp) -> i64 {
    app.count(
        "SELECT CASE WHEN files = owners AND owners = venue THEN files ELSE -1 END FROM (SELECT \
         (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM files WHERE state <> 'discarded') \
         AS files, (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM storage_usage \
         WHERE holder <> 'venue') AS owners, (SELECT COALESCE(MAX(bytes), 0) FROM storage_usage \
         WHERE holder = 'venue') AS venue) AS sums",
    )
    .await
}

async fn rows(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM files").await
}

in_both! {
    file_is_read_as_it_was_written
    failed_upload_leaves_nothing
    abandoned_upload_leaves_nothing
    quotas_are_exact_when_many_write_at_once
    files_are_listed_and_erased_by_owner
    sweep_deletes_what_nobody_keeps
    sweep_leaves_rows_when_most_files_are_elsewhere
}

async fn file_is_read_as_it_was_written(place: Place) {
    let app = place.open(|_| ()).await;
    let lengths = [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5];
    for length in lengths {
        let (name, content) = (format!("recordings/{length}"), content(length));
        let kept = put(&app, new_file(&name), content.clone()).await.unwrap();
        assert_eq!((kept.bytes, kept.content_type.as_str()), (length as u64, "audio/ogg"));
        assert!(read(&app, &name, None).await.unwrap() == content, "{length}");
        assert_eq!(files(&app).find(&name).await.unwrap(), Some(kept));
        let again = put(&app, new_file(&name), Bytes::from_static(b"else")).await;
        assert!(matches!(again, Err(StorageError::Exists)), "{again:?}");
        assert_eq!(read(&app, &name, None).await.unwrap().len(), length);
    }
    assert_eq!(counted(&app).await, lengths.iter().sum::<usize>() as i64);
    let whole = content(2 * PART_BYTES + 5);
    let name = format!("recordings/{}", whole.len());
    let seam = PART_BYTES as u64 - 3;
    let range = ByteRange::From { first: seam, last: Some(seam + 9) };
    let expected = &whole[PART_BYTES - 3..PART_BYTES + 7];
    assert_eq!(read(&app, &name, Some(range)).await.unwrap(), expected);
    let end = read(&app, &name, Some(ByteRange::Suffix(4))).await.unwrap();
    assert_eq!(end, whole[whole.len() - 4..]);
    let beyond = ByteRange::From { first: whole.len() as u64, last: None };
    let refused = files(&app).read(&name, Some(beyond)).await.err();
    assert!(matches!(refused, Some(StorageError::RangeNotSatisfiable { .. })), "{refused:?}");

    for length in lengths {
        files(&app).delete(&format!("recordings/{length}")).await.unwrap();
    }
    assert_eq!((place.objects(&app).len(), rows(&app).await, counted(&app).await), (0, 0, 0));
    assert_eq!(read(&app, &name, None).await, None);
    files(&app).delete(&name).await.unwrap();
    // What is deleted may be there anew.
    put(&app, new_file(&name), Bytes::from_static(b"anew")).await.unwrap();
    assert_eq!(read(&app, &name, None).await.unwrap(), b"anew");
}

async fn failed_upload_leaves_nothing(place: Place) {
    let app = place.open(|_| ()).await;
    for length in [10, PART_BYTES + 10] {
        let broken = stream::iter([Ok(content(length)), Err(io::Error::other("hung up"))]);
        let failed = files(&app).put(new_file("recordings/broken"), broken).await;
        assert!(matches!(failed, Err(StorageError::Incoming(_))), "{failed:?}");

        let small = NewFile { max_bytes: length as u64 - 1, ..new_file("recordings/large") };
        let failed = put(&app, small.clone(), content(length)).await;
        assert!(matches!(failed, Err(StorageError::TooLarge { .. })), "{failed:?}");
        let announced = NewFile { announced: Some(length as u64), ..small };
        let failed = put(&app, announced, Bytes::new()).await;
        assert!(matches!(failed, Err(StorageError::TooLarge { .. })), "{failed:?}");
        assert_eq!((place.objects(&app).len(), rows(&app).await, counted(&app).await), (0, 0, 0));
    }
    // More is announced than comes: what is there counts.
    let shorter = NewFile { announced: Some(1_000), ..new_file("recordings/shorter") };
    put(&app, shorter, content(10)).await.unwrap();
    assert_eq!(counted(&app).await, 10);
}

async fn abandoned_upload_leaves_nothing(place: Place) {
    let app = place.open(|_| ()).await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(1);
    let incoming = stream::unfold(receiver, async |mut receiver| {
        let next = receiver.recv().await.unwrap_or_else(|| Err(io::Error::other("gone")));
        Some((next, receiver))
    });
    let writing = files(&app).clone();
    let task =
        tokio::spawn(async move { writing.put(new_file("recordings/left"), incoming).await });
    for _ in 0..3 {
        sender.send(Ok(content(PART_BYTES))).await.unwrap();
    }
    assert!(counted(&app).await >= PART_BYTES as i64);
    assert_eq!(read(&app, "recordings/left", None).await, None);
    task.abort();
    drop(sender);
    while rows(&app).await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((place.objects(&app).len(), counted(&app).await), (0, 0));
}

async fn quotas_are_exact_when_many_write_at_once(place: Place) {
    let app = place
        .open(|config| {
            config.max_account_bytes = Some(10_000);
            config.max_storage_bytes = Some(25_500);
        })
        .await;
    let write = async |number: usize| {
        let owner = account(["ada", "ben", "cleo"][number % 3]);
        let file = NewFile::new(format!("recordings/{number}"), "audio/ogg", owner);
        put(&app, file, content(1_000)).await
    };
    let results = join_all((0..60).map(write)).await;
    let full = |quota: Quota| {
        results.iter().filter(move |it| match it {
            Err(StorageError::QuotaFull { quota: which, .. }) => *which == quota,
            _ => false,
        })
    };
    assert_eq!(results.iter().filter(|it| it.is_ok()).count(), 25);
    assert_eq!(full(Quota::Owner).count() + full(Quota::Venue).count(), 35);
    assert_eq!((counted(&app).await, place.objects(&app).len()), (25_000, 25));
    let owners = "SELECT MAX(bytes) FROM storage_usage WHERE holder <> 'venue'";
    assert!(app.count(owners).await <= 10_000);

    let kept = results.into_iter().flatten().take(10).map(|file| file.name);
    let gone: Vec<_> = kept.collect();
    join_all(gone.iter().map(async |name| files(&app).delete(name).await.unwrap())).await;
    assert_eq!((counted(&app).await, place.objects(&app).len()), (15_000, 15));
    let again = new_file("recordings/again");
    put(&app, again, content(1_000)).await.unwrap();
    let large = put(&app, new_file("recordings/large"), content(10_001)).await;
    let limit = Err(StorageError::QuotaFull { quota: Quota::Owner, limit: 10_000 });
    assert_eq!(format!("{large:?}"), format!("{:?}", limit as Result<StoredFile, _>));
    assert_eq!(counted(&app).await, 16_000);
}

async fn files_are_listed_and_erased_by_owner(place: Place) {
    let app = place.open(|_| ()).await;
    for name in ["recordings/1", "pictures/2"] {
        put(&app, new_file(name), content(10)).await.unwrap();
    }
    let other = NewFile { owner: account("ben"), ..new_file("recordings/3") };
    put(&app, other, content(10)).await.unwrap();
    // It isn't kept yet, and isn't any more once its owner is erased.
    let one = stream::iter([Ok::<_, Infallible>(content(5))]);
    let written = files(&app).write(new_file("recordings/4"), one).await.unwrap();
    let listed = files(&app).list_by_owner(&ada()).await.unwrap();
    let names: Vec<_> = listed.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"recordings/1") && names.contains(&"pictures/2"), "{names:?}");
    files(&app).erase(&ada()).await.unwrap();
    assert_eq!(files(&app).list_by_owner(&ada()).await.unwrap(), []);
    assert_eq!(place.objects(&app), ["recordings/3"]);
    assert_eq!((rows(&app).await, counted(&app).await), (1, 10));
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    let kept = bandstand_server::storage::keep(&mut write, &written).await;
    assert!(matches!(kept, Err(StorageError::Discarded)), "{kept:?}");
    drop(write);
    let holders = "SELECT COUNT(*) FROM storage_usage WHERE holder LIKE '%ada%'";
    assert_eq!(app.count(holders).await, 0);
}

async fn sweep_deletes_what_nobody_keeps(place: Place) {
    let app = place.open(|_| ()).await;
    for name in ["kept", "discarded", "unkept", "fresh", "gone"] {
        let file = new_file(&format!("recordings/{name}"));
        if ["unkept", "fresh"].contains(&name) {
            let one = stream::iter([Ok::<_, Infallible>(content(10))]);
            let _written = files(&app).write(file, one).await.unwrap();
        } else {
            put(&app, file, content(10)).await.unwrap();
        }
    }
    // The program ended between the commit and the deletion.
    let mut write = app.running.venue.services.database.begin().await.unwrap();
    discard(&mut write, "recordings/discarded").await.unwrap();
    write.commit().await.unwrap();
    fs::remove_file(place.root(&app).join("recordings/gone")).unwrap();
    place.age(&app, 2);
    app.change("UPDATE files SET kept_at = kept_at - 7200000 WHERE kept_at IS NOT NULL").await;
    app.change("UPDATE files SET changed_at = changed_at - 7200000 WHERE name LIKE '%/unkept'")
        .await;
    for (name, hours) in [("orphan", 2), ("young", 0), ("foreign", 72)] {
        place.plant(&app, &format!("recordings/{name}"), hours);
    }
    place.plant(&app, "elsewhere/orphan", 2);
    files(&app).sweep().await.unwrap();
    let there = ["foreign", "fresh", "kept", "young"].map(|name| format!("recordings/{name}"));
    assert_eq!(place.objects(&app)[0], "elsewhere/orphan");
    assert_eq!(place.objects(&app)[1..], there);
    assert_eq!((rows(&app).await, counted(&app).await), (2, 20));
    assert_eq!(read(&app, "recordings/kept", None).await.unwrap(), content(10));
}

async fn sweep_leaves_rows_when_most_files_are_elsewhere(place: Place) {
    let app = place.open(|_| ()).await;
    for name in ["recordings/1", "recordings/2"] {
        put(&app, new_file(name), content(10)).await.unwrap();
    }
    app.change("UPDATE files SET kept_at = 1000").await;
    let folder = place.root(&app).join("recordings");
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["1", "2"] {
        fs::copy(folder.join(name), elsewhere.path().join(name)).unwrap();
        fs::remove_file(folder.join(name)).unwrap();
    }
    files(&app).sweep().await.unwrap();
    assert_eq!((rows(&app).await, counted(&app).await), (2, 20));
    for name in ["1", "2"] {
        fs::copy(elsewhere.path().join(name), folder.join(name)).unwrap();
    }
    files(&app).sweep().await.unwrap();
    assert_eq!(read(&app, "recordings/2", None).await.unwrap(), content(10));
}

#[tokio::test]
async fn part_that_broke_off_in_a_folder_is_swept() {
    let place = Place::folder();
    let app = place.open(|_| ()).await;
    place.plant(&app, "recordings/1#1", 2);
    place.plant(&app, "recordings/2#1", 0);
    files(&app).sweep().await.unwrap();
    assert_eq!(place.objects(&app), ["recordings/2#1"]);
}
