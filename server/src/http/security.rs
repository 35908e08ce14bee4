//! Protection against cross-site requests, and security headers.

use std::{
    net::IpAddr,
    sync::{Arc, Once},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::refusal;
use crate::config::Config;

/// Tells whether a request that changes something, or opens the live channel, comes from one of the
/// venue's own pages. Browsers send `Origin` with both; a page can't forge it.
pub fn is_own(config: &Config, headers: &HeaderMap) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => origin.to_str().is_ok_and(|origin| is_own_origin(config, origin)),
        None => headers
            .get("sec-fetch-site")
            .is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"same-origin")),
    }
}

/// The page of the venue from which a request comes, when there is one. The whole address: a path that
/// begins with `//` would name another host by itself.
pub fn own_referrer(config: &Config, headers: &HeaderMap) -> Option<String> {
    let mut page = Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    page.set_fragment(None);
    is_own_origin(config, &page.origin().ascii_serialization()).then(|| page.into())
}

/// The public address, and this machine's own names for where the venue listens.
fn is_own_origin(config: &Config, origin: &str) -> bool {
    if origin == config.public_url {
        return true;
    }
    let ip = config.listen.ip();
    (ip.is_loopback() || ip.is_unspecified())
        && origin.strip_prefix("http://").and_then(|rest| rest.rsplit_once(':')).is_some_and(
            |(host, port)| {
                port.parse() == Ok(config.listen.port())
                    && matches!(host, "localhost" | "127.0.0.1" | "[::1]")
            },
        )
}

/// Headers by which a proxy shows itself.
pub const PROXIES: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip"];

/// Tells whether a request comes from a program on this machine, without a proxy in between that shows
/// itself.
pub fn is_from_this_machine(peer: IpAddr, headers: &HeaderMap) -> bool {
    peer.to_canonical().is_loopback() && !PROXIES.iter().any(|name| headers.contains_key(*name))
}

/// The bearer token of a request (RFC 6750 section 2.1), if it has one.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Refuses what changes something unless one of the venue's own pages asks for it (against request
/// forgery; the cookie's `SameSite` is the second lock).
pub async fn same_origin(
    State(config): State<Arc<Config>>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_own(&config, request.headers())
    {
        return next.run(request).await;
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            public_url = config.public_url,
            "a request from a page of another address was refused; if people reach the venue by \
             another address than this one, set public_url"
        );
    });
    refusal(StatusCode::FORBIDDEN, "\"Forbidden\"")
}

/// Refuses addresses with a NUL character: no text of the venue has one, and PostgreSQL takes none.
pub async fn no_nul(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00")) {
        return refusal(StatusCode::BAD_REQUEST, "\"Forbidden\"");
    }
    next.run(request).await
}

/// Tells whether a string in `json` has a NUL character, which JSON can only write as an escape (RFC 8259
/// section 7).
pub fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        // What is escaped is no backslash by itself.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// The Content Security Policy of a page; `nonce` marks the scripts that the server wrote.
pub fn page_policy(config: &Config, nonce: &str) -> String {
    // Older Safaris don't count WebSockets as 'self'.
    let channel = Url::parse(&config.public_url)
        .ok()
        .and_then(|mut url| {
            let scheme = if config.secure() { "wss" } else { "ws" };
            url.set_scheme(scheme).ok()?;
            Some(format!(" {}", url.as_str().trim_end_matches('/')))
        })
        .unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         connect-src 'self'{channel}; font-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'"
    )
}

/// The Content Security Policy of everything that isn't a page.
const OTHER_POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the headers that every response has; what is already there stays.
pub async fn headers(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, OTHER_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(), \
             payment=(), usb=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        // What isn't said to be for all is for one person.
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if config.secure() {
        // A year can't be taken back, and other hosts of the domain are not the venue's to decide about.
        let strict = if config.hsts_subdomains {
            "max-age=31536000; includeSubDomains"
        } else {
            "max-age=31536000"
        };
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static(strict));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(config: &Config, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_own(config, &headers)
    }

    #[test]
    fn only_own_pages_act() {
        let mut config = Config::default();
        config.settle(config.listen);
        assert!(own(&config, &[("origin", "http://127.0.0.1:3000")]));
        assert!(own(&config, &[("origin", "http://localhost:3000")]));
        assert!(own(&config, &[("sec-fetch-site", "same-origin")]));
        for foreign in [
            "null",
            "",
            "http://localhost",
            "http://localhost:3001",
            "https://localhost:3000",
            "http://localhost.example.org:3000",
            "http://127.0.0.1:3000.example.org",
            "http://example.org:3000",
        ] {
            let headers = [("origin", foreign), ("sec-fetch-site", "same-origin")];
            assert!(!own(&config, &headers), "{foreign}");
        }
        assert!(!own(&config, &[("sec-fetch-site", "same-site")]));
        assert!(!own(&config, &[]));
    }

    #[test]
    fn a_nul_is_found_and_text_that_looks_like_one_is_not() {
        for with in [r#"{"a":"\u0000"}"#, r#""x\\\u0000""#, r#""\n\u0000"#] {
            assert!(has_nul(with.as_bytes()), "{with}");
        }
        for without in [r#"{"a":"\\u0000"}"#, r#""\u0001""#, r#""u0000""#, r#""\"#, ""] {
            assert!(!has_nul(without.as_bytes()), "{without}");
        }
    }

    #[test]
    fn a_public_address_is_the_only_one() {
        let config = Config {
            listen: ([192, 0, 2, 1], 3000).into(),
            public_url: "https://venue.example.org".into(),
            ..Config::default()
        };
        assert!(own(&config, &[("origin", "https://venue.example.org")]));
        assert!(!own(&config, &[("origin", "http://venue.example.org")]));
        assert!(!own(&config, &[("origin", "http://localhost:3000")]));
    }
}
