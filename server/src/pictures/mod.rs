//! Pictures: taken in, made anew as squares of two sizes, kept, and shown. What they are pictures of, features
//! know.

mod image;
mod shown;

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, header},
};
use bandstand_domain::{
    Refusal,
    people::{PeopleError, PeopleReason, Picture},
};
use futures::stream;
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

pub use self::{
    image::{Photo, Sides, Square, photo},
    shown::routes,
};
use crate::{
    database::Write,
    ids::AccountId,
    storage::{self, FileOwner, NewFile, StorageError, WrittenFile, files::Files},
};

/// The most pictures that come in at once, however slowly: they fill [`MAX_COMING_BYTES`] at most.
const MAX_COMING: usize = 64;
/// The most bytes of all pictures that come in at once.
const MAX_COMING_BYTES: usize = 192 * 1024 * 1024;
/// The most pictures that wait for their turn to be looked at.
const MAX_WAITING: usize = 8;

/// Folder of pictures among the files.
pub const FOLDER: &str = "pictures";
/// Media type of all pictures.
pub const CONTENT_TYPE: &str = "image/jpeg";

/// Bounds of a picture that is taken, and sizes of what is made of it.
#[derive(Clone, Copy, Debug)]
pub struct PictureKind {
    /// The most bytes of the file.
    pub max_bytes: usize,
    /// Sides of what is kept.
    pub sides: Sides,
}

/// Image processor: one picture at a time, so that a flood of them fills no memory.
#[derive(Debug)]
pub struct ImageProcessor {
    door: Semaphore,
    bytes: Semaphore,
    places: Semaphore,
    turn: Arc<Semaphore>,
}

impl Default for ImageProcessor {
    fn default() -> Self {
        Self {
            door: Semaphore::new(MAX_COMING),
            bytes: Semaphore::new(MAX_COMING_BYTES),
            places: Semaphore::new(MAX_WAITING),
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

impl ImageProcessor {
    /// Makes squares of what the body of a request holds.
    ///
    /// # Errors
    /// Fails when it is too large, or no picture, or many others are looked at.
    pub async fn take(
        &self,
        kind: PictureKind,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Square, PeopleError> {
        let busy = |_| Refusal::Because(PeopleReason::Busy);
        let coming = self.door.try_acquire().map_err(busy)?;
        let room = u32::try_from(kind.max_bytes).unwrap_or(u32::MAX);
        let room = self.bytes.try_acquire_many(room).map_err(busy)?;
        let file = read(kind.max_bytes, headers, body).await?;
        // Only now, so that slow lines keep nobody else's picture waiting.
        let _place = self.places.try_acquire().map_err(busy)?;
        drop((coming, room));
        let turn = self.turn.clone().acquire_owned().await.map_err(|_| Refusal::Broken)?;
        let made = spawn_blocking(move || {
            let made = image::square(&file, kind.sides);
            drop(turn);
            made
        });
        made.await.map_err(|_| Refusal::Broken)?.map_err(Refusal::Because)
    }
}

/// Picture whose files are written, and are deleted after a while unless they are kept.
#[derive(Debug)]
pub struct WrittenPicture {
    /// The picture.
    pub picture: Picture,
    files: [WrittenFile; 2],
}

impl WrittenPicture {
    /// Writes both files of a picture of `account`, or none.
    ///
    /// # Errors
    /// Fails when they can't be kept.
    pub async fn write(
        files: &Files,
        account: &AccountId,
        made: Square,
    ) -> Result<Self, PeopleError> {
        let picture = Picture::new(Uuid::new_v4().simple().to_string());
        let write_one = async |name: String, content: Vec<u8>| {
            let bytes = content.len() as u64;
            let owner = FileOwner::account(account);
            let file =
                NewFile { announced: Some(bytes), ..NewFile::new(name, CONTENT_TYPE, owner) };
            let content = stream::iter([Ok::<_, Infallible>(Bytes::from(content))]);
            files.write(file, content).await
        };
        let [large, small] = names(&picture);
        let large = write_one(large, made.large).await.map_err(lost)?;
        let small = write_one(small, made.small).await;
        if small.is_err() {
            discard(files, &picture).await;
        }
        let files = [large, small.map_err(lost)?];
        Ok(Self { picture, files })
    }

    /// Keeps the files, with the transaction that says whose picture it is.
    ///
    /// # Errors
    /// Fails when they can't be kept.
    pub async fn keep(&self, write: &mut Write) -> Result<(), PeopleError> {
        for file in &self.files {
            storage::keep(write, file).await.map_err(lost)?;
        }
        Ok(())
    }

    /// Deletes the files, which are nobody's.
    pub async fn discard(&self, files: &Files) {
        discard(files, &self.picture).await;
    }
}

/// Names of the files of a picture.
pub fn names(picture: &Picture) -> [String; 2] {
    [picture.large(), picture.small()].map(|path| path.trim_start_matches('/').to_owned())
}

/// The body, as far as it isn't too large; what says that it is isn't even read.
async fn read(max_bytes: usize, headers: &HeaderMap, body: Body) -> Result<Bytes, PeopleError> {
    let too_large = || Refusal::Because(PeopleReason::PictureTooLarge);
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max_bytes) {
        return Err(too_large());
    }
    // Whether the body broke off or went on for too long, what is there is no picture to be kept.
    to_bytes(body, max_bytes).await.map_err(|_| too_large())
}

async fn discard(files: &Files, picture: &Picture) {
    for name in names(picture) {
        if let Err(error) = files.delete(&name).await {
            tracing::warn!(%error, "a picture that nobody has could not be deleted yet");
        }
    }
}

fn lost(error: StorageError) -> PeopleError {
    match error {
        StorageError::QuotaFull { .. } => Refusal::Because(PeopleReason::QuotaFull),
        StorageError::Database(error) => error.into(),
        error => {
            tracing::error!(%error, "a picture could not be kept");
            Refusal::Broken
        }
    }
}
