//! Rendering of pages: how many at once, and each to its end.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use bandstand_domain::{
    Language,
    texts::{Catalogue, keys},
};
use leptos::reactive::owner::{Owner, WeakOwner};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::task::TaskTracker;

use crate::http::{language::RequestLanguage, listener::ConnectionPermit, page_cache::Impersonal};

/// Pages that are rendered at the same time, for each core. A page waits for the database more than it
/// computes, and each step that it computes takes about a millisecond: so long the live channels wait.
const AT_ONCE_PER_CORE: usize = 8;
/// Pages for everybody that are rendered at the same time beside these, for each core: nobody waits for
/// them in the queue of those that are for one person.
const SHARED_AT_ONCE_PER_CORE: usize = 2;
/// The longest that a page waits until it is rendered.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
/// After so many seconds somebody for whom there was no place may come again.
const RETRY_AFTER: u32 = 5;
/// Longer than any page takes to be rendered.
const STUCK: Duration = Duration::from_secs(4);
/// Time limit for rendering a page that nobody waits for any more.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The pages that are rendered now: a bounded number, so that a rush at the door leaves live channels
/// their share of the processor.
#[derive(Debug)]
pub struct Renderings {
    places: Arc<Semaphore>,
    shared_places: Arc<Semaphore>,
    queue_timeout: Duration,
    refused: AtomicU64,
}

impl Default for Renderings {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::new(cores * AT_ONCE_PER_CORE, cores * SHARED_AT_ONCE_PER_CORE, QUEUE_TIMEOUT)
    }
}

impl Renderings {
    fn new(most: usize, most_shared: usize, queue_timeout: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            shared_places: Arc::new(Semaphore::new(most_shared)),
            queue_timeout,
            refused: AtomicU64::new(0),
        }
    }

    /// Pages that were refused so far because too many others were being rendered.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Renders a page once there is a place, a second time where the first one gets stuck: on a busy
    /// machine the framework can lose the notice that the last thing a page waits for is there
    /// (leptos 0.8, its issue 4851).
    ///
    /// Each is rendered to its end though its client hangs up, or the second one is done first: what a
    /// page asks for runs in tasks of its own, and these panic when the page is taken away from under
    /// them. Who hangs up before it was begun leaves nothing behind.
    pub async fn render<F: Future<Output = Response> + Send + 'static>(
        &self,
        requests: &TaskTracker,
        render: impl Fn(Request) -> F,
        request: Request,
    ) -> Response {
        let permit: Option<ConnectionPermit> = request.extensions().get().cloned();
        let (parts, _) = request.into_parts();
        let page = |place: OwnedSemaphorePermit| {
            let root = Root::default();
            let mut request = Request::from_parts(parts.clone(), Body::empty());
            request.extensions_mut().insert(root.clone());
            let page = root.around(whole(render(request)));
            let permit = permit.clone();
            requests.spawn(async move {
                let mut page = pin!(timeout(FORGOTTEN, page));
                let rendered = match timeout(STUCK, page.as_mut()).await {
                    Ok(rendered) => rendered,
                    Err(_) => {
                        // It is stuck, and computes nothing.
                        drop(place);
                        page.await
                    }
                };
                drop(permit);
                rendered.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
            })
        };
        let language = parts.extensions.get::<RequestLanguage>();
        let language = language.map(|it| it.current).unwrap_or_default();
        let places = match parts.extensions.get::<Impersonal>() {
            Some(Impersonal) => &self.shared_places,
            None => &self.places,
        };
        let Some(place) = self.place(places).await else { return busy(language) };
        let page = match timeout(STUCK, page(place)).await {
            Ok(page) => page,
            Err(_) => {
                tracing::info!("a page is rendered once more");
                let Some(place) = self.place(places).await else { return busy(language) };
                page(place).await
            }
        };
        // It panicked, which is noted already.
        page.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }

    async fn place(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        let place = timeout(self.queue_timeout, places.clone().acquire_owned()).await;
        if let Ok(Ok(place)) = place {
            return Some(place);
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        None
    }
}

/// Says that too many others want a page.
fn busy(language: Language) -> Response {
    let catalogue = Catalogue::of(language);
    let text = format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Bandstand</title></head>\
         <body><main><h1>{title}</h1><p>{}</p><p><a href=\"\">{}</a></p></main></body></html>",
        language.tag(),
        catalogue.word(keys::server::pages::busy_why),
        catalogue.word(keys::ui::try_again),
        title = catalogue.word(keys::server::pages::busy),
    );
    let retry = [(header::RETRY_AFTER, RETRY_AFTER.to_string())];
    (StatusCode::SERVICE_UNAVAILABLE, retry, Html(text)).into_response()
}

/// The owner of all that one page is made of, once there is one.
///
/// The framework looks values up in the arena, and keeps views for as long as the owner, that are current
/// on the thread at hand. It sets them while it runs the page, but not after each time that it has waited:
/// on a busy machine another page's are current by then, and what this page says in its title "has
/// already been disposed".
#[derive(Clone, Default)]
pub(super) struct Root(Arc<OnceLock<WeakOwner>>);

impl Root {
    /// Takes note of the owner that the page has got.
    pub(super) fn note(&self) {
        if let Some(owner) = Owner::current() {
            let _ = self.0.set(owner.downgrade());
        }
    }

    /// Runs `page` with its own owner, whichever thread it goes on in; and leaves none behind there.
    fn around<T>(self, page: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        let mut page = Box::pin(page);
        let before = Owner::new();
        poll_fn(move |context| {
            let own = self.0.get().and_then(WeakOwner::upgrade);
            own.as_ref().unwrap_or(&before).with(|| page.as_mut().poll(context))
        })
    }
}

/// A page with all its text, so that nothing of it is left to be rendered.
async fn whole(page: impl Future<Output = Response>) -> Response {
    let (parts, body) = page.await.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(text) => Response::from_parts(parts, Body::from(text)),
        Err(error) => {
            tracing::error!(%error, "a page can't be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_page_for_which_there_is_no_place_comes_later_or_says_so() {
        let (renderings, requests) =
            (Renderings::new(1, 1, Duration::from_millis(1)), TaskTracker::new());
        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (begun, end) = (begun.clone(), end.clone());
            move |_: Request| {
                let (begun, end) = (begun.clone(), end.clone());
                async move {
                    begun.notify_one();
                    end.notified().await;
                    "done".into_response()
                }
            }
        };
        let quick = |_: Request| async { "done".into_response() };
        let request = || Request::new(Body::empty());
        let first = renderings.render(&requests, slow, request());
        let others = async {
            begun.notified().await;
            let mut german = request();
            german.extensions_mut().insert(RequestLanguage::fixed(Language::German));
            let refused = renderings.render(&requests, quick, german).await;
            assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(refused.headers()[header::RETRY_AFTER], "5");
            let words = to_bytes(refused.into_body(), usize::MAX).await.unwrap();
            let words = String::from_utf8(words.into()).unwrap();
            assert!(words.contains("an der Tür"), "{words}");
            // A page for everybody has places of its own.
            let mut shared = request();
            shared.extensions_mut().insert(Impersonal);
            let shared = renderings.render(&requests, quick, shared).await;
            assert_eq!(shared.status(), StatusCode::OK);
            end.notify_one();
        };
        let (first, ()) = tokio::join!(first, others);
        assert_eq!(first.status(), StatusCode::OK);
        let next = renderings.render(&requests, quick, request()).await;
        assert_eq!((next.status(), renderings.refused()), (StatusCode::OK, 1));
    }
}
