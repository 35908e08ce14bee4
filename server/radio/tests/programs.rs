//! Programs that are not ours, as source clients and as players: FFmpeg, ezstream (libshout), liquidsoap; FFmpeg,
//! mpv, GStreamer. Debian has them all.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

#[path = "programs/station.rs"]
mod station;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use bandstand_radio::{AudioFormat, AudioInfo};

use station::Station;

/// A program that ends with the test.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let started =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        Self(started.unwrap_or_else(|error| panic!("{name}, a package of Debian: {error}")))
    }

    /// Its words on standard error, once it has ended well.
    fn said(mut self) -> String {
        use std::io::Read;
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}: {said}");
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// FFmpeg sending a tone of so many seconds in real time.
fn ffmpeg(seconds: &str, codec: &[&str], flags: &[&str], to: &str) -> Program {
    let tone = format!("sine=f=440:r=44100:d={seconds}");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-re", "-f", "lavfi", "-i", &tone, "-ac", "2"]).args(codec);
    command.args(["-metadata", "title=A tone", "-metadata", "artist=Ada"]).args(flags).arg(to);
    Program::start(&mut command)
}

const MP3: &[&str] =
    &["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3", "-content_type", "audio/mpeg"];
const AAC: &[&str] = &["-c:a", "aac", "-b:a", "128k", "-f", "adts", "-content_type", "audio/aac"];
const OPUS: &[&str] = &[
    "-c:a",
    "libopus",
    "-b:a",
    "96k",
    "-f",
    "ogg",
    "-page_duration",
    "200000",
    "-content_type",
    "audio/ogg",
];
const VORBIS: &[&str] = &[
    "-c:a",
    "libvorbis",
    "-q:a",
    "3",
    "-f",
    "ogg",
    "-page_duration",
    "200000",
    "-content_type",
    "application/ogg",
];

/// Decodes what a player got, by FFmpeg: its length in seconds, and that nothing in it is broken.
fn decoded(bytes: &[u8], name: &str) -> f64 {
    let folder = folder(name);
    let file = folder.join("heard");
    fs::write(&file, bytes).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args([
        "-v",
        "warning",
        "-i",
        file.to_str().unwrap(),
        "-f",
        "s16le",
        "-ar",
        "8000",
        "-ac",
        "1",
        "-y",
    ]);
    let raw = folder.join("raw");
    let said = Program::start(command.arg(raw.to_str().unwrap())).said();
    assert!(!said.contains("rror") && !said.contains("nvalid"), "{said}");
    fs::metadata(&raw).unwrap().len() as f64 / 16_000.0
}

/// A folder of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn info(format: AudioFormat, rate: u32) -> AudioInfo {
    AudioInfo { format, rate, channels: 2 }
}

#[test]
fn ffmpeg_sends_every_format() {
    let cases = [
        ("mp3", MP3, info(AudioFormat::Mp3, 44_100), "MP3"),
        ("aac", AAC, info(AudioFormat::Aac, 44_100), "AAC"),
        ("opus", OPUS, info(AudioFormat::OggOpus, 48_000), "Opus"),
        ("vorbis", VORBIS, info(AudioFormat::OggVorbis, 44_100), "Vorbis"),
    ];
    let running = cases.map(|(name, codec, expected, _)| {
        let station = Station::open();
        let to = format!("icecast://source:{}@{}/radio/{name}", station::KEY, station.address);
        (name, expected, ffmpeg("3", codec, &[], &to), station)
    });
    for (name, expected, program, station) in running {
        program.said();
        let heard = station.heard();
        assert_eq!(heard.info, expected, "{name}");
        assert!((2.8..3.3).contains(&heard.length.as_secs_f64()), "{name} {:?}", heard.length);
        let head = station.head("PUT");
        assert!(head.expects_continue(), "{name}");
        let titled = expected.format != AudioFormat::Aac;
        assert_eq!(
            heard.titles.iter().any(|it| it == "Ada - A tone"),
            titled,
            "{name} {:?}",
            heard.titles
        );
        let seconds = decoded(&heard.bytes, &format!("ffmpeg-{name}"));
        assert!((2.7..3.4).contains(&seconds), "{name} {seconds}");
    }
}

#[test]
fn ffmpeg_sends_by_the_old_method() {
    let station = Station::open();
    let to = format!("icecast://source:{}@{}/radio", station::KEY, station.address);
    ffmpeg("1", MP3, &["-legacy_icecast", "1"], &to).said();
    assert_eq!(station.heard().info, info(AudioFormat::Mp3, 44_100));
    assert!(!station.head("SOURCE").expects_continue());
}

#[test]
fn ffmpeg_is_told_that_its_key_is_wrong() {
    let station = Station::open();
    let to = format!("icecast://source:wrong@{}/radio", station.address);
    let mut program = ffmpeg("5", MP3, &[], &to);
    assert!(!program.0.wait().unwrap().success());
    assert!(station.is_silent());
}

