//! A recording as one file: a ZIP archive of all its files, made while it is sent.

use std::{io, sync::Arc};

use async_zip::{Compression, ZipEntryBuilder, tokio::write::ZipFileWriter};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::{
    Refusal, ShowId,
    recordings::{RecordingError, RecordingReason},
};
use futures::{AsyncWriteExt, Stream, StreamExt, TryStreamExt, stream};
use tokio::{io::DuplexStream, sync::oneshot};
use tokio_util::io::ReaderStream;

use super::{
    access::to_change,
    files::{PERSONAL, file_name},
    sending::{SentFiles, while_allowed},
    store::{self, FileRow},
    stored_name,
};
use crate::{caller::Caller, http::limits::Limit, http::refused, services::Services, shows};

/// Bytes of the archive that wait to be sent.
const WAITING: usize = 256 * 1024;

/// `GET /shows/{id}/recording.zip`: all files of the recording of one's own show.
pub async fn send(
    caller: Caller,
    Extension(sent): Extension<SentFiles>,
    Path(id): Path<String>,
) -> Response {
    match answer(&caller, &sent, &id).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

async fn answer(caller: &Caller, sent: &SentFiles, id: &str) -> Result<Response, RecordingError> {
    let show: ShowId = id.parse().map_err(|_| Refusal::NotFound)?;
    let (account, _) = to_change(caller, show).await?;
    caller.limited(Limit::Export, &account.id)?;
    let admission = sent.admit(caller)?;
    let services = &caller.services;
    let files = store::files_of(&services.database, show).await?;
    if files.is_empty() {
        return Err(Refusal::NotFound);
    }
    if files.iter().any(|it| !it.is_stored) {
        return Err(Refusal::Because(RecordingReason::NotReady));
    }
    let title = shows::title(&services.database, show).await?.ok_or(Refusal::Gone)?;
    let name = file_name(&title, 0, "application/zip");
    let body = Body::from_stream(archive(services.clone(), title, files));
    let caller = caller.clone();
    let may_go_on = move || {
        let caller = caller.again();
        async move { to_change(&caller, show).await.is_ok() }
    };
    let mut response = while_allowed(body, admission, may_go_on).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CACHE_CONTROL, PERSONAL);
    if let Ok(disposition) = format!("attachment; filename=\"{name}\"").parse() {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The archive. It breaks off with an error when a file can't be read to its end.
fn archive(
    services: Arc<Services>,
    title: String,
    files: Vec<FileRow>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (sent, made) = tokio::io::duplex(WAITING);
    let (done, outcome) = oneshot::channel();
    let tasks = services.tasks.clone();
    tasks.spawn(async move {
        // Who doesn't take it any more isn't told.
        let _ = done.send(make(&services, &title, files, made).await);
    });
    let end = stream::once(outcome).filter_map(|outcome| async {
        outcome.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())).err().map(Err)
    });
    ReaderStream::new(sent).chain(end)
}

async fn make(
    services: &Services,
    title: &str,
    files: Vec<FileRow>,
    into: DuplexStream,
) -> io::Result<()> {
    let mut archive = ZipFileWriter::with_tokio(into);
    for FileRow { file, .. } in files {
        let name = file_name(title, file.offset, &file.media_type);
        let entry = ZipEntryBuilder::new(name.into(), Compression::Stored);
        let found = services.files.read(&stored_name(file.id), None).await;
        let found = found.map_err(io::Error::other)?.ok_or(io::ErrorKind::NotFound)?;
        let mut content = found.stream;
        let mut entry = archive.write_entry_stream(entry).await.map_err(io::Error::other)?;
        while let Some(piece) = content.try_next().await.map_err(io::Error::other)? {
            entry.write_all(&piece).await?;
        }
        entry.close().await.map_err(io::Error::other)?;
    }
    archive.close().await.map_err(io::Error::other)?;
    Ok(())
}
