//! A venue for one test, with an artist and their show.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use bandstand_app::parts::part_names;
use bandstand_server::{
    Running,
    config::{Config, UserCommand},
    own_account::operator,
    start,
};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::{Client, header};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::network::Network;

const INDEX: &str = r#"<!DOCTYPE html><html><head><meta name="viewport" content="width=device-width">
<script type="module" nonce="{{__TRUNK NONCE__}}">import init from '/a.js';</script>{{PART}}</head><body></body></html>"#;
const PASSWORD: &str = "correct horse battery";

/// A running venue.
pub struct TestVenue {
    /// Its address.
    pub url: String,
    /// The show that is due.
    pub show: String,
    running: Running,
    artist: Client,
    _folder: TempDir,
}

impl TestVenue {
    /// Opens it.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        fs::create_dir(&site).unwrap();
        let parts: serde_json::Map<_, _> =
            part_names().map(|part| (part.into(), json!({ "head": "" }))).collect();
        fs::write(site.join("index.html"), INDEX).unwrap();
        fs::write(site.join("parts.json"), json!({ "parts": parts }).to_string()).unwrap();
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let data = folder.path().join("data");
        let config =
            Config { listen: here, media: here, data, site, limit_scale: 100, ..Config::default() };
        let running = start(config).await.unwrap();
        let config = running.venue.services.config.as_ref().clone();
        let url = format!("http://{}", config.listen);
        let create = UserCommand::Create {
            handle: "ada".into(),
            email: "ada@example.org".into(),
            artist: Some("Ada".into()),
        };
        let said = operator::run(config, create).await.unwrap();
        let artist = Client::builder().cookie_store(true).build().unwrap();
        let (show, folder) = (String::new(), folder);
        let mut venue = Self { url, show, running, artist, _folder: folder };
        let link = said.trim().rsplit_once("/reset#").unwrap().1;
        venue.call("accounts/reset", json!({ "form": { "link": link, "new": PASSWORD } })).await;
        let form = json!({ "login": "ada", "password": PASSWORD, "code": "" });
        venue.call("accounts/log_in", json!({ "form": form })).await;
        let draft = json!({
            "title": "Songs for nobody", "description": "", "genres": ["folk"],
            "starts": clock_in(1), "ends": clock_in(3), "time_zone": "UTC", "members_only": false,
        });
        let show = venue.call("shows/create", json!({ "draft": draft })).await;
        venue.show = show.as_str().unwrap().to_owned();
        venue
    }

    /// Calls a server function as its artist.
    pub async fn call(&self, function: &str, arguments: Value) -> Value {
        let request = self.artist.post(format!("{}/api/{function}", self.url));
        let response = request.header(header::ORIGIN, &self.url).json(&arguments).send().await;
        let response = response.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{function}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Says something in the chat, as its artist.
    pub async fn say(&self, text: &str) {
        let id = "018f4e2a-6f0e-7c3a-9a52-3d1f0a9b7c11";
        self.call(
            "chat/post",
            json!({ "place": format!("show:{}", self.show), "id": id, "text": text }),
        )
        .await;
    }

    /// Waits for a state of the stage.
    pub async fn until_stage(&self, state: &str) {
        let found = async {
            loop {
                let show = self.call("shows/show", json!({ "id": self.show })).await;
                if show["card"]["stage"] == state {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.expect(state);
    }

    /// State of the show, as the program that is logged in learns it.
    pub async fn state(&self, network: &Network, folder: &Path) -> Value {
        let login = fs::read(folder.join("bandstand/source.json")).unwrap();
        let login: Value = serde_json::from_slice(&login).unwrap();
        let address = format!("{}/api/v1/shows/{}", network.address, self.show);
        let request = Client::new().get(address).bearer_auth(login["token"].as_str().unwrap());
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Listens by HTTP, as a player does, until so many bytes have come.
    pub async fn listen(&self, bytes: usize) -> Vec<u8> {
        let address = format!("{}/listen/{}", self.url, self.show);
        let heard = async {
            loop {
                let mut response = Client::new().get(&address).send().await.unwrap();
                if response.status() != 200 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                let mut heard = Vec::new();
                while heard.len() < bytes {
                    heard.extend(response.chunk().await.unwrap().expect("it goes on"));
                }
                return heard;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), heard).await.expect("there is sound")
    }

    /// Closes it.
    pub async fn close(self) {
        self.running.stop().await;
    }
}

/// Time that a clock in UTC shows in so many hours.
fn clock_in(hours: i64) -> String {
    let then = Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    then.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string()
}
