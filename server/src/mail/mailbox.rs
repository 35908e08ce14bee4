//! The mailbox in the data folder, where mails go that no mail server takes: for developers, and for
//! operators who are only trying things out.
//!
//! Its pages open every account. They exist only while no mail server is configured **and** the venue's
//! public address is this machine: a proxy in front need not say that it is there, and its requests come
//! from this machine as well. Even then they are only for a browser on this machine itself: the
//! connection comes from a loopback address, no proxy says that it stands in between, and the browser
//! asks for this machine by name, so that no other site's name can have been bent to this address (DNS
//! rebinding). Operators of other venues read mails with `bandstand mail`.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    extract::{ConnectInfo, Path as InPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use mail_parser::{Message, MessageParser};
use tokio::fs;
use uuid::Uuid;

use super::{Mail, html::escape};
use crate::{config::Config, http::security::is_from_this_machine};

/// The most mails that are kept; the oldest go.
const MOST: usize = 500;

/// Puts a mail into `folder`, whole or not at all. The same `id` again replaces it.
pub(super) async fn put(folder: &Path, id: &str, mail: Vec<u8>) -> io::Result<()> {
    let unfinished = folder.join(format!("{id}.part"));
    fs::write(&unfinished, mail).await?;
    fs::rename(&unfinished, folder.join(format!("{id}.eml"))).await?;
    let all = list(folder).await?;
    for old in all.iter().skip(MOST) {
        fs::remove_file(file(folder, *old)).await?;
    }
    Ok(())
}

/// The mails in `folder`, the newest first: their names grow with the time.
pub(super) async fn list(folder: &Path) -> io::Result<Vec<Uuid>> {
    let mut all = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let id: Option<Uuid> =
            name.to_str().and_then(|name| name.strip_suffix(".eml")?.parse().ok());
        all.extend(id);
    }
    all.sort_by(|a: &Uuid, b| b.cmp(a));
    Ok(all)
}

pub(super) fn file(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.eml"))
}

/// The mailbox's pages, for a venue that has them.
pub fn routes<S: Clone + Send + Sync + 'static>(way: &Mail, config: &Config) -> Router<S> {
    let Some(folder) = way.mailbox().filter(|_| config.is_local()) else { return Router::new() };
    Router::new()
        .route("/mailbox", get(index))
        .route("/mailbox/{id}", get(mail))
        .layer(from_fn(this_machine_only))
        .with_state(Arc::<Path>::from(folder.as_path()))
}

/// Returns whether a request comes from a browser on this machine that asks for it by name.
fn may_read(peer: IpAddr, headers: &HeaderMap) -> bool {
    is_from_this_machine(peer, headers)
        && headers.get(header::HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| {
            let name = host.rsplit_once(':').map_or(host, |(name, port)| {
                if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
            });
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        })
}

async fn this_machine_only(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if !may_read(peer.ip(), request.headers()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

fn unreadable(error: io::Error) -> Response {
    if error.kind() == io::ErrorKind::NotFound {
        return StatusCode::NOT_FOUND.into_response();
    }
    tracing::error!(%error, "the mailbox can't be read");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// `GET /mailbox`: what was sent, the newest first.
async fn index(State(folder): State<Arc<Path>>) -> Result<Html<String>, Response> {
    let mut rows = String::new();
    for id in list(&folder).await.map_err(unreadable)? {
        let bytes = fs::read(file(&folder, id)).await.map_err(unreadable)?;
        let Some(mail) = MessageParser::default().parse(&bytes) else { continue };
        rows.push_str(&format!(
            "<li><a href=\"/mailbox/{id}\">{}</a> to {}</li>",
            escape(mail.subject().unwrap_or("(no subject)")),
            escape(&receiver(&mail))
        ));
    }
    if rows.is_empty() {
        rows.push_str("<li>Nothing was sent yet.</li>");
    }
    Ok(page("Mailbox", &format!("<ul>{rows}</ul>")))
}

/// `GET /mailbox/{id}`: one mail, as text with its links.
async fn mail(
    State(folder): State<Arc<Path>>,
    InPath(id): InPath<Uuid>,
) -> Result<Html<String>, Response> {
    let bytes = fs::read(file(&folder, id)).await.map_err(unreadable)?;
    let mail = MessageParser::default()
        .parse(&bytes)
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
    let text = mail.body_text(0).unwrap_or_default();
    let body = format!(
        "<p><a href=\"/mailbox\">Mailbox</a></p><p>To {}</p>{}",
        escape(&receiver(&mail)),
        paragraphs(&text)
    );
    Ok(page(mail.subject().unwrap_or("(no subject)"), &body))
}

pub(super) fn receiver(mail: &Message<'_>) -> String {
    let address = mail.to().and_then(|to| to.first()).and_then(|to| to.address());
    address.unwrap_or("nobody").to_owned()
}

/// Text as HTML: a line that is an address becomes a link.
fn paragraphs(text: &str) -> String {
    text.lines()
        .map(|line| {
            let safe = escape(line);
            if line.starts_with("http://") || line.starts_with("https://") {
                format!("<p><a href=\"{safe}\">{safe}</a></p>")
            } else {
                format!("<p>{safe}</p>")
            }
        })
        .collect()
}

fn page(title: &str, body: &str) -> Html<String> {
    let title = escape(title);
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{body}</body></html>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::security::PROXIES;

    #[test]
    fn only_this_machine_reads_the_mailbox() {
        let asks = |peer: &str, headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| {
                    (HeaderName::from_static(name), HeaderValue::from_static(value))
                })
                .collect();
            may_read(peer.parse().unwrap(), &headers)
        };
        for host in ["127.0.0.1:3000", "localhost:3000", "localhost", "[::1]:3000", "[::1]"] {
            assert!(asks("127.0.0.1", &[("host", host)]), "{host}");
        }
        assert!(asks("::1", &[("host", "localhost")]));
        assert!(asks("::ffff:127.0.0.1", &[("host", "localhost")]));
        assert!(!asks("192.0.2.1", &[("host", "localhost")]));
        assert!(!asks("127.0.0.1", &[]));
        for host in ["evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example:80"] {
            assert!(!asks("127.0.0.1", &[("host", host)]), "{host}");
        }
        for proxy in PROXIES {
            assert!(!asks("127.0.0.1", &[("host", "localhost"), (proxy, "127.0.0.1")]), "{proxy}");
        }
    }
}
