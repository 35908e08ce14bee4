//! Source clients on the HTTP port: `PUT` or `SOURCE` with a body in chunks, also through a proxy.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_radio::{DeclaredType, source::BasicCredentials};
use futures::{Stream, StreamExt};
use tokio::{sync::oneshot, time::timeout};

use super::{
    Radio,
    admission::{SourceRequest, admit, holder, update_title},
    error::RadioError,
    feed::feed,
};
use crate::caller::Caller;

/// The methods of a mount.
const ALLOW: HeaderValue = HeaderValue::from_static("PUT, SOURCE");
/// The most bytes, and the longest time, for which a refused body is read.
pub const MAX_LINGER: usize = 256 * 1024;
const LINGER: Duration = Duration::from_secs(1);
/// Icecast's answer to a title that it takes; some programs read it.
pub const TITLE_TAKEN: &str = "<?xml version=\"1.0\"?>\n<iceresponse><message>Metadata update successful</message>\
     <return>1</return></iceresponse>\n";

/// `PUT /radio`: to whichever show of the artist's is due.
pub async fn somewhere(
    State(radio): State<Radio>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, RadioError> {
    take(radio, &caller, None, request).await
}

/// `PUT /radio/{show}`.
pub async fn to_show(
    State(radio): State<Radio>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, RadioError> {
    take(radio, &caller, Some(&show), request).await
}

async fn take(
    radio: Radio,
    caller: &Caller,
    show: Option<&str>,
    request: Request<Body>,
) -> Result<Response, RadioError> {
    let is_source = request.method() == Method::PUT || request.method().as_str() == "SOURCE";
    if !is_source {
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, ALLOW)]).into_response());
    }
    let headers = request.headers();
    let credentials = credentials(headers);
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let declared = DeclaredType::of(text(header::CONTENT_TYPE));
    // An HTTP server has to take a body without framing for an empty one.
    let framed = headers.contains_key(header::TRANSFER_ENCODING)
        || text(header::CONTENT_LENGTH).is_some_and(|it| it != "0");
    if credentials.is_some() && !framed {
        return Err(RadioError::Unframed);
    }
    let waits = headers.contains_key(header::EXPECT);
    let (address, show) = (caller.address, show.map(str::to_owned));
    // Read no sooner than the source is let in: the client is told `100 Continue` then.
    let body = request.into_body().into_data_stream();
    let mut body = body.map(|it| it.map_err(io::Error::other));
    // A client that hangs up takes this request with it, and its stage has to be told.
    let (ended, result) = oneshot::channel();
    let tasks = radio.services.tasks.clone();
    tasks.spawn_to_its_end(async move {
        let asked = SourceRequest { show: show.as_deref(), declared };
        let admitted = match holder(&radio, address, credentials.as_ref()).await {
            Ok(holder) => admit(&radio, &holder, asked).await,
            Err(refused) => Err(refused),
        };
        let done = match admitted {
            Ok(source) => feed(radio, source, &mut body).await,
            Err(refused) if waits => return drop(ended.send(Err(refused))),
            Err(refused) => Err(refused),
        };
        if done.is_err() {
            drain(&mut body).await;
        }
        // Nobody may wait for it any more.
        let _ = ended.send(done);
    });
    result.await.map_err(|_| RadioError::Broken)??;
    Ok(StatusCode::OK.into_response())
}

/// `GET /admin/metadata`: the title, beside the sound.
pub async fn title(
    State(radio): State<Radio>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, RadioError> {
    let query = query.unwrap_or_default();
    update_title(&radio, caller.address, credentials(&headers), &query).await?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], TITLE_TAKEN).into_response())
}

/// Takes out what is still on its way, for a while: the system would hang up on the client before it reads
/// the answer.
async fn drain(body: &mut (impl Stream<Item = io::Result<Bytes>> + Send + Unpin)) {
    let rest = async {
        let mut count = 0;
        while count < MAX_LINGER
            && let Some(Ok(bytes)) = body.next().await
        {
            count += bytes.len();
        }
    };
    // Whoever sends more than that may lose the answer.
    let _ = timeout(LINGER, rest).await;
}

fn credentials(headers: &HeaderMap) -> Option<BasicCredentials> {
    BasicCredentials::parse(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}
