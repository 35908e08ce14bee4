//! Translation of messages, by a small server that speaks LibreTranslate's API.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use bandstand_domain::{
    Refusal, RoomId, Secret,
    chat::{ChatPlace, ChatReason, HeldWhy, RulesForm},
    rooms::RoomRole,
    translation::{MAX_TRANSLATED, TranslatedMessages, TranslationError, TranslationReason},
};
use bandstand_server::config::TranslationServer;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use uuid::Uuid;

use crate::support::app::{TestApp, User, fields};

const KEY: &str = "a key of the operator's";

/// The small server, as the test sees it.
#[derive(Clone)]
struct Server {
    asked: Arc<Mutex<Vec<Value>>>,
    elsewhere: Arc<Mutex<usize>>,
    /// Lets those go on who ask for "gated".
    gate: Arc<Semaphore>,
    url: String,
}

/// Translates German by writing backwards; some words make the server misbehave.
async fn answer(State(server): State<Server>, Json(question): Json<Value>) -> Response {
    server.asked.lock().unwrap().push(question.clone());
    if question["api_key"] != KEY {
        let refused = Json(json!({ "error": "Invalid API key" }));
        return (StatusCode::FORBIDDEN, refused).into_response();
    }
    let text = question["q"].as_str().unwrap();
    let detected = |language: &str| json!({ "confidence": 90.0, "language": language });
    let backwards: String = text.chars().rev().collect();
    match text {
        "gated" => drop(server.gate.acquire().await.unwrap()),
        "late" => std::future::pending().await,
        "no JSON" => return "<html>Hello</html>".into_response(),
        "other" => return Json(json!({ "translatedText": ["a", "list"] })).into_response(),
        "broken" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "endless" => {
            return Json(json!({ "translatedText": "x".repeat(80 * 1024) })).into_response();
        }
        "long" => return Json(json!({ "translatedText": "x".repeat(5_000) })).into_response(),
        "forbidden" => {
            return Json(json!({ "translatedText": "a\u{202e}b\u{0}<b>c" })).into_response();
        }
        "elsewhere" => {
            let there = format!("{}/elsewhere", server.url);
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response();
        }
        "Klingon" => {
            let refused = Json(json!({ "error": "tlh is not supported" }));
            return (StatusCode::BAD_REQUEST, refused).into_response();
        }
        "Good evening" => {
            let same = json!({ "translatedText": text, "detectedLanguage": detected("en") });
            return Json(same).into_response();
        }
        _ => {}
    }
    Json(json!({ "translatedText": backwards, "detectedLanguage": detected("de") })).into_response()
}

async fn elsewhere(State(server): State<Server>) -> &'static str {
    *server.elsewhere.lock().unwrap() += 1;
    "{}"
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            asked: Arc::default(),
            elsewhere: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router = Router::new()
            .route("/translate", post(answer))
            .route("/elsewhere", post(elsewhere))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// A venue that has messages translated here.
    async fn venue(&self, key: &str, limit_scale: u32) -> TestApp {
        let translation = TranslationServer {
            url: format!("{}/", self.url),
            key: Some(Secret::new(key)),
            timeout: Duration::from_millis(500),
        };
        TestApp::configured(|config| {
            config.limit_scale = limit_scale;
            config.translation = Some(translation);
        })
        .await
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Waits until so many requests were made.
    async fn until_asked(&self, count: usize) {
        let asked = async {
            while self.asked() < count {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), asked).await.expect("the server is asked");
    }
}

impl User {
    async fn translate(
        &self,
        place: impl Into<ChatPlace>,
        ids: &[Uuid],
        to: &str,
    ) -> Result<TranslatedMessages, TranslationError> {
        let arguments = json!({ "place": place.into(), "ids": ids, "to": to });
        self.call("translation/translate", arguments).await
    }

    /// The translation of a message; none where it is left as it is, or isn't there.
    async fn translated(&self, room: RoomId, id: Uuid, to: &str) -> Option<String> {
        let answer = self.translate(room, &[id], to).await.unwrap();
        answer.messages.into_iter().next().and_then(|it| it.text)
    }
}

fn because<T>(reason: TranslationReason) -> Result<T, TranslationError> {
    Err(Refusal::Because(reason))
}

/// Ada and Ben in a room of a venue that has messages translated.
async fn in_a_room(server: &Server) -> (TestApp, User, User, RoomId) {
    let app = server.venue(KEY, 1_000).await;
    let (ada, ben) = (app.visitor("ada").await, app.visitor("ben").await);
    let room = app.room_of(&[(&ada, RoomRole::Owner), (&ben, RoomRole::Member)]).await;
    (app, ada, ben, room)
}