#[test]
fn ezstream_sends_files_with_their_titles() {
    let (station, folder) = (Station::open(), folder("ezstream"));
    let mut files = String::new();
    for title in ["One", "Två"] {
        let file = folder.join(format!("{title}.mp3"));
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=44100:d=2", "-ac", "2"]);
        command.args([
            "-b:a",
            "128k",
            "-metadata",
            &format!("title={title}"),
            "-metadata",
            "artist=Ada",
        ]);
        Program::start(command.arg(&file)).said();
        files.push_str(&format!("{}\n", file.display()));
    }
    fs::write(folder.join("list.m3u"), files).unwrap();
    let (host, port) = station.address.split_once(':').unwrap();
    let config = format!(
        "<ezstream><servers><server><protocol>HTTP</protocol><hostname>{host}</hostname>\
         <port>{port}</port><password>{}</password></server></servers>\
         <streams><stream><mountpoint>/radio/ez</mountpoint><format>MP3</format>\
         </stream></streams>\
         <intakes><intake><type>playlist</type><filename>{}</filename>\
         <stream_once>yes</stream_once></intake></intakes></ezstream>\n",
        station::KEY,
        folder.join("list.m3u").display()
    );
    let file = folder.join("ezstream.xml");
    fs::write(&file, config).unwrap();
    // It holds a password, and ezstream takes none that others can read.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new("ezstream");
    Program::start(command.args(["-c", file.to_str().unwrap()])).said();
    let heard = station.heard();
    assert_eq!(heard.info, info(AudioFormat::Mp3, 44_100));
    assert!((3.8..4.5).contains(&heard.length.as_secs_f64()), "{:?}", heard.length);
    let mut titles = heard.titles;
    titles.dedup();
    assert_eq!(titles, ["Ada - One", "Ada - Två"]);
    decoded(&heard.bytes, "ezstream-heard");
}

#[test]
fn liquidsoap_sends_ogg_with_changing_titles() {
    let (station, folder) = (Station::open(), folder("liquidsoap"));
    let (host, port) = station.address.split_once(':').unwrap();
    let script = format!(
        "settings.init.allow_root.set(true)\n\
         s = insert_metadata(sine(440.))\n\
         def say() = s.insert_metadata([(\"artist\", \"Ada\"), (\"title\", \"Two\")]) end\n\
         thread.run(delay=1.5, say)\n\
         thread.run(delay=4., shutdown)\n\
         output.icecast(%vorbis, host=\"{host}\", port={port}, password=\"{}\", mount=\"/radio/liq\", s)\n",
        station::KEY
    );
    let file = folder.join("radio.liq");
    fs::write(&file, script).unwrap();
    let mut command = Command::new("liquidsoap");
    let program = Program::start(command.arg(&file));
    let heard = station.heard();
    drop(program);
    assert_eq!(heard.info, info(AudioFormat::OggVorbis, 44_100));
    assert!(heard.length.as_secs_f64() > 1.5, "{:?}", heard.length);
    assert!(heard.titles.iter().any(|it| it == "Ada - Two"), "{:?}", heard.titles);
    // What came as a chain is one stream.
    assert_eq!(heard.headers, 1);
    decoded(&heard.bytes, "liquidsoap-heard");
}

#[test]
fn players_hear_what_is_sent() {
    let formats = [("mp3", MP3), ("aac", AAC), ("opus", OPUS), ("vorbis", VORBIS)];
    for (name, codec) in formats {
        let station = Station::open();
        let to = format!("icecast://source:{}@{}/radio", station::KEY, station.address);
        let source = ffmpeg("6", codec, &[], &to);
        station.begins();
        let from = format!("http://{}/listen/show", station.address);
        let folder = folder(&format!("players-{name}"));
        let out = |player: &str| folder.join(player).to_str().unwrap().to_owned();
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args([
            "-v",
            "warning",
            "-i",
            &from,
            "-f",
            "s16le",
            "-ar",
            "8000",
            "-ac",
            "1",
            &out("ffmpeg"),
        ]);
        let mut mpv = Command::new("mpv");
        mpv.args(["--no-config", "--no-video", "--ao=pcm", "--ao-pcm-waveheader=no", "--no-cache"]);
        mpv.args(["--audio-samplerate=8000", "--audio-channels=mono", "--audio-format=s16"]);
        mpv.args([&format!("--ao-pcm-file={}", out("mpv")), &from]);
        let mut gstreamer = Command::new("gst-launch-1.0");
        gstreamer.args(["-q", "souphttpsrc", &format!("location={from}"), "iradio-mode=true", "!"]);
        gstreamer.args(["decodebin", "!", "audioconvert", "!", "audioresample", "!"]);
        gstreamer.args(["audio/x-raw,format=S16LE,rate=8000,channels=1", "!", "filesink"]);
        gstreamer.arg(format!("location={}", out("gstreamer")));
        let players = [("ffmpeg", ffmpeg), ("mpv", mpv), ("gstreamer", gstreamer)];
        let running = players.map(|(player, mut command)| (player, Program::start(&mut command)));
        source.said();
        for (player, program) in running {
            let said = program.said();
            let seconds = fs::metadata(folder.join(player)).unwrap().len() as f64 / 16_000.0;
            assert!(seconds > 3.5, "{player} heard {seconds} s of {name}: {said}");
        }
    }
}
