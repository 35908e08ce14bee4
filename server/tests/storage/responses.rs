//! Files as answers to requests: conditions and ranges.

use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use bandstand_server::storage::answer;

use super::{Place, content, files, in_both, new_file, put};
use crate::support::app::TestApp;

const NAME: &str = "recordings/1";

in_both! {
    request_is_answered_by_its_conditions_and_range
}

async fn ask(
    app: &TestApp,
    method: Method,
    asked: &[(HeaderName, &str)],
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    for (name, value) in asked {
        headers.insert(name, HeaderValue::from_str(value).unwrap());
    }
    let response = answer(files(app), NAME, &method, &headers).await.unwrap().unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

async fn request_is_answered_by_its_conditions_and_range(place: Place) {
    let app = place.open(|_| ()).await;
    let missing = answer(files(&app), NAME, &Method::GET, &HeaderMap::new()).await.unwrap();
    assert!(missing.is_none());
    let whole = content(1_000);
    let etag = put(&app, new_file(NAME), whole.clone()).await.unwrap().etag;
    let get = async |asked: &[(HeaderName, &str)]| ask(&app, Method::GET, asked).await;

    let (status, headers, body) = get(&[]).await;
    assert_eq!((status, body), (StatusCode::OK, whole.to_vec()));
    assert_eq!(headers[header::CONTENT_TYPE], "audio/ogg");
    assert_eq!(headers[header::CONTENT_LENGTH], "1000");
    assert_eq!(headers[header::ACCEPT_RANGES], "bytes");
    assert_eq!(headers[header::ETAG], etag);

    let (status, headers, body) = get(&[(header::RANGE, "bytes=10-19")]).await;
    assert_eq!((status, body), (StatusCode::PARTIAL_CONTENT, whole[10..20].to_vec()));
    assert_eq!(headers[header::CONTENT_RANGE], "bytes 10-19/1000");
    assert_eq!(headers[header::CONTENT_LENGTH], "10");
    assert_eq!(headers[header::ETAG], etag);
    let (status, headers, body) = get(&[(header::RANGE, "bytes=990-2000")]).await;
    assert_eq!((status, body), (StatusCode::PARTIAL_CONTENT, whole[990..].to_vec()));
    assert_eq!(headers[header::CONTENT_RANGE], "bytes 990-999/1000");

    let (status, headers, body) = get(&[(header::RANGE, "bytes=1000-")]).await;
    assert_eq!((status, body.len()), (StatusCode::RANGE_NOT_SATISFIABLE, 0));
    assert_eq!(headers[header::CONTENT_RANGE], "bytes */1000");
    // What is no single range is answered as if it weren't there.
    for ignored in ["bytes=0-1,5-6", "bytes=9-1", "lines=1-2"] {
        let (status, _, body) = get(&[(header::RANGE, ignored)]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 1_000), "{ignored}");
    }

    let part = |tag: &str| [(header::RANGE, "bytes=0-0"), (header::IF_RANGE, tag)].map(own);
    for (tag, expected) in [(etag.as_str(), 206), ("\"another\"", 200), ("W/\"a\"", 200)] {
        let asked = part(tag);
        let asked = asked.each_ref().map(|(name, value)| (name.clone(), value.as_str()));
        assert_eq!(get(&asked).await.0, expected, "{tag}");
    }
    for (tags, expected) in
        [(etag.clone(), 304), (format!("\"a\", W/{etag}"), 304), ("*".into(), 304)]
    {
        let (status, headers, body) = get(&[(header::IF_NONE_MATCH, tags.as_str())]).await;
        assert_eq!((status.as_u16(), body.len()), (expected, 0), "{tags}");
        assert_eq!(headers[header::ETAG], etag);
    }
    assert_eq!(get(&[(header::IF_NONE_MATCH, "\"a\"")]).await.0, 200);
    assert_eq!(get(&[(header::IF_MATCH, "\"a\"")]).await.0, 412);
    assert_eq!(get(&[(header::IF_MATCH, etag.as_str())]).await.0, 200);

    let (status, headers, body) = ask(&app, Method::HEAD, &[(header::RANGE, "bytes=0-1")]).await;
    assert_eq!((status, body.len()), (StatusCode::OK, 0));
    assert_eq!(headers[header::CONTENT_LENGTH], "1000");
}

fn own((name, value): (HeaderName, &str)) -> (HeaderName, String) {
    (name, value.to_owned())
}
