//! Data folders of delivered versions, which the program of today opens with everything in place.
//!
//! Each delivery adds its own. In the tree of that version, `BANDSTAND_DATA_FOLDER=VERSION cargo test
//! --test main pack_data_folder -- --ignored` writes `fixtures/data/VERSION.tar.gz`.
//! The secrets in an archive were made for it and open nothing else. The folders of 0.1.0 and 0.2.0 were
//! taken back from that of 0.7.0 to the tables of their versions.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use bandstand_domain::{
    Secret, ShowId,
    accounts::{AccountReason, Helper, Role},
    chat::{ChatPage, ChatPlace, ChatReason},
    factors::SetUp,
    shows::Section,
    stage::StageState,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    people::form,
    pictures::png,
    support::app::{PASSWORD, TestApp, User, draft},
    support::factors::App,
};

/// Moves what would expire, or come to pass, to the year 2100.
const LASTING: [&str; 2] = [
    "UPDATE sessions SET data = REPLACE(data, '\"begun\":', '\"begun\":9'), \
     begun_at = 4102444800000, expires_at = 4102444800000",
    "UPDATE shows SET starts_at = 4102444800000, ends_at = 4102452000000 \
     WHERE title = 'Songs of tomorrow'",
];

/// What only those who made a folder know: the database keeps hashes of it, or seals it. Version 0.1.0 had
/// nothing of it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Secrets {
    /// The cookie of a browser in which Ben is logged in.
    cookie: Option<String>,
    /// A key to Ada's stage.
    stream_key: Option<Secret>,
    /// The authenticator's secret of Cleo.
    second_factor: Option<SetUp>,
}

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/data")
}

fn tar(arguments: &[&str], archive: &Path, folder: &Path) {
    let mut command = Command::new("tar");
    command.args(arguments).arg(archive).arg("--directory").arg(folder);
    if arguments.contains(&"--create") {
        command.args(["data", "secrets.json"]);
    }
    assert!(command.status().unwrap().success(), "{command:?}");
}

async fn said(user: &User, show: ShowId) -> Vec<(String, String)> {
    let arguments = json!({ "place": ChatPlace::Show(show), "before": i64::MAX });
    let page: ChatPage = user.call::<_, ChatReason>("chat/history", arguments).await.unwrap();
    page.messages.into_iter().map(|it| (it.name, it.text)).collect()
}

async fn helpers(artist: &User) -> Vec<String> {
    let helpers: Vec<Helper> =
        artist.call::<_, AccountReason>("accounts/helpers", json!({})).await.unwrap();
    helpers.into_iter().map(|it| it.handle).collect()
}

/// Opens a copy of an archive with the program of today.
async fn open(archive: &Path) -> (TestApp, Secrets, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    tar(&["--extract", "--gzip", "--file"], archive, folder.path());
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.data = folder.path().join("data");
        config.database_url = None;
    })
    .await;
    let secrets = fs::read(folder.path().join("secrets.json")).unwrap();
    (app, serde_json::from_slice(&secrets).unwrap(), folder)
}

#[tokio::test]
async fn data_folder_of_each_delivered_version_opens_with_everything_in_place() {
    let mut archives: Vec<_> =
        fs::read_dir(archives()).unwrap().map(|entry| entry.unwrap().path()).collect();
    archives.sort();
    assert!(!archives.is_empty());
    for archive in archives {
        println!("{}", archive.display());
        let (app, secrets, _folder) = open(&archive).await;
        accounts_are_in_place(&app, &secrets, 0).await;
        shows_are_in_place(&app, &secrets).await;
        // What was brought up to date opens again.
        let app = app.restart().await;
        accounts_are_in_place(&app, &secrets, 1).await;
        app.stop().await;
    }
}

async fn accounts_are_in_place(app: &TestApp, secrets: &Secrets, step: i64) {
    let ada = app.nobody();
    let viewer = ada.log_in("Ada@example.org", PASSWORD).await.unwrap();
    assert_eq!((viewer.role, viewer.name.as_str()), (Role::Artist, "Ada L."));
    let ben = app.nobody();
    let viewer = ben.log_in("BEN", PASSWORD).await.unwrap();
    assert_eq!((viewer.role, viewer.name.as_str(), viewer.confirmed), (Role::Visitor, "ben", true));
    if let Some(cookie) = &secrets.cookie {
        let open = app.nobody();
        open.jar.add_cookie_str(cookie, &app.url.parse().unwrap());
        assert_eq!(open.who().await, Some(viewer), "the session goes on");
        people_are_in_place(app, &ada, &ben).await;
    }
    let login =
        |code: &str| json!({ "form": { "login": "cleo", "password": PASSWORD, "code": code } });
    let cleo = app.nobody();
    if let Some(second_factor) = &secrets.second_factor {
        assert_eq!(cleo.post("accounts/log_in", login("")).await.status(), 401);
        let code = App::new(second_factor).code(step);
        assert_eq!(cleo.post("accounts/log_in", login(&code)).await.status(), 200);
    } else {
        assert_eq!(cleo.post("accounts/log_in", login("")).await.status(), 200);
    }
}

