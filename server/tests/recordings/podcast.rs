//! Podcasts, as a program that isn't ours understands them.

use std::{fs, process::Command};

use bandstand_domain::recordings::Mp3State;
use bandstand_server::clock;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use super::mp3::run;
use crate::support::app::{TestApp, draft};

impl TestApp {
    async fn feed(&self, handle: &str) -> Response {
        self.nobody().file(&format!("/artists/{handle}/podcast.xml"), None).await
    }
}

#[tokio::test]
async fn a_podcast_has_what_everybody_may_hear() {
    let app = TestApp::start().await;
    let (artist, show) = app.artist_with_show().await;
    let mut members = draft("For friends of the house", 3);
    members.members_only = true;
    let private = artist.create(&members).await.unwrap();
    let page = async || app.nobody().page("/artists/ada").await.text().await.unwrap();
    assert!(!page().await.contains("podcast.xml"));
    for show in [show, private] {
        app.record_tone(show).await;
        artist.publish_recording(show, true).await.unwrap();
        artist.until_mp3(show).await;
    }
    artist.change_recording(show, "Low <Tide> & ]]>", "0:01", "0:10").await;
    let mp3 = artist.until_mp3(show).await;
    let kept = artist.recording(private).await.unwrap().mp3;
    let Some(Mp3State::Ready(kept)) = kept else { panic!("{kept:?}") };
    let guest = app.guest("Bob").await;
    assert_eq!(guest.file(&kept.path(), None).await.status(), StatusCode::UNAUTHORIZED);
    let open = app.visitor("ben").await.file(&kept.path(), None).await;
    assert_eq!(open.headers()[header::CACHE_CONTROL], "private, no-cache");
    assert!(!open.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));

    let page = page().await;
    let links: Vec<_> =
        page.split('<').filter(|it| it.contains("/artists/ada/podcast.xml")).collect();
    assert!(links[0].starts_with("link ") && links[0].contains("rel=\"alternate\""), "{links:?}");
    assert!(links[1].starts_with("a ") && links[1].ends_with(">Podcast"), "{links:?}");
    let feed = app.feed("ada").await;
    assert_eq!(feed.headers()[header::CONTENT_TYPE], "application/rss+xml; charset=utf-8");
    assert!(!feed.headers().contains_key(header::SET_COOKIE));
    let (etag, modified) =
        (feed.headers()[header::ETAG].clone(), feed.headers()[header::LAST_MODIFIED].clone());
    let read = parsed(&feed.text().await.unwrap());
    assert_eq!(read["title"], "ada on stage");
    assert_eq!(
        (&read["language"], &read["link"]),
        (&json!("en"), &json!(format!("{}/artists/ada", app.url)))
    );
    let [item] = &read["items"].as_array().unwrap()[..] else { panic!("one: {read}") };
    assert_eq!(item["title"], "Low <Tide> & ]]>");
    // Descriptions are HTML.
    assert_eq!(item["summary"], "By the &lt;water&gt; &amp; more");
    assert_eq!(item["link"], format!("{}/shows/{show}", app.url));
    assert_eq!((&item["id"], &item["duration"]), (&json!(show.to_string()), &json!("9")));
    assert_eq!(
        item["enclosure"],
        json!({
            "href": format!("{}{}", app.url, mp3.path()),
            "length": mp3.bytes.to_string(),
            "type": "audio/mpeg",
        })
    );
    assert!((clock::now().0 / 1_000 - item["published"].as_i64().unwrap()).abs() < 60, "{item}");
    assert_eq!(item["chapters"], json!([["00:00:00.000", "First"], ["00:00:05.000", "Second"]]));

    // Whoever has it needs it not again; what is taken back isn't in it.
    for (name, value) in [(header::IF_NONE_MATCH, etag), (header::IF_MODIFIED_SINCE, modified)] {
        let again = app.nobody().client.get(format!("{}/artists/ada/podcast.xml", app.url));
        let again = again.header(name, value).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    let moved = app.feed("ADA").await;
    assert_eq!(moved.headers()[header::LOCATION], "/artists/ada/podcast.xml");
    assert_eq!(app.feed("nobody").await.status(), StatusCode::NOT_FOUND);
    artist.publish_recording(show, false).await.unwrap();
    let empty = parsed(&app.feed("ada").await.text().await.unwrap());
    assert_eq!(empty["items"], json!([]));
    app.stop().await;
}

/// A podcast as feedparser understands it, which podcast programs use; it must not complain. The chapters are read by
/// Python's own parser of XML. Both are Debian's.
fn parsed(feed: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("podcast.xml");
    fs::write(&path, feed).unwrap();
    let program = r#"
import calendar, feedparser, json, sys
from xml.etree import ElementTree
read = feedparser.parse(sys.argv[1])
assert not read.bozo, read.bozo_exception
psc = "{http://podlove.org/simple-chapters}"
chapters = [[(it.get("start"), it.get("title")) for it in item.iter(psc + "chapter")]
            for item in ElementTree.parse(sys.argv[1]).iter("item")]
item = lambda it, own: {"title": it.title, "id": it.id, "link": it.link, "summary": it.get("summary"),
    "duration": it.itunes_duration, "published": calendar.timegm(it.published_parsed),
    "enclosure": dict(it.enclosures[0]), "chapters": own}
print(json.dumps({"title": read.feed.title, "language": read.feed.language, "link": read.feed.link,
    "items": [item(*it) for it in zip(read.entries, chapters)]}))
"#;
    let ran = run(Command::new("/usr/bin/python3").args(["-c", program]).arg(&path));
    serde_json::from_slice(&ran.stdout).unwrap()
}
