//! Pages, rendered by the server, and the server functions that they call.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, on},
};
use bandstand_app::{
    App,
    accounts::port::{AccountSettings, Accounts, Helpers},
    api_tokens::port::ApiTokens,
    chat::{moderation_port::ChatModeration, port::Chat, reading_port::ChatReading},
    crowd::port::Crowd,
    factors::port::Factors,
    happenings::port::Happenings,
    listening::port::PersonalAddresses,
    notifications::port::Notifications,
    people::port::People,
    port::Answer,
    quality::port::Quality,
    recordings::port::Recordings,
    rooms::port::Rooms,
    shell,
    shows::port::Shows,
    stage::port::StageControl,
    stream_keys::port::StreamKeys,
    translation::{BY_SERVER, port::Translations},
    uploads::port::Uploads,
    viewer::port::Identity,
};
use bandstand_domain::Language;
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    ResponseOptions, generate_route_list_with_exclusions_and_ssg_and_context,
    handle_server_fns_with_context, render_app_async_with_context,
};

use super::{rendering::Root, router::MAX_FORM, site::Site, texts, venue::Venue};
use crate::{
    caller::Caller,
    chat::{ChatLog, MessageFiles, port::ChatPort},
    crowd::port::CrowdPort,
    http::{
        page_cache::SharedRoute,
        refusal, run_detached,
        security::{has_nul, page_policy},
    },
    listening::port::ListeningPort,
    quality::port::QualityPort,
    recordings::port::RecordingsPort,
    rooms::port::RoomsPort,
    shows::port::ShowsPort,
    stage::port::StagePort,
    translation::port::TranslationPort,
    uploads::port::UploadsPort,
};

/// Pages that are the same for all whom nobody knows.
pub const SHARED: &[SharedRoute] = &[
    SharedRoute { pattern: "/", parameters: &["genre"] },
    SharedRoute { pattern: "/shows/{id}", parameters: &[] },
    SharedRoute { pattern: "/artists/{handle}", parameters: &[] },
    SharedRoute { pattern: "/log-in", parameters: &["next"] },
    SharedRoute { pattern: "/join", parameters: &["as", "next"] },
];

/// All pages, all server functions, and whatever else is asked for: a file, or the page that says there
/// is none.
///
/// Pages are sent once all they need is there: the first HTML is complete without a script, and its
/// status tells what became of it.
pub fn routes(venue: &Arc<Venue>, site: &Site) -> Router {
    let context = {
        let venue = venue.clone();
        move || provide(&venue, &Arc::default())
    };
    let app = {
        let (venue, site) = (venue.clone(), site.clone());
        move || {
            let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
            let language = use_context::<Language>().unwrap_or_default();
            if let Some(response) = use_context::<ResponseOptions>()
                && let Ok(policy) =
                    HeaderValue::from_str(&page_policy(&venue.services.config, &nonce))
            {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
                let tag = HeaderValue::from_static(language.tag());
                response.insert_header(header::CONTENT_LANGUAGE, tag);
                let asked = HeaderValue::from_static("accept-language, cookie");
                response.append_header(header::VARY, asked);
            }
            let path = use_context::<Parts>().map(|parts| parts.uri.path().to_owned());
            let mut head = site.head(path.as_deref().unwrap_or("/"), &nonce);
            if venue.translator.is_some() {
                head.0.push_str(BY_SERVER);
            }
            shell(head, texts::address(language))
        }
    };
    let render = render_app_async_with_context(context.clone(), app);
    let render = {
        let venue = venue.clone();
        move |request: Request| {
            let (venue, render) = (venue.clone(), render.clone());
            async move { venue.renderings.render(&venue.services.requests, render, request).await }
        }
    };

    let mut router = Router::new();
    let (pages, _) = generate_route_list_with_exclusions_and_ssg_and_context(App, None, {
        let venue = venue.clone();
        move || provide_ports(&venue, Caller::nobody(venue.services.clone()))
    });
    for page in &pages {
        router = router.route(page.path(), get(render.clone()));
        if page.path() != "/" {
            router = router.route(&format!("{}/", page.path()), get(without_slash));
        }
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let Ok(method) = method.try_into() else { continue };
        let venue = venue.clone();
        router = router.route(path, on(method, move |request| answer(venue, request)));
    }
    let site = site.clone();
    router.fallback(move |request: Request| {
        let (site, render) = (site.clone(), render.clone());
        async move {
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return StatusCode::NOT_FOUND.into_response();
            }
            let (parts, body) = request.into_parts();
            if let Some(file) = site.file(Request::from_parts(parts.clone(), ())).await {
                return file;
            }
            let reads_html = parts
                .headers
                .get(header::ACCEPT)
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(|accept| accept.contains("text/html"));
            if !reads_html {
                return StatusCode::NOT_FOUND.into_response();
            }
            let mut page: Response = render(Request::from_parts(parts, body)).await;
            if page.status().is_success() {
                *page.status_mut() = StatusCode::NOT_FOUND;
            }
            page
        }
    })
}

/// Leads on from a page's address with a slash at its end. The browser's side is told apart into parts by
/// the path, so there is one address for each page.
async fn without_slash(uri: Uri) -> Redirect {
    let path = uri.path().trim_end_matches('/');
    match uri.query() {
        Some(query) => Redirect::permanent(&format!("{path}?{query}")),
        None => Redirect::permanent(path),
    }
}

