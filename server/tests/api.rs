//! API tokens, and the device login by which programs get them.

mod device;

use bandstand_domain::{
    Refusal, Secret, ShowId,
    accounts::AccountReason,
    api_tokens::{
        ApiScope, ApiToken, ApiTokenError, ApiTokenId, ApiTokenReason, DeviceNetwork,
        DeviceRequest, MAX_TOKENS,
    },
    stage::StageState,
};
use bandstand_server::{api_tokens, config::UserCommand, own_account::operator};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::app::{TestApp, User, draft};

impl User {
    async fn look_up(&self, code: &str) -> Result<DeviceRequest, ApiTokenError> {
        self.call("api_tokens/look_up", json!({ "code": code })).await
    }

    async fn decide(&self, code: &str, allowed: bool) -> Result<(), ApiTokenError> {
        self.call("api_tokens/decide", json!({ "code": code, "allowed": allowed })).await
    }

    async fn api_tokens(&self) -> Vec<ApiToken> {
        self.call::<_, ApiTokenReason>("api_tokens/list", json!({})).await.unwrap()
    }

    async fn revoke_api_token(&self, id: ApiTokenId) -> Result<(), ApiTokenError> {
        self.call("api_tokens/revoke", json!({ "id": id })).await
    }
}

/// The codes of a program that waits.
struct Codes {
    device: String,
    user: String,
}

