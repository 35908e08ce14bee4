//! Facts that FFmpeg finds in files.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Packet of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet {
    pub is_video: bool,
    /// Seconds since the beginning of the file.
    pub time: f64,
    pub size: usize,
    pub is_key: bool,
}

/// Packets of a file.
pub fn packets(path: &Path) -> Vec<Packet> {
    let entries = "packet=codec_type,pts_time,size,flags";
    let said = ffprobe(path, &["-show_entries", entries]);
    let lines = said.lines().map(|line| {
        let fields: Vec<&str> = line.trim_end_matches(',').split(',').collect();
        Packet {
            is_video: fields[0] == "video",
            time: fields[1].parse().unwrap(),
            size: fields[2].parse().unwrap(),
            is_key: fields[3].starts_with('K'),
        }
    });
    lines.collect()
}

/// A stream's codec, and its width and height.
pub fn streams(path: &Path) -> Vec<String> {
    let entries = "stream=codec_name,width,height";
    ffprobe(path, &["-show_entries", entries]).lines().map(ToOwned::to_owned).collect()
}

/// Duration by the header, in seconds.
pub fn duration(path: &Path) -> f64 {
    ffprobe(path, &["-show_entries", "format=duration"]).trim().parse().unwrap()
}

fn ffprobe(path: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "csv=p=0"]).args(arguments).arg(path);
    let ran = command.stdin(Stdio::null()).output().expect("ffprobe, of Debian's package ffmpeg");
    let complaints = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && complaints.is_empty(), "{}: {complaints}", path.display());
    String::from_utf8(ran.stdout).unwrap()
}

/// Decodes a file, which has to go without a word; gives back the frames of its picture.
#[track_caller]
pub fn decode(path: &Path) -> usize {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-xerror", "-i"]).arg(path);
    command.args(["-map", "0", "-f", "framecrc", "-"]).stdin(Stdio::null());
    let ran = command.output().expect("ffmpeg, a package of Debian");
    let complaints = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && complaints.is_empty(), "{}: {complaints}", path.display());
    let said = String::from_utf8(ran.stdout).unwrap();
    let media = said.lines().find_map(|line| line.strip_prefix("#media_type 0: "));
    let first = said.lines().filter(|line| line.starts_with("0,")).count();
    if media == Some("video") { first } else { 0 }
}