#[tokio::test]
async fn messages_are_translated_by_the_server_that_the_operator_names() {
    let server = Server::start().await;
    let app = server.venue(KEY, 1_000).await;
    let ((ada, show), ben) = (app.artist_with_show().await, app.visitor("ben").await);
    let room = app.room_of(&[(&ada, RoomRole::Owner), (&ben, RoomRole::Member)]).await;
    let evening = ada.say_in(room, "Guten Abend", None).await;
    let answer = ben.translate(room, &[evening], "en").await.unwrap();
    assert!(answer.failed.is_empty());
    let message = &answer.messages[0];
    assert_eq!((message.id.0, message.edited_at), (evening, None));
    assert_eq!(message.text.as_deref(), Some("dnebA netuG"));
    assert_eq!(message.from.as_deref(), Some("de"));
    assert_eq!(
        server.asked.lock().unwrap()[0],
        json!({ "q": "Guten Abend", "source": "auto", "target": "en", "format": "text", "api_key": KEY })
    );

    // What is in the language already is left as it is.
    let english = ada.say_in(room, "Good evening", None).await;
    let answer = ben.translate(room, &[english], "en").await.unwrap();
    assert_eq!((&answer.messages[0].text, answer.messages[0].from.as_deref()), (&None, Some("en")));

    // A message that was changed is translated anew, and its version is told.
    let change = json!({ "place": ChatPlace::Room(room), "id": evening, "text": "Gute Nacht" });
    ada.call::<(), ChatReason>("chat/edit", change).await.unwrap();
    let answer = ben.translate(room, &[evening], "en").await.unwrap();
    assert_eq!(answer.messages[0].text.as_deref(), Some("thcaN etuG"));
    assert!(answer.messages[0].edited_at.is_some());

    // An answer in a thread, at a show, too.
    let reply = ben.say_in(room, "Danke", Some(evening)).await;
    assert_eq!(ada.translated(room, reply, "en").await.as_deref(), Some("eknaD"));
    let said = ada.say(show, "Willkommen").await;
    let answer = ben.translate(show, &[said], "en").await.unwrap();
    assert_eq!(answer.messages[0].text.as_deref(), Some("nemmoklliW"));
    // The venue's pages say that there is a way.
    let page = ben.page("/rooms").await.text().await.unwrap();
    assert!(page.contains(r#"<meta name="translation" content="server">"#));
    app.stop().await;
}

#[tokio::test]
async fn twenty_readers_are_one_request() {
    let server = Server::start().await;
    let (app, ada, ben, room) = in_a_room(&server).await;
    let gated = ada.say_in(room, "gated", None).await;
    let readers = (0..20).map(|_| ben.translated(room, gated, "en"));
    let (translated, ()) = tokio::join!(join_all(readers), async {
        server.until_asked(1).await;
        server.gate.add_permits(20);
    });
    assert_eq!(translated, vec![Some("detag".to_owned()); 20]);
    // Whoever comes later, too; another language is another request.
    assert_eq!(ada.translated(room, gated, "EN").await.as_deref(), Some("detag"));
    assert_eq!(server.asked(), 1);
    ben.translated(room, gated, "fr").await;
    assert_eq!(server.asked(), 2);
    app.stop().await;
}

#[tokio::test]
async fn only_what_the_reader_may_read_is_translated() {
    let server = Server::start().await;
    let (app, ada, ben, room) = in_a_room(&server).await;
    let eve = app.visitor("eve").await;
    let said = ada.say_in(room, "Guten Tag", None).await;
    assert_eq!(app.nobody().translate(room, &[said], "en").await, Err(Refusal::NotLoggedIn));
    assert_eq!(eve.translate(room, &[said], "en").await, Err(Refusal::NotFound));
    let elsewhere = app.room_of(&[(&eve, RoomRole::Owner)]).await;
    assert_eq!(
        eve.translate(elsewhere, &[said], "en").await.unwrap(),
        TranslatedMessages::default()
    );

    // Deleted, by who is hidden, held: none is there to be translated.
    let gone = ada.say_in(room, "Weg", None).await;
    ada.unsay(room, gone).await.unwrap();
    assert_eq!(ben.translated(room, gone, "en").await, None);
    let hide = json!({ "hidden": { "person": ada.person(), "name": "Ada" }, "hide": true });
    ben.call::<(), ChatReason>("chat/hide", hide).await.unwrap();
    assert_eq!(ben.translated(room, said, "en").await, None);
    let form = RulesForm { hold: true, ..RulesForm::default() };
    let rules = json!({ "place": ChatPlace::Room(room), "form": form });
    ada.call::<Value, ChatReason>("chat/set_rules", rules).await.unwrap();
    let held = Uuid::new_v4();
    let post = json!({ "place": ChatPlace::Room(room), "id": held, "text": "Darf ich?" });
    let why: Option<HeldWhy> = ben.call::<_, ChatReason>("chat/post", post).await.unwrap();
    assert_eq!(why, Some(HeldWhy::Rule));
    assert_eq!(ada.translated(room, held, "en").await, None);
    assert_eq!(server.asked(), 0, "nobody's words went anywhere");

    let ban = json!({ "room": room, "person": ben.person(), "banned": true });
    ada.rooms::<Value>("remove", ban).await.unwrap();
    assert_eq!(ben.translate(room, &[said], "en").await, Err(Refusal::NotFound));
    assert_eq!(server.asked(), 0);
    app.stop().await;
}

#[tokio::test]
async fn what_is_asked_is_bounded() {
    let server = Server::start().await;
    let (app, ada, ben, room) = in_a_room(&server).await;
    let said = ada.say_in(room, "Guten Tag", None).await;
    assert_eq!(fields(ben.translate(room, &[], "en").await), ["ids"]);
    assert_eq!(fields(ben.translate(room, &[said; MAX_TRANSLATED + 1], "en").await), ["ids"]);
    assert_eq!(fields(ben.translate(room, &[said], "../en").await), ["to"]);
    assert_eq!(server.asked(), 0);
    app.stop().await;

    let app = server.venue(KEY, 1).await;
    let ada = app.visitor("ada").await;
    let room = app.room_of(&[(&ada, RoomRole::Owner)]).await;
    let said = ada.say_in(room, "Guten Tag", None).await;
    let mut refused = None;
    for _ in 0..90 {
        match ada.translate(room, &[said], "en").await {
            Ok(_) => {}
            Err(refusal) => refused = Some(refusal),
        }
    }
    assert!(matches!(refused, Some(Refusal::TooMany { .. })), "{refused:?}");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_failure_and_what_is_shown_is_bounded() {
    for text in ["no JSON", "other", "broken", "endless", "elsewhere", "late"] {
        let server = Server::start().await;
        let (app, ada, ben, room) = in_a_room(&server).await;
        let said = ada.say_in(room, text, None).await;
        let failed = because(TranslationReason::Failed);
        assert_eq!(ben.translate(room, &[said], "en").await, failed, "{text}");
        assert_eq!(*server.elsewhere.lock().unwrap(), 0, "no redirect is followed");
        app.stop().await;
    }
    let server = Server::start().await;
    let (app, ada, ben, room) = in_a_room(&server).await;
    let long = ada.say_in(room, "long", None).await;
    assert_eq!(ben.translated(room, long, "en").await.unwrap().len(), 2_000);
    // Text it stays, whatever it looks like.
    let forbidden = ada.say_in(room, "forbidden", None).await;
    assert_eq!(ben.translated(room, forbidden, "en").await.as_deref(), Some("ab<b>c"));
    let unknown = ada.say_in(room, "Klingon", None).await;
    let unsupported = because(TranslationReason::Unsupported);
    assert_eq!(ben.translate(room, &[unknown], "en").await, unsupported);
    // Others are translated all the same.
    let known = ada.say_in(room, "Hallo", None).await;
    let answer = ben.translate(room, &[unknown, known], "en").await.unwrap();
    assert_eq!((answer.messages.len(), answer.failed.len()), (2, 0));
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_for_a_moment() {
    let server = Server::start().await;
    let (app, ada, ben, room) = in_a_room(&server).await;
    let (broken, good) =
        (ada.say_in(room, "broken", None).await, ada.say_in(room, "Hallo", None).await);
    let before = ben.translated(room, good, "en").await;
    assert_eq!(before.as_deref(), Some("ollaH"));
    let failed = because(TranslationReason::Failed);
    assert_eq!(ben.translate(room, &[broken], "en").await, failed);
    let asked = server.asked();
    assert_eq!(ben.translate(room, &[good], "fr").await, failed);
    assert_eq!(server.asked(), asked, "it isn't asked again at once");
    // What was translated before is there still.
    let answer = ben.translate(room, &[broken, good], "en").await.unwrap();
    assert_eq!(answer.messages[0].text, before);
    assert_eq!(answer.failed.len(), 1);
    let recovered = async {
        while ben.translate(room, &[good], "fr").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), recovered).await.expect("it is asked again later");
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_translated_without_a_server_or_a_good_key() {
    let server = Server::start().await;
    let app = server.venue("another key", 1_000).await;
    let ada = app.visitor("ada").await;
    let room = app.room_of(&[(&ada, RoomRole::Owner)]).await;
    let said = ada.say_in(room, "Hallo", None).await;
    assert_eq!(ada.translate(room, &[said], "en").await, because(TranslationReason::Failed));
    app.stop().await;

    let app = TestApp::start().await;
    let ada = app.visitor("ada").await;
    let room = app.room_of(&[(&ada, RoomRole::Owner)]).await;
    let said = ada.say_in(room, "Hallo", None).await;
    assert_eq!(ada.translate(room, &[said], "en").await, because(TranslationReason::NotConfigured));
    let page = ada.page("/rooms").await.text().await.unwrap();
    assert!(!page.contains(r#"name="translation""#), "no choice is offered");
    app.stop().await;

    // Nobody listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = Server { url: format!("http://{nowhere}"), ..server };
    let app = server.venue(KEY, 1_000).await;
    let ada = app.visitor("ada").await;
    let room = app.room_of(&[(&ada, RoomRole::Owner)]).await;
    let said = ada.say_in(room, "Hallo", None).await;
    assert_eq!(ada.translate(room, &[said], "en").await, because(TranslationReason::Failed));
    app.stop().await;
}
