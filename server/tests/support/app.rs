//! A venue for one test, and the people in it.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bandstand_app::parts::part_names;
use bandstand_domain::{
    Refusal, Secret, ShowId,
    accounts::{AccountError, AccountReason, ArtistProfile, Credentials, Registration, Viewer},
    refusal::Reason,
    shows::{Genre, Medium, ShowDraft, ShowError, ShowPage, ShowReason, WhatsOn},
};
use bandstand_server::{Running, background::jobs, clock, config::Config};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::Row;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::postgres;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A page as the build would leave it, so that these tests need no build of the pages.
const INDEX: &str = r#"<!DOCTYPE html><html><head><meta name="viewport" content="width=device-width">
<script type="module" nonce="{{__TRUNK NONCE__}}">import init from '/a.js';</script>{{PART}}</head><body></body></html>"#;

/// A running venue.
pub struct TestApp {
    /// The venue, to look behind the scenes.
    pub running: Running,
    /// Where it is served, without a slash at the end.
    pub url: String,
    folder: TempDir,
    from: Option<&'static str>,
}

impl TestApp {
    /// A new venue with limits so wide that no test meets them by accident.
    pub async fn start() -> Self {
        Self::configured(|config| config.limit_scale = 1_000).await
    }

    /// A new venue with three media sessions, of which one is kept for publishers.
    pub async fn small() -> Self {
        Self::configured(|config| {
            config.limit_scale = 1_000;
            config.media_limits.max_sessions = 3;
            config.media_limits.reserved_for_publishers = 1;
        })
        .await
    }