/// Answers a call of a server function. What is sent is read first, by who gives up when it takes too
/// long; what it asks for is then done to its end.
async fn answer(venue: Arc<Venue>, request: Request) -> Response {
    let permit = request.extensions().get().cloned();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_FORM).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if has_nul(&body) {
        return refusal(StatusCode::BAD_REQUEST, "\"Forbidden\"");
    }
    let request = Request::from_parts(parts, Body::from(body));
    run_detached(&venue.services.requests, permit, run(venue.clone(), request)).await
}

/// Runs a server function.
async fn run(venue: Arc<Venue>, request: Request) -> Response {
    let refused = Arc::new(AtomicBool::new(false));
    let context = {
        let refused = refused.clone();
        move || provide(&venue, &refused)
    };
    let mut response = handle_server_fns_with_context(context, request).await.into_response();
    // An error that no port has answered: what was sent is not what the function takes.
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR && !refused.load(Ordering::Relaxed) {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

/// Puts what the app needs into the context of the current request.
fn provide(venue: &Arc<Venue>, refused: &Arc<AtomicBool>) {
    if let Some(response) = use_context::<ResponseOptions>() {
        provide_context::<Arc<dyn Answer>>(Arc::new(Status { response, refused: refused.clone() }));
    }
    if let Some(root) = use_context::<Parts>().and_then(|it| it.extensions.get::<Root>().cloned()) {
        root.note();
    }
    let caller = use_context::<Parts>()
        .and_then(|parts| Caller::of(venue.services.clone(), &parts.extensions, &parts.headers));
    // A request without a session doesn't get here: the session layer is around every page.
    provide_ports(venue, caller.unwrap_or_else(|| Caller::nobody(venue.services.clone())));
}

/// One port per feature, all acting for `caller`.
fn provide_ports(venue: &Venue, caller: Caller) {
    provide_context(caller.request_language.current);
    let Venue { crowds, followers, stages, media, radio, monitor, .. } = venue;
    let shows = ShowsPort { caller: caller.clone(), audience: Arc::new(crowds.clone()) };
    provide_context::<Arc<dyn Shows>>(Arc::new(shows));
    let stage = StagePort { caller: caller.clone(), stages: stages.clone() };
    provide_context::<Arc<dyn StageControl>>(Arc::new(stage));
    let makes_mp3 = radio.libraries().make_mp3_of_opus();
    let recordings = RecordingsPort { caller: caller.clone(), makes_mp3 };
    provide_context::<Arc<dyn Recordings>>(Arc::new(recordings));
    let quality = QualityPort {
        caller: caller.clone(),
        monitor: monitor.clone(),
        media: media.sessions.clone(),
        mounts: radio.mounts.clone(),
    };
    provide_context::<Arc<dyn Quality>>(Arc::new(quality));
    let (crowds_, followers) = (crowds.clone(), followers.clone());
    let chat = Arc::new(ChatPort { caller: caller.clone(), crowds: crowds_, followers });
    provide_context::<Arc<dyn Chat>>(chat.clone());
    provide_context::<Arc<dyn ChatModeration>>(chat.clone());
    provide_context::<Arc<dyn ChatReading>>(chat);
    let crowd = CrowdPort { caller: caller.clone(), crowds: crowds.clone() };
    provide_context::<Arc<dyn Crowd>>(Arc::new(crowd));
    let listening = ListeningPort { caller: caller.clone(), mp3: radio.makes_mp3() };
    provide_context::<Arc<dyn PersonalAddresses>>(Arc::new(listening));
    let translator = venue.translator.clone();
    let translation = TranslationPort { caller: caller.clone(), translator };
    provide_context::<Arc<dyn Translations>>(Arc::new(translation));
    provide_context::<Arc<dyn Rooms>>(Arc::new(RoomsPort {
        caller: caller.clone(),
        log: Arc::new(ChatLog),
    }));
    let carrier = Arc::new(MessageFiles);
    provide_context::<Arc<dyn Uploads>>(Arc::new(UploadsPort { caller: caller.clone(), carrier }));
    // The others need nothing of their own.
    let caller = Arc::new(caller);
    provide_context::<Arc<dyn Identity>>(caller.clone());
    provide_context::<Arc<dyn Accounts>>(caller.clone());
    provide_context::<Arc<dyn AccountSettings>>(caller.clone());
    provide_context::<Arc<dyn Helpers>>(caller.clone());
    provide_context::<Arc<dyn StreamKeys>>(caller.clone());
    provide_context::<Arc<dyn ApiTokens>>(caller.clone());
    provide_context::<Arc<dyn Factors>>(caller.clone());
    provide_context::<Arc<dyn Happenings>>(caller.clone());
    provide_context::<Arc<dyn Notifications>>(caller.clone());
    provide_context::<Arc<dyn People>>(caller);
}

/// The answer that is being made, as leptos holds it.
struct Status {
    response: ResponseOptions,
    /// Becomes true once a port has refused.
    refused: Arc<AtomicBool>,
}

impl Answer for Status {
    fn refuse(&self, status: u16, retry_after: Option<u32>) {
        self.refused.store(true, Ordering::Relaxed);
        if let Ok(status) = StatusCode::from_u16(status) {
            self.response.set_status(status);
        }
        if let Some(seconds) = retry_after {
            self.response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}
