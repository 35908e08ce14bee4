//! A page for everybody: the same bytes, in each coding, with the headers that go with them.

use std::sync::OnceLock;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use crate::{
    entity_tags,
    http::{
        encoding::{Encoding, brotli, gzip},
        has_token,
    },
};

/// Brotli quality. A page is compressed once a second at most; without optimisation even that is slow.
const QUALITY: i32 = if cfg!(debug_assertions) { 1 } else { 5 };

/// A rendered page without anything of one request in it.
#[derive(Debug)]
pub(super) struct SharedPage {
    status: StatusCode,
    headers: HeaderMap,
    etag: String,
    plain: Bytes,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl SharedPage {
    /// The page in `response`; `None` when it can't be for everybody.
    pub(super) async fn of(response: Response) -> Option<Self> {
        let (parts, body) = response.into_parts();
        let mut headers = parts.headers;
        let is_html = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
        if headers.contains_key(header::SET_COOKIE)
            || headers.contains_key(header::CONTENT_ENCODING)
            || !is_html
        {
            return None;
        }
        let body = to_bytes(body, usize::MAX).await.ok()?;
        let html = std::str::from_utf8(&body).ok()?;
        let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|it| it.to_str().ok());
        let plain = match policy.and_then(nonce_of) {
            Some(nonce) => {
                let (html, scripts) = without_nonce(html, nonce)?;
                let policy = policy?.replace(&format!("'nonce-{nonce}'"), &scripts.join(" "));
                let policy = HeaderValue::from_str(&policy).ok()?;
                headers.insert(header::CONTENT_SECURITY_POLICY, policy);
                Bytes::from(html)
            }
            None => body,
        };
        headers.remove(header::CONTENT_LENGTH);
        if !has_token(&headers, header::VARY, "accept-encoding") {
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let etag = entity_tags::strong(Sha256::digest(&plain));
        if parts.status == StatusCode::OK {
            // Weak: the same for all codings.
            headers.insert(header::ETAG, HeaderValue::from_str(&format!("W/{etag}")).ok()?);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        let (brotli, gzip) = (OnceLock::new(), OnceLock::new());
        Some(Self { status: parts.status, headers, etag, plain, brotli, gzip })
    }

    /// Tells whether the page is what its address is for, and not a redirection or a refusal.
    pub(super) fn is_found(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// The most bytes that the page takes, in all codings.
    pub(super) fn max_bytes(&self) -> usize {
        self.plain.len() * 2
    }

    /// The bytes that the page takes now.
    pub(super) fn bytes(&self) -> usize {
        let compressed = |it: &OnceLock<Bytes>| it.get().map_or(0, Bytes::len);
        self.plain.len() + compressed(&self.brotli) + compressed(&self.gzip)
    }

    /// The answer to a request with `asked` as its headers.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let mut headers = self.headers.clone();
        if self.is_found() && self.is_known(asked) {
            // With the policy of these very bytes: browsers put it in the place of the one they kept.
            headers.remove(header::CONTENT_TYPE);
            return respond(StatusCode::NOT_MODIFIED, headers, Body::empty());
        }
        let encoding = Encoding::accepted(asked);
        if let Some(encoding) = encoding.header() {
            headers.insert(header::CONTENT_ENCODING, encoding);
        }
        respond(self.status, headers, Body::from(self.body(encoding).clone()))
    }

    /// The bytes in this coding, made when they are first wanted.
    pub(super) fn body(&self, encoding: Encoding) -> &Bytes {
        match encoding {
            Encoding::Brotli => self.brotli.get_or_init(|| brotli(&self.plain, QUALITY)),
            Encoding::Gzip => self.gzip.get_or_init(|| gzip(&self.plain)),
            Encoding::Identity => &self.plain,
        }
    }

    /// Tells whether the client has the page already (RFC 9110 section 13.1.2, weak comparison).
    fn is_known(&self, asked: &HeaderMap) -> bool {
        let tags = asked.get_all(header::IF_NONE_MATCH).into_iter();
        tags.filter_map(|it| it.to_str().ok()).any(|it| entity_tags::names(it, &self.etag, true))
    }
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// The nonce that a Content Security Policy allows.
fn nonce_of(policy: &str) -> Option<&str> {
    let (_, rest) = policy.split_once("'nonce-")?;
    rest.split_once('\'').map(|(nonce, _)| nonce)
}

/// The page without its nonce, and hash sources for the inline scripts that had it. Scripts without it
/// are none of the venue's, and stay forbidden. `None` when the nonce is anywhere else.
fn without_nonce(html: &str, nonce: &str) -> Option<(String, Vec<String>)> {
    let attribute = format!(" nonce=\"{nonce}\"");
    let mut scripts = Vec::new();
    for (at, _) in html.match_indices(&attribute) {
        let tag = &html[html[..at].rfind('<')?..];
        let (start, rest) = tag.split_once('>')?;
        if start.starts_with("<script") && !start.contains(" src=") {
            let (script, _) = rest.split_once("</script")?;
            let hash = BASE64_STANDARD.encode(Sha256::digest(script));
            scripts.push(format!("'sha256-{hash}'"));
        }
    }
    let html = html.replace(&attribute, "");
    (!html.contains(nonce)).then_some((html, scripts))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn only_scripts_of_the_venue_are_allowed_by_hash() {
        let html = "<p title=\"<script>\">a &lt;script></p><script>stranger()</script>\
                    <script nonce=\"N1\">own()</script><link href=\"/a.js\" nonce=\"N1\">\
                    <script src=\"/b.js\" nonce=\"N1\"></script><script type=\"module\" nonce=\"N1\">x</script>";
        let (shared, scripts) = without_nonce(html, "N1").unwrap();
        assert!(!shared.contains("nonce"), "{shared}");
        let hash =
            |script: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script)));
        assert_eq!(scripts, [hash("own()"), hash("x")]);
        assert_eq!(without_nonce("<p>N1</p>", "N1"), None);
        assert_eq!(without_nonce("<script nonce=\"N1\">x", "N1"), None);
    }

    #[tokio::test]
    async fn what_belongs_to_one_request_is_for_nobody_else() {
        let page = |headers: &[(HeaderName, &'static str)]| {
            let mut response = Response::new(Body::from("<p>"));
            for (name, value) in headers {
                response.headers_mut().append(name, HeaderValue::from_static(value));
            }
            SharedPage::of(response)
        };
        let html = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        assert!(page(std::slice::from_ref(&html)).await.is_some());
        assert!(page(&[html.clone(), (header::SET_COOKIE, "a=b")]).await.is_none());
        assert!(page(&[html, (header::CONTENT_ENCODING, "br")]).await.is_none());
        assert!(page(&[(header::CONTENT_TYPE, "application/json")]).await.is_none());
    }
}