async fn people_are_in_place(app: &TestApp, ada: &User, ben: &User) {
    let page = ben.artist_page("ada").await.unwrap();
    assert_eq!((page.following, page.followers), (true, 1));
    assert_eq!(page.about, "Quiet songs.\nhttps://example.org");
    assert_eq!(helpers(ada).await, ["ben"]);
    let picture = app.nobody().page(&page.picture.unwrap().small()).await;
    assert_eq!(picture.status(), 200);
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
}

async fn shows_are_in_place(app: &TestApp, secrets: &Secrets) {
    let nobody = app.nobody();
    let whats_on = nobody.whats_on().await;
    let [to_come] = &whats_on.upcoming.shows[..] else { panic!("{:?}", whats_on.upcoming) };
    let members_only = secrets.cookie.is_some();
    assert_eq!((to_come.title.as_str(), to_come.members_only), ("Songs of tomorrow", members_only));
    let [over] = &whats_on.past.shows[..] else { panic!("{:?}", whats_on.past) };
    assert_eq!((over.title.as_str(), over.stage), ("Songs of yesterday", StageState::Ended));
    let over = nobody.show(over.id).await.unwrap();
    assert_eq!(over.card.section(over.now), Section::Past);
    assert_eq!((over.likes, over.peak, over.live_since.is_some()), (1, 1, true));
    let message = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(
        said(&nobody, over.card.id).await,
        [message("ben", "Hello, all! ♪"), message("Ada L.", "Welcome.")]
    );
    assert_eq!(app.tried("/whip", &Secret::new("bandstand_unknown")).await.0, 401);
    if let Some(stream_key) = &secrets.stream_key {
        let known = app.tried("/whip", stream_key).await;
        assert_ne!(known.0, 401, "{known:?}");
    }

    // And it goes on.
    let ada = app.nobody();
    ada.log_in("ada", PASSWORD).await.unwrap();
    let next = ada.create(&draft("Songs of today", 1)).await.unwrap();
    ada.say(next, "Here I am.").await;
    assert_eq!(said(&ada, next).await, [message("Ada L.", "Here I am.")]);
    app.follow(&ada, to_come.id).await;
    ada.delete(next).await.unwrap();
}

#[tokio::test]
#[ignore = "writes the fixture of a version that is delivered"]
async fn pack_data_folder() {
    let version = env::var("BANDSTAND_DATA_FOLDER").expect("the version's number");
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::configured(|config| {
        config.limit_scale = 1_000;
        config.data = folder.path().join("data");
        config.database_url = None;
    })
    .await;
    let (ada, ben, cleo) =
        (app.artist("ada").await, app.visitor("ben").await, app.visitor("cleo").await);
    app.confirm(&ben, "ben@example.org").await;
    app.confirm(&cleo, "cleo@example.org").await;
    ada.save_profile(&form("Ada L.")).await.unwrap();
    ada.brought(&app, png()).await.unwrap();
    ben.follow("ada", true).await.unwrap();
    let helper = json!({ "handle": "ben" });
    let _: Vec<Helper> = ada.call::<_, AccountReason>("accounts/add_helper", helper).await.unwrap();
    let second_factor = cleo.begin_second_factor(None).await.unwrap();
    cleo.enable(&App::new(&second_factor).code(0)).await.unwrap();
    let stream_key = ada.make_stream_key("OBS").await.unwrap().secret;

    let over = ada.create(&draft("Songs of yesterday", 1)).await.unwrap();
    let mut audience = app.follow(&ben, over).await;
    let on_stage = app.go_live(&ada, over).await;
    audience.until_stage(StageState::Live).await;
    ben.say(over, "Hello, all! ♪").await;
    let taken_back = ben.say(over, "What was that?").await;
    ben.unsay(over, taken_back).await.unwrap();
    ada.say(over, "Welcome.").await;
    ben.like(over).await.unwrap();
    audience.until(|it| it.peak == 1 && it.texts().contains(&"Welcome.")).await;
    ada.end(over).await.unwrap();
    audience.until_stage(StageState::Ended).await;
    on_stage.publisher.ended().await;
    let mut members = draft("Songs of tomorrow", 30);
    members.members_only = true;
    ada.create(&members).await.unwrap();
    app.jobs_done().await;
    let cookie = ben.cookie().unwrap();
    for statement in LASTING {
        app.change(statement).await;
    }
    app.stop().await;

    let secrets = Secrets {
        cookie: Some(cookie),
        stream_key: Some(stream_key),
        second_factor: Some(second_factor),
    };
    fs::write(folder.path().join("secrets.json"), serde_json::to_vec(&secrets).unwrap()).unwrap();
    fs::create_dir_all(archives()).unwrap();
    let archive = archives().join(format!("{version}.tar.gz"));
    tar(&["--create", "--gzip", "--owner=0", "--group=0", "--file"], &archive, folder.path());
}