    /// A new venue, configured.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("site")).unwrap();
        let parts: serde_json::Map<_, _> =
            part_names().map(|part| (part.into(), json!({ "head": "" }))).collect();
        fs::write(folder.path().join("site/index.html"), INDEX).unwrap();
        fs::write(folder.path().join("site/parts.json"), json!({ "parts": parts }).to_string())
            .unwrap();
        fs::write(folder.path().join("site/sw.js"), "// service worker").unwrap();
        fs::write(folder.path().join("site/a-0123456789abcdef.css"), "a {}").unwrap();
        fs::create_dir(folder.path().join("site/fonts")).unwrap();
        fs::write(folder.path().join("site/fonts/a.woff2"), "a font").unwrap();
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            media: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: folder.path().join("data"),
            site: folder.path().join("site"),
            database_url: postgres::fresh_database().await.map(Secret::new),
            ..Config::default()
        };
        change(&mut config);
        Self::open(config, folder).await
    }

    /// A venue of this configuration, whose data is in this folder.
    pub async fn open(config: Config, folder: TempDir) -> Self {
        let running = bandstand_server::start(config).await.unwrap();
        let url = format!("http://{}", running.venue.services.config.listen);
        Self { running, url, folder, from: None }
    }

    /// The same venue, to which everybody comes from `address`, as its proxy says.
    pub fn from(mut self, address: &'static str) -> Self {
        self.from = Some(address);
        self
    }

    /// The same venue, closed and opened again at the same address.
    pub async fn restart(self) -> Self {
        let (config, folder) = self.close().await;
        Self::open(config, folder).await
    }

    /// The configuration and the data of the venue, which is closed.
    pub async fn close(self) -> (Config, TempDir) {
        let config = self.running.venue.services.config.as_ref().clone();
        self.running.stop().await;
        (config, self.folder)
    }

    /// Another process of the same venue: at an address of its own, with the same database.
    pub async fn beside(&self) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            listen: free,
            media: free,
            public_url: String::new(),
            ..self.running.venue.services.config.as_ref().clone()
        };
        Self::open(config, tempfile::tempdir().unwrap()).await
    }

    /// Closes the venue at the end of a test, once all jobs are done that are due; none was given up.
    pub async fn stop(self) {
        let database = &self.running.venue.services.database;
        let finished = async {
            loop {
                let left: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM jobs WHERE over_at IS NULL AND due_at <= $1",
                )
                .bind(clock::now().0)
                .fetch_one(&database.read)
                .await
                .unwrap();
                if left == 0 {
                    break;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(30), finished).await.expect("jobs are left over");
        assert_eq!(jobs::dead(database).await.unwrap(), [], "jobs were given up");
        self.running.stop().await;
    }

    /// Where the database is.
    pub fn data(&self) -> &Path {
        &self.running.venue.services.config.data
    }

    /// A single number out of the database.
    pub async fn count(&self, statement: &'static str) -> i64 {
        let row = sqlx::query(statement)
            .fetch_one(&self.running.venue.services.database.read)
            .await
            .unwrap();
        row.try_get(0).unwrap()
    }

    /// Waits until what a statement counts is so many.
    pub async fn until_count(&self, statement: &'static str, count: i64) {
        let counted = async {
            while self.count(statement).await != count {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(60), counted).await.expect(statement);
    }

    /// Lets the ten minutes after the end of each show be over.
    pub async fn end_encores(&self) {
        self.change("UPDATE shows SET ended_at = ended_at - 600000").await;
    }

    /// Changes the database behind the venue's back.
    pub async fn change(&self, statement: &'static str) {
        let mut write = self.running.venue.services.database.begin().await.unwrap();
        sqlx::query(statement).execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Somebody with a browser that holds no cookie.
    pub fn nobody(&self) -> User {
        let jar = Arc::new(reqwest::cookie::Jar::default());
        let from =
            self.from.map(|address| ("x-forwarded-for".parse().unwrap(), address.parse().unwrap()));
        let client = Client::builder()
            .default_headers(from.into_iter().collect())
            .cookie_provider(jar.clone())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        User { client, jar, url: self.url.clone(), viewer: None }
    }

    /// An artist with an account of their own, whose address is confirmed.
    pub async fn artist(&self, handle: &str) -> User {
        let mut form = registration(handle);
        form.artist = Some(ArtistProfile {
            stage_name: format!("{handle} on stage"),
            genres: vec![Genre("jazz".into())],
        });
        let mut artist = self.registered(form).await;
        self.confirm(&artist, &format!("{handle}@example.org")).await;
        artist.viewer = artist.who().await;
        artist
    }

    /// A visitor with an account of their own, whose address isn't confirmed.
    pub async fn visitor(&self, handle: &str) -> User {
        self.registered(registration(handle)).await
    }

    /// A person without an account, who has said their name.
    pub async fn guest(&self, name: &str) -> User {
        let mut user = self.nobody();
        user.viewer = Some(user.enter_as_guest(name).await.unwrap());
        user
    }

    async fn registered(&self, form: Registration) -> User {
        let mut user = self.nobody();
        user.viewer = Some(user.register(&form).await.unwrap());
        user
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct User {
    /// Their browser; keeps cookies.
    pub client: Client,
    /// Their cookies.
    pub jar: Arc<reqwest::cookie::Jar>,
    /// Who they are, once they are somebody.
    pub viewer: Option<Viewer>,
    /// Address of the venue.
    pub url: String,
}

impl User {
    /// The same browser at another process of the venue.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { url: app.url.clone(), ..self.clone() }
    }

    /// Calls a server function as the page would.
    pub async fn post(&self, function: &str, arguments: Value) -> Response {
        self.client
            .post(format!("{}/api/{function}", self.url))
            .header(header::ORIGIN, &self.url)
            .json(&arguments)
            .send()
            .await
            .unwrap()
    }

    /// Calls a server function; checks that a refusal has its status.
    pub async fn call<T: DeserializeOwned, E: Reason + DeserializeOwned>(
        &self,
        function: &str,
        arguments: Value,
    ) -> Result<T, Refusal<E>> {
        let response = self.post(function, arguments).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        if status == 200 {
            return Ok(serde_json::from_str(&text).unwrap());
        }
        let refusal: Refusal<E> = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{function}: {status} {text}: {error}"));
        assert_eq!(status, refusal.status(), "{function}: {text}");
        Err(refusal)
    }

    /// Loads a page.
    pub async fn page(&self, path: &str) -> Response {
        self.client
            .get(format!("{}{path}", self.url))
            .header(header::ACCEPT, "text/html")
            .send()
            .await
            .unwrap()
    }

    pub async fn register(&self, form: &Registration) -> Result<Viewer, AccountError> {
        self.call("accounts/register", json!({ "form": form })).await
    }

    pub async fn log_in(&self, login: &str, password: &str) -> Result<Viewer, AccountError> {
        let form = Credentials {
            login: login.into(),
            password: Secret::new(password),
            code: Secret::default(),
        };
        self.call("accounts/log_in", json!({ "form": form })).await
    }

    pub async fn log_out(&self) {
        self.call::<(), AccountReason>("accounts/log_out", json!({})).await.unwrap();
    }

    pub async fn who(&self) -> Option<Viewer> {
        self.call::<_, AccountReason>("accounts/viewer", json!({})).await.unwrap()
    }

    pub async fn enter_as_guest(&self, name: &str) -> Result<Viewer, AccountError> {
        self.call("accounts/enter_as_guest", json!({ "name": name })).await
    }

    pub async fn create(&self, draft: &ShowDraft) -> Result<ShowId, ShowError> {
        self.call("shows/create", json!({ "draft": draft })).await
    }

    pub async fn update(&self, id: ShowId, draft: &ShowDraft) -> Result<(), ShowError> {
        self.call("shows/update", json!({ "id": id, "draft": draft })).await
    }

    pub async fn delete(&self, id: ShowId) -> Result<(), ShowError> {
        self.call("shows/delete", json!({ "id": id })).await
    }

    pub async fn show(&self, id: ShowId) -> Result<ShowPage, ShowError> {
        self.call("shows/show", json!({ "id": id })).await
    }

    pub async fn whats_on(&self) -> WhatsOn {
        self.call::<_, ShowReason>("shows/whats_on", json!({})).await.unwrap()
    }

    /// The `Cookie` header that the browser would send.
    pub fn cookie(&self) -> Option<String> {
        use reqwest::cookie::CookieStore;
        let url = self.url.parse().unwrap();
        self.jar.cookies(&url).map(|cookies| cookies.to_str().unwrap().to_owned())
    }
}

/// A registration that is in order.
pub fn registration(handle: &str) -> Registration {
    Registration {
        handle: handle.into(),
        display_name: handle.into(),
        email: format!("{handle}@example.org"),
        password: Secret::new(PASSWORD),
        artist: None,
    }
}

/// A show that is in order: it starts in so many hours, and lasts two.
pub fn draft(title: &str, hours: i64) -> ShowDraft {
    ShowDraft {
        title: title.into(),
        description: "An evening of quiet songs.".into(),
        genres: vec![Genre("folk".into())],
        starts: clock_in(hours),
        ends: clock_in(hours + 2),
        time_zone: "UTC".into(),
        members_only: false,
        medium: Medium::Video,
        artwork: None,
        audio_hours: 0,
    }
}

/// What a clock in UTC shows in so many hours.
pub fn clock_in(hours: i64) -> String {
    let then = Timestamp::now() + SignedDuration::from_hours(hours);
    then.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The fields that a refusal complains about.
pub fn fields<T: std::fmt::Debug, E: Reason>(result: Result<T, Refusal<E>>) -> Vec<String> {
    match result {
        Err(Refusal::Invalid(errors)) => errors.0.into_iter().map(|error| error.field).collect(),
        other => panic!("not refused for its fields: {other:?}"),
    }
}
