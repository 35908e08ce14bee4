//! nginx and Caddy between the venue and everybody, in the configuration that `deploy` recommends.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use bandstand_domain::{Secret, stage::StageState};
use bandstand_server::config::Config;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    PATIENCE, TONE_MP3,
    programs::{Program, ffmpeg},
    until_title,
};
use crate::support::app::TestApp;

const NGINX: &str = include_str!("../../../deploy/nginx.conf");
const CADDY: &str = include_str!("../../../deploy/Caddyfile");

/// A venue behind a proxy.
async fn venue_behind_proxy() -> TestApp {
    TestApp::configured(|config: &mut Config| {
        config.limit_scale = 1_000;
        config.trusted_proxy = true;
    })
    .await
}

/// Puts something else into a configuration, where it stands.
fn put(text: &str, place: &str, other: &str) -> String {
    assert!(text.contains(place), "deploy says nothing of {place}");
    text.replace(place, other)
}

/// nginx at `address`, without TLS.
fn nginx(folder: &Path, address: SocketAddr, venue: SocketAddr) -> Command {
    let site = NGINX.lines().filter(|it| !it.contains("ssl_certificate") && !it.contains("[::]"));
    let site = site.collect::<Vec<_>>().join("\n");
    let site = put(&site, "listen 443 ssl http2;", &format!("listen {address};"));
    let site = put(&site, "127.0.0.1:3000", &venue.to_string());
    fs::write(folder.join("site"), site).unwrap();
    let at = folder.display();
    let main = format!(
        "daemon off; master_process off; user root; pid {at}/pid; events {{ worker_connections 64; }}
        http {{
          access_log off; client_body_temp_path {at}/a; proxy_temp_path {at}/b;
          fastcgi_temp_path {at}/c; uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;
          include {at}/site;
        }}"
    );
    fs::write(folder.join("nginx.conf"), main).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c"]).arg(folder.join("nginx.conf"));
    command
}

/// Caddy at `address`, without TLS.
fn caddy(folder: &Path, address: SocketAddr, venue: SocketAddr) -> Command {
    let site = put(CADDY, "venue.example.org {", &format!("http://{address} {{"));
    let site = put(&site, "127.0.0.1:3000", &venue.to_string());
    let options = "{\n\tadmin off\n}\n";
    fs::write(folder.join("Caddyfile"), format!("{options}{site}")).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
    // It tells of all that it does.
    command.stderr(Stdio::null());
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(variable, folder);
    }
    command
}

/// A source client that isn't ours sends through a proxy, and is heard through it, with titles.
async fn is_heard_through(proxy: impl FnOnce(&Path, SocketAddr, SocketAddr) -> Command) {
    let mut app = venue_behind_proxy().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let folder = TempDir::new().unwrap();
    // Free now; nobody else asks for it meanwhile.
    let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let mut command = proxy(folder.path(), address, app.running.venue.services.config.listen);
    let running = Program::start(&mut command);
    let opens = async {
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, opens).await.expect("the proxy opens");
    app.url = format!("http://{address}");

    let wrong = app.source("/radio", &Secret::new("bandstand_wrong"), "audio/mpeg");
    wrong.send(TONE_MP3).await;
    let (status, text) = wrong.ended().await;
    assert_eq!((status, text.contains("not good")), (401, true), "{text}");

    let to = format!("http://source:{}@{address}/radio/{show}", key.reveal());
    let mp3 = ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3", "-content_type", "audio/mpeg"];
    // It doesn't wait to be asked who it is.
    let source = ffmpeg(&[&mp3[..], &["-method", "PUT", "-auth_type", "basic"]].concat(), &to);
    studio.until_stage(StageState::Live).await;
    let mut player = app.listen(show, true).await;
    assert_eq!(player.status(), 200);
    assert!(player.headers().contains_key("icy-metaint"));
    for song in ["One", "Two"] {
        assert_eq!(
            app.say_title(&key, &format!("mode=updinfo&mount=/radio&song={song}")).await,
            200
        );
        until_title(&mut player, song).await;
    }
    drop(source);
    studio.until_stage(StageState::Dropped).await;

    // Who ends in order is told so.
    let source = app.live_source(&mut studio, &key, "audio/mpeg", TONE_MP3).await;
    assert_eq!(source.ended().await, (200, String::new()));
    drop((player, running));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_is_heard_through_nginx() {
    is_heard_through(nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_is_heard_through_caddy() {
    is_heard_through(caddy).await;
}
