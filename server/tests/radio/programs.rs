//! Programs that are not ours at a whole venue: FFmpeg as a source client and as a player, ezstream, liquidsoap,
//! GStreamer.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use bandstand_domain::stage::StageState;
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{heard, venue};

/// A program that ends with the test.
pub struct Program(Child);

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Self(started.unwrap_or_else(|error| panic!("{name}, a package of Debian: {error}")))
    }

    /// Waits until it has ended well.
    async fn ended(mut self) {
        let status = tokio::task::spawn_blocking(move || self.0.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// FFmpeg sending a tone of twenty seconds in real time.
pub fn ffmpeg(codec: &[&str], to: &str) -> Program {
    let mut command = Command::new("ffmpeg");
    command.args([
        "-v",
        "error",
        "-re",
        "-f",
        "lavfi",
        "-i",
        "sine=f=440:r=48000:d=20",
        "-ac",
        "2",
    ]);
    Program::start(command.args(codec).arg(to))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_sends_and_ffmpeg_hears() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let folder = TempDir::new().unwrap();
    let port = app.running.radio_listen.unwrap();
    let to = format!("icecast://source:{}@{port}/radio/{show}", key.reveal());
    let mp3 = ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3", "-content_type", "audio/mpeg"];
    let opus = ["-c:a", "libopus", "-b:a", "96k", "-f", "ogg", "-content_type", "audio/ogg"];
    for codec in [&mp3, &opus] {
        let source = ffmpeg(codec, &to);
        studio.until_stage(StageState::Live).await;
        let players = ["", ".mp3"].map(|ending| {
            let heard = folder.path().join(format!("heard{ending}"));
            let mut command = Command::new("ffmpeg");
            command.args([
                "-v",
                "error",
                "-y",
                "-i",
                &format!("{}/listen/{show}{ending}", app.url),
            ]);
            command.args(["-t", "3", "-f", "s16le", "-ar", "8000", "-ac", "1"]).arg(&heard);
            (heard, Program::start(&mut command))
        });
        for (heard, player) in players {
            player.ended().await;
            let length = fs::metadata(&heard).unwrap().len();
            assert!(length > 47_000, "{}: {length}", heard.display());
        }
        drop(source);
        studio.until_stage(StageState::Dropped).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ezstream_sends_files() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let folder = TempDir::new().unwrap();
    let (file, config) = (folder.path().join("one.mp3"), folder.path().join("ezstream.xml"));
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=44100:d=3", "-ac", "2"]);
    Program::start(command.args(["-b:a", "128k"]).arg(&file)).ended().await;
    let port = app.running.radio_listen.unwrap();
    let text = format!(
        "<ezstream><servers><server><protocol>HTTP</protocol><hostname>{}</hostname><port>{}</port>\
         <password>{}</password></server></servers><streams><stream>\
         <mountpoint>/radio</mountpoint><format>MP3</format></stream></streams><intakes><intake>\
         <type>file</type><filename>{}</filename><stream_once>yes</stream_once></intake></intakes></ezstream>\n",
        port.ip(),
        port.port(),
        key.reveal(),
        file.display()
    );
    fs::write(&config, text).unwrap();
    // It holds a password, and ezstream takes none that others can read.
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let program = Program::start(Command::new("ezstream").arg("-c").arg(&config));
    studio.until_stage(StageState::Live).await;
    assert_eq!(app.listen(show, false).await.status(), 200);
    program.ended().await;
    studio.until_stage(StageState::Dropped).await;
    app.stop().await;
}

/// A line between a program and the venue, which can be cut: what goes over it then is over, and new connections
/// go through.
struct Line {
    address: SocketAddr,
    cuts: watch::Sender<()>,
}

impl Line {
    async fn to(venue: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Self { address: listener.local_addr().unwrap(), cuts: watch::Sender::new(()) };
        let cuts = line.cuts.clone();
        tokio::spawn(async move {
            while let Ok((mut program, _)) = listener.accept().await {
                let mut cut = cuts.subscribe();
                tokio::spawn(async move {
                    let mut venue = TcpStream::connect(venue).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut program, &mut venue) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        line
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn liquidsoap_comes_back_after_a_broken_line_and_nobody_stops_listening() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let line = Line::to(app.running.radio_listen.unwrap()).await;
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("radio.liq");
    let text = format!(
        "settings.init.allow_root.set(true)\n\
         output.icecast(%mp3(bitrate=128), host=\"{}\", port={}, password=\"{}\", mount=\"/radio/{show}\",\n\
         on_error=fun(_) -> 0.5, sine(440.))\n",
        line.address.ip(),
        line.address.port(),
        key.reveal()
    );
    fs::write(&script, text).unwrap();
    let program = Program::start(Command::new("liquidsoap").arg(&script));
    studio.until_stage(StageState::Live).await;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 8_000).await;
    line.cuts.send_replace(());
    studio.until_stage(StageState::Dropped).await;
    studio.until_stage(StageState::Live).await;
    // More than the burst that it may not have read yet.
    heard(&mut player, 100_000).await;
    drop(program);
    studio.until_stage(StageState::Dropped).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gstreamer_sends_with_a_title() {
    let app = venue().await;
    let (artist, show, key) = app.keyed().await;
    let mut studio = app.follow(&artist, show).await;
    let port = app.running.radio_listen.unwrap();
    let mut command = Command::new("gst-launch-1.0");
    command.args(["-q", "audiotestsrc", "is-live=true", "!", "audio/x-raw,rate=44100,channels=2"]);
    command.args(["!", "taginject", "tags=title=Tone,artist=Ada", "!", "lamemp3enc"]);
    command.args(["target=bitrate", "cbr=true", "bitrate=128", "!", "shout2send"]);
    command.arg(format!("ip={}", port.ip())).arg(format!("port={}", port.port()));
    command.arg(format!("password={}", key.reveal())).arg(format!("mount=/radio/{show}"));
    let program = Program::start(&mut command);
    studio.until_stage(StageState::Live).await;
    studio.until(|it| it.title == "Ada - Tone").await;
    let mut player = app.listen(show, false).await;
    heard(&mut player, 8_000).await;
    drop(program);
    studio.until_stage(StageState::Dropped).await;
    app.stop().await;
}