impl TestApp {
    /// Asks the API something: status and body.
    async fn api(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let client = self.nobody().client;
        let mut request = client.request(method, format!("{}/api/v1{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }

    async fn begin_device(&self, program: &str) -> Codes {
        let body = json!({ "program": program });
        let (status, body) = self.api(Method::POST, "/device", None, Some(body)).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["verification_uri"], format!("{}/device", self.url));
        assert_eq!((&body["expires_in"], &body["interval"]), (&json!(600), &json!(5)));
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Codes { device: text("device_code"), user: text("user_code") }
    }

    /// Polls: the token, or the name of the refusal.
    async fn poll_device(&self, codes: &Codes) -> Result<String, String> {
        let body = json!({ "device_code": codes.device });
        let (status, body) = self.api(Method::POST, "/device/token", None, Some(body)).await;
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        if status == 200 {
            assert_eq!(body["token_type"], "Bearer");
            assert_eq!(body["scope"], "shows:read stage:publish");
            return Ok(text("access_token"));
        }
        assert_eq!(status, 400, "{body}");
        Err(text("error"))
    }

    /// A program that `artist` lets in.
    pub async fn api_token(&self, artist: &User, program: &str) -> String {
        let codes = self.begin_device(program).await;
        artist.decide(&codes.user, true).await.unwrap();
        self.poll_device(&codes).await.unwrap()
    }
}

#[tokio::test]
async fn a_program_is_let_in_by_its_code_and_is_on_stage_until_it_is_revoked() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let later = artist.create(&draft("Much later", 9)).await.unwrap();
    let codes = app.begin_device("bandstand source on studio-pc").await;
    assert_eq!(app.poll_device(&codes).await, Err("authorization_pending".into()));

    let typed = codes.user.to_lowercase().replace('-', " ");
    let asked = artist.look_up(&typed).await.unwrap();
    assert_eq!(asked.code, codes.user);
    // Everybody has this address behind a proxy that isn't trusted.
    assert_eq!(
        (asked.program.as_str(), asked.network),
        ("bandstand source on studio-pc", DeviceNetwork::Unknown)
    );
    assert_eq!(asked.scopes, ApiScope::ALL);
    assert_eq!(artist.api_tokens().await, [], "to look is not to let in");
    artist.decide(&typed, true).await.unwrap();
    let gone = Err(Refusal::Because(ApiTokenReason::NoSuchCode));
    assert_eq!(artist.decide(&typed, true).await, gone, "a code is good once");
    assert_eq!(artist.look_up(&typed).await.map(drop), gone);

    let token = app.poll_device(&codes).await.unwrap();
    assert!(token.starts_with("bandstand_api_"), "{token}");
    assert_eq!(app.poll_device(&codes).await, Err("expired_token".into()), "fetched once");
    let [kept] = artist.api_tokens().await.try_into().unwrap();
    assert_eq!((kept.name.as_str(), kept.used_at), ("bandstand source on studio-pc", None));
    assert!(token.ends_with(&kept.ending));
    let clear = app.count("SELECT COUNT(*) FROM api_tokens WHERE hash LIKE 'bandstand%'").await;
    assert_eq!(clear, 0, "a token is kept as a hash alone");

    let (status, shows) = app.api(Method::GET, "/shows", Some(&token), None).await;
    assert_eq!(status, 200, "{shows}");
    let ids: Vec<_> = shows.as_array().unwrap().iter().map(|it| (&it["id"], &it["due"])).collect();
    let expected = [(json!(show), json!(true)), (json!(later), json!(false))];
    assert_eq!(ids, expected.iter().map(|it| (&it.0, &it.1)).collect::<Vec<_>>());

    let mut studio = app.follow(&artist, show).await;
    let program = app.publish_at("/whip", Secret::new(token.clone())).await.unwrap();
    assert!(program.location.starts_with(&format!("/whip/{show}/1-")), "{}", program.location);
    studio.until_stage(StageState::Live).await;
    let viewer = app.watch(&artist, show).await.unwrap();
    viewer.until(|it| it.audio.packets > 0).await;
    let bob = app.guest("Bob").await;
    let _bob = app.follow(&bob, show).await;
    bob.say(show, "louder!").await;
    let state = show_state(&app, &token, show).await;
    assert_eq!((&state["stage"], &state["publication"]), (&json!("live"), &json!(1)));
    assert_eq!((&state["crowd"], &state["over"]), (&json!(1), &json!(false)));
    assert_eq!(state["listeners"], json!(0));
    assert_eq!(
        (&state["chat"]["name"], &state["chat"]["text"]),
        (&json!("Bob"), &json!("louder!"))
    );
    assert!(artist.api_tokens().await[0].used_at.is_some_and(|at| at >= kept.made_at));

    let eve = app.artist("eve").await;
    assert_eq!(eve.api_tokens().await, []);
    assert_eq!(eve.revoke_api_token(kept.id).await, Err(Refusal::NotFound));
    artist.revoke_api_token(kept.id).await.unwrap();
    program.publisher.ended().await;
    studio.until_stage(StageState::Dropped).await;
    assert_eq!(app.tried("/whip", &Secret::new(token.clone())).await.0, 401);
    let words = "“bandstand source on studio-pc”, whose API token was revoked";
    studio.until(|it| it.notices.iter().any(|it| it.text.contains(words))).await;
    let (status, body) = app.api(Method::GET, "/shows", Some(&token), None).await;
    assert_eq!((status.as_u16(), &body["error"]), (401, &json!("invalid_token")));
    assert_eq!(artist.revoke_api_token(kept.id).await, Err(Refusal::NotFound));
    assert_eq!(artist.api_tokens().await, []);
    app.stop().await;
}

async fn show_state(app: &TestApp, token: &str, show: ShowId) -> Value {
    let (status, state) = app.api(Method::GET, &format!("/shows/{show}"), Some(token), None).await;
    assert_eq!(status, 200, "{state}");
    state
}

#[tokio::test]
async fn a_new_password_sends_programs_away_and_their_person_is_told_of_each() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let (login, who) = (artist.viewer.clone().unwrap().handle.unwrap(), "ada@example.org");
    let token = app.api_token(&artist, "thief's laptop").await;
    let told = app.mail(who, "A program was let in").await;
    assert!(told.text.contains("“thief's laptop”") && told.text.contains("/device"), "{told:?}");
    let refused = app.begin_device("refused").await;
    artist.decide(&refused.user, false).await.unwrap();
    let mut studio = app.follow(&artist, show).await;
    let program = app.publish_at("/whip", Secret::new(token.clone())).await.unwrap();
    studio.until_stage(StageState::Live).await;
    let waiting = app.begin_device("let in and not fetched yet").await;
    artist.decide(&waiting.user, true).await.unwrap();

    let mine = app.nobody();
    let forgotten = json!({ "login": login });
    mine.call::<(), AccountReason>("accounts/forgotten", forgotten).await.unwrap();
    let link = app.mail(who, "A new password").await.link("/reset").unwrap();
    mine.reset(&link, "another horse battery").await.unwrap();
    program.publisher.ended().await;
    assert_eq!(app.api(Method::GET, "/shows", Some(&token), None).await.0, 401);
    assert_eq!(app.poll_device(&waiting).await, Err("expired_token".into()));

