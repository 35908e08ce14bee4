//! Cache of pages for people whom nobody knows: each is rendered once per change, path and language, and
//! given out from memory.
//!
//! **Invariant:** nothing of one visitor's is in it. What goes in was rendered for a request made here,
//! which has a path and a language, and no cookie, no query and nothing else of theirs. Who has a session's
//! cookie, whether it is good or not, is given nothing from here.
//!
//! **Invariant:** a page that is given out was read from the database after the last commit of this
//! process that came before the request ([`Revision`]). What other processes commit, the passing of time,
//! and numbers that change by the hundred are at most [`MAX_AGE`] behind.
//!
//! However many want a page that isn't there, it is rendered once. It has no nonce, as everybody would
//! have the same: see [`page`]. Libraries for caches bound them by time and size, but none knows that a
//! page that is being rendered may be waited for only by those who came after the last change.

mod page;
mod shelves;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use bandstand_domain::Language;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use url::form_urlencoded;

use super::{encoding::Encoding, language::RequestLanguage, listener::ConnectionPermit};
use crate::database::Revision;
use page::SharedPage;
use shelves::{Found, Shelves};

/// The oldest that a page gets although nothing has changed as far as this process knows.
pub const MAX_AGE: Duration = Duration::from_secs(1);

/// A route whose pages are the same for all whom nobody knows.
#[derive(Clone, Copy, Debug)]
pub struct SharedRoute {
    /// The route's pattern.
    pub pattern: &'static str,
    /// Parameters of a query of which its pages take notice. With one of these, a page is rendered for
    /// itself; any other makes no difference.
    pub parameters: &'static [&'static str],
}

/// Marks a request that was made here: its page is for everybody.
#[derive(Clone, Copy, Debug)]
pub struct Impersonal;

/// Outcome of a rendering: a page, or none that could be given to everybody.
type Rendered = Option<Arc<SharedPage>>;

/// The cache.
#[derive(Debug)]
pub struct PageCache {
    routes: &'static [SharedRoute],
    session_cookie: &'static str,
    revision: Revision,
    requests: TaskTracker,
    shelves: Mutex<Shelves>,
    hits: AtomicU64,
    misses: AtomicU64,
    not_modified: AtomicU64,
}

/// Work and content of the cache, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCacheStats {
    /// Requests that needed no rendering of their own.
    pub hits: u64,
    /// Requests for which a page was rendered.
    pub misses: u64,
    /// Answers that the client's own page is still good.
    pub not_modified: u64,
    /// Pages it holds.
    pub entries: usize,
    /// Bytes of these, in all codings.
    pub bytes: usize,
}

impl PageCache {
    /// An empty cache of the pages of `routes`, for people without `session_cookie`. What it holds is
    /// good until `revision` is raised; renderings count among `requests`.
    pub fn new(
        routes: &'static [SharedRoute],
        session_cookie: &'static str,
        revision: Revision,
        requests: TaskTracker,
    ) -> Self {
        Self {
            routes,
            session_cookie,
            revision,
            requests,
            shelves: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            not_modified: AtomicU64::new(0),
        }
    }

    /// Lets go of pages that are too old, or that something has changed since: nothing that was erased
    /// lives on here.
    pub fn tidy(&self) {
        self.shelves().tidy(self.revision.current(), Instant::now());
    }

    /// Its work and content so far.
    pub fn stats(&self) -> PageCacheStats {
        let (entries, bytes) = self.shelves().size();
        PageCacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            not_modified: self.not_modified.load(Ordering::Relaxed),
            entries,
            bytes,
        }
    }

    /// The language in which `request` is answered from here; `None` when it has to be answered by
    /// itself.
    fn language_for(&self, request: &Request) -> Option<Language> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let pattern = request.extensions().get::<MatchedPath>()?.as_str();
        let route = self.routes.iter().find(|route| route.pattern == pattern)?;
        let query = request.uri().query().unwrap_or_default();
        let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        if names.any(|name| route.parameters.contains(&&*name)) {
            return None;
        }
        if may_be_known(request.headers(), self.session_cookie) {
            return None;
        }
        Some(request.extensions().get::<RequestLanguage>()?.current)
    }

    /// Renders a page for everybody, in a task of its own: whoever began it may hang up.
    fn render(
        self: &Arc<Self>,
        (path, language, revision): (&str, Language, u64),
        encoding: Encoding,
        sender: watch::Sender<Option<Rendered>>,
        request: Request,
        next: Next,
    ) {
        let (cache, path) = (self.clone(), path.to_owned());
        let begun = Instant::now();
        let render = async move {
            let page = SharedPage::of(next.run(request).await).await.map(Arc::new);
            if let Some(page) = &page {
                // Else all who wait would do it, or wait for the one who does, each on a thread.
                page.body(encoding);
            }
            let kept = page.clone().filter(|page| page.is_found());
            cache.shelves().put(&path, language, kept, revision, begun);
            // Whoever waited may be gone.
            let _ = sender.send(Some(page));
        };
        self.requests.spawn(render.in_current_span());
    }

    fn answer(&self, page: &SharedPage, asked: &HeaderMap) -> Response {
        let response = page.answer(asked);
        if response.status() == StatusCode::NOT_MODIFIED {
            self.not_modified.fetch_add(1, Ordering::Relaxed);
        }
        response
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers from the cache whatever it can.
pub async fn serve(State(cache): State<Arc<PageCache>>, request: Request, next: Next) -> Response {
    let Some(language) = cache.language_for(&request) else { return next.run(request).await };
    let (path, revision) = (request.uri().path(), cache.revision.current());
    let found = cache.shelves().find(path, language, revision, Instant::now());
    let mut waiting = match found {
        Found::Page(page) => {
            cache.hits.fetch_add(1, Ordering::Relaxed);
            return cache.answer(&page, request.headers());
        }
        Found::Rendering(waiting) => {
            cache.hits.fetch_add(1, Ordering::Relaxed);
            waiting
        }
        Found::Nothing(sender) => {
            let Some(impersonal) = impersonal(&request, language) else {
                return next.run(request).await;
            };
            cache.misses.fetch_add(1, Ordering::Relaxed);
            let waiting = sender.subscribe();
            let encoding = Encoding::accepted(request.headers());
            cache.render((path, language, revision), encoding, sender, impersonal, next.clone());
            waiting
        }
    };
    let rendered = waiting.wait_for(Option::is_some).await.ok().and_then(|it| it.clone()).flatten();
    match rendered {
        Some(page) => cache.answer(&page, request.headers()),
        // It panicked, or can't be for everybody.
        None => next.run(request).await,
    }
}

/// Tells whether a request may be that of somebody the venue knows: its cookies name a session, or can't
/// be read.
fn may_be_known(headers: &HeaderMap, session_cookie: &str) -> bool {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies.map(|it| it.to_str()).any(|it| it.map_or(true, |it| it.contains(session_cookie)))
}

/// A request for the page that `request` is for, of nobody in particular: it has the route, and the place
/// of the connection that begins it.
fn impersonal(request: &Request, language: Language) -> Option<Request> {
    let mut impersonal = Request::new(Body::empty());
    // Pages that lead on look for it.
    impersonal.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    *impersonal.uri_mut() = request.uri().path().parse().ok()?;
    let (asked, extensions) = (request.extensions(), impersonal.extensions_mut());
    extensions.insert(asked.get::<MatchedPath>()?.clone());
    if let Some(permit) = asked.get::<ConnectionPermit>() {
        extensions.insert(permit.clone());
    }
    extensions.insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
    extensions.insert(RequestLanguage::fixed(language));
    extensions.insert(Impersonal);
    Some(impersonal)
}