    // The same when it is changed; others' programs stay.
    mine.log_in(&login, "another horse battery").await.unwrap();
    let eve = app.artist("eve").await;
    let hers = app.api_token(&eve, "hers").await;
    let token = app.api_token(&mine, "source").await;
    let form = json!({ "current": "another horse battery", "new": "a third horse battery" });
    let form = json!({ "form": form });
    mine.call::<(), AccountReason>("accounts/change_password", form).await.unwrap();
    assert_eq!(mine.api_tokens().await, []);
    assert_eq!(app.api(Method::GET, "/shows", Some(&token), None).await.0, 401);
    assert_eq!(app.api(Method::GET, "/shows", Some(&hers), None).await.0, 200);
    app.jobs_done().await;
    let letters = app.mails(who);
    let told = letters.iter().filter(|it| it.subject == "A program was let in").count();
    assert_eq!(told, 3, "of each, and not of one that was refused");
    app.stop().await;
}

#[tokio::test]
async fn a_token_that_nobody_uses_for_half_a_year_is_revoked() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    let used = app.api_token(&artist, "used").await;
    let unused = app.api_token(&artist, "unused").await;
    app.change("UPDATE api_tokens SET made_at = made_at - 15552001000").await;
    assert_eq!(app.api(Method::GET, "/shows", Some(&used), None).await.0, 200);
    api_tokens::prune(&app.running.venue.services.database).await.unwrap();
    assert_eq!(app.api(Method::GET, "/shows", Some(&used), None).await.0, 200);
    assert_eq!(app.api(Method::GET, "/shows", Some(&unused), None).await.0, 401);
    assert_eq!(artist.api_tokens().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn tokens_are_few() {
    let app = TestApp::start().await;
    let artist = app.artist("ada").await;
    // One that is let in counts before it is fetched.
    let waiting = app.begin_device("waiting").await;
    artist.decide(&waiting.user, true).await.unwrap();
    for number in 1..MAX_TOKENS {
        app.api_token(&artist, &format!("program {number}")).await;
    }
    let codes = app.begin_device("one more").await;
    let refused = artist.decide(&codes.user, true).await;
    assert_eq!(refused, Err(Refusal::Because(ApiTokenReason::TooManyTokens)));
    artist.decide(&codes.user, false).await.unwrap();
    assert_eq!(artist.api_tokens().await.len(), MAX_TOKENS - 1);
    app.stop().await;
}

#[tokio::test]
async fn a_program_logs_out_and_reads_its_own_shows_alone() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let eve = app.artist("eve").await;
    let foreign = eve.create(&draft("Not yours", 1)).await.unwrap();
    let token = app.api_token(&artist, "source").await;
    let other = app.api_token(&artist, "another").await;
    for path in [format!("/shows/{foreign}"), "/shows/nonsense".into()] {
        let (status, body) = app.api(Method::GET, &path, Some(&token), None).await;
        assert_eq!((status.as_u16(), &body["error"]), (404, &json!("not_found")), "{path}");
    }
    // As the password of a source client, too: it is let in as far as its format.
    let radio = |token: String| {
        let client = app.nobody().client;
        let request = client.put(format!("{}/radio/{show}", app.url)).body("x");
        request.basic_auth("source", Some(token)).header(header::CONTENT_TYPE, "video/mp4").send()
    };
    assert_eq!(radio(token.clone()).await.unwrap().status(), 415);
    // A browser's session opens nothing here.
    let address = format!("{}/api/v1/shows", app.url);
    assert_eq!(artist.client.get(address).send().await.unwrap().status(), 401);

    assert_eq!(app.api(Method::DELETE, "/token", Some(&token), None).await.0, 204);
    assert_eq!(app.api(Method::DELETE, "/token", Some(&token), None).await.0, 401);
    assert_eq!(radio(token).await.unwrap().status(), 401);
    assert_eq!(app.api(Method::GET, "/shows", Some(&other), None).await.0, 200);
    let exported = artist.client.get(format!("{}/settings/export", app.url)).send().await.unwrap();
    let exported: Value = exported.json().await.unwrap();
    assert_eq!(exported["api_tokens"][0]["name"], "another");
    app.stop().await;
}

#[tokio::test]
async fn a_closed_account_takes_its_programs_off_the_stage() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let token = app.api_token(&artist, "source").await;
    let mut studio = app.follow(&artist, show).await;
    let program = app.publish_at("/whip", Secret::new(token.clone())).await.unwrap();
    studio.until_stage(StageState::Live).await;
    let config = app.running.venue.services.config.as_ref().clone();
    operator::run(config, UserCommand::Disable { who: "ada".into() }).await.unwrap();
    // By another process of the venue, which looks every two seconds.
    program.publisher.ended().await;
    assert_eq!(app.api(Method::GET, "/shows", Some(&token), None).await.0, 401);
    assert_eq!(app.tried("/whip", &Secret::new(token)).await.0, 401);
    app.stop().await;
}
